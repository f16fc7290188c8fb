import { Diagnostics, type Place, type Source } from '../../diagnostic.ts';
import { parseXml } from '../../xml/parse.ts';
import { withoutDocumentType } from './document-type.ts';
import { attributeOf, isXsl, type Report, readStyle, type StyleElement } from './style-element.ts';

/** The files that a style sheet is made of. XSLT 1.0 section 2.6. */

/** An element at the top of a module, with the import precedence of that module. */
export interface Declaration {
  readonly element: StyleElement;
  readonly precedence: number;
  /** The lowest precedence of what the module imports. */
  readonly lowest: number;
}

export type ResolveModule = (href: string) => Source | undefined;

/** Most modules of one style sheet. */
const mostModules = 100;

/** All declarations, of rising precedence within each kind of merging; a simplified style sheet is a single template. */
export function readModules(main: Source, resolve: ResolveModule, report: Report): readonly Declaration[] {
  const state = { next: 0, modules: 0 };

  const load = (source: Source, chain: readonly string[], from: Place | undefined): StyleElement | undefined => {
    if (from !== undefined && chain.includes(source.file)) {
      report('The style sheet includes itself.', from);
      return undefined;
    }
    if (++state.modules > mostModules) {
      if (from !== undefined) report(`The style sheet has more than ${mostModules} parts.`, from);
      return undefined;
    }
    return parse(source, report);
  };

  const referenced = (element: StyleElement, chain: readonly string[]) => {
    const href = attributeOf(element, 'href');
    if (href === undefined) {
      report(`xsl:${element.local} has no attribute "href".`, element.at);
      return undefined;
    }
    const source = resolve(href.value.trim());
    if (source === undefined) {
      const hint = 'It is looked up among the xsl resources of the bundle and its environment.';
      report(`There is no style sheet "${href.value}".`, href.at, hint);
      return undefined;
    }
    const root = load(source, chain, href.at);
    return root === undefined ? undefined : { root, chain: [...chain, source.file] };
  };

  /** A module and what it includes have one precedence, higher than all that they import. */
  const gather = (root: StyleElement, chain: readonly string[]): Declaration[] => {
    const lowest = state.next;
    const imported: Declaration[] = [];
    const own: StyleElement[] = [];
    const collect = (module: StyleElement, files: readonly string[]): void => {
      if (!isXsl(module)) {
        own.push(module);
        return;
      }
      for (const child of module.children) {
        if (child.kind === 'text') report('Text has no place at the top of a style sheet.', child.at);
        else if (isXsl(child, 'import') || isXsl(child, 'include')) {
          const found = referenced(child, files);
          if (found === undefined) continue;
          if (isXsl(child, 'include')) collect(found.root, found.chain);
          else imported.push(...gather(found.root, found.chain));
        } else own.push(child);
      }
    };
    collect(root, chain);
    const precedence = state.next++;
    return [...imported, ...own.map((element) => ({ element, precedence, lowest }))];
  };

  const root = load(main, [], undefined);
  return root === undefined ? [] : gather(root, [main.file]);
}

function parse(written: Source, report: Report): StyleElement | undefined {
  const source = withoutDocumentType(written);
  const diagnostics = new Diagnostics();
  const root = parseXml(source, diagnostics);
  for (const { message, line, column, length, hint } of diagnostics.list) {
    report(message, { source, offset: source.offset(line, column), length }, hint);
  }
  if (root === undefined) return undefined;
  const style = readStyle(root, report);
  if (isXsl(style) && style.local !== 'stylesheet' && style.local !== 'transform') {
    report(`xsl:${style.local} is no root of a style sheet.`, style.at, 'It is xsl:stylesheet.');
    return undefined;
  }
  if (isXsl(style) && attributeOf(style, 'version') === undefined) {
    report(`xsl:${style.local} has no attribute "version".`, style.at, 'Add version="1.0".');
  }
  if (!isXsl(style) && !style.attributes.some((one) => one.local === 'version' && one.uri !== '')) {
    const hint = 'Its root is xsl:stylesheet with xmlns:xsl="http://www.w3.org/1999/XSL/Transform".';
    report('This is no style sheet.', style.at, hint);
    return undefined;
  }
  return style;
}
