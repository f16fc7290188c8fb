import type { Place } from '../../diagnostic.ts';
import { contentInstructions } from './content-instructions.ts';
import { fallbackOf, flowInstructions } from './flow-instructions.ts';
import { type InstructionKind, nothing } from './instruction.ts';
import { compileLiteral } from './literal.ts';
import { numberInstruction } from './number-instruction.ts';
import type { RuleTable } from './rules.ts';
import type { Instruction } from './scope.ts';
import type { Locals, StyleCompiler } from './style-compiler.ts';
import { isXsl, type StyleElement, type StyleText } from './style-element.ts';
import type { StyleTables } from './tables.ts';
import { templateInstructions } from './template-instructions.ts';
import { xsltFunctions } from './xslt-functions.ts';

/** What stands between the tags of a template: instructions, elements of the result, texts. */

export type Reports = Pick<StyleCompiler, 'mistake' | 'unsupported'>;

/** @param rules set once the whole style sheet is compiled */
export function styleCompiler(tables: StyleTables, reports: Reports, rules: () => RuleTable): StyleCompiler {
  const kinds: ReadonlyMap<string, InstructionKind> = new Map([
    ...contentInstructions,
    ...flowInstructions,
    ...templateInstructions(rules),
    ['number', numberInstruction],
  ]);
  const compiler: StyleCompiler = {
    ...reports,
    tables,
    functions: xsltFunctions(tables, (local) => kinds.has(local)),
    body: (children, locals, tail = false) => compileBody(children, locals, tail),
  };

  const compileBody = (children: readonly (StyleElement | StyleText)[], locals: Locals, tail: boolean): Instruction => {
    const last = children.length - 1;
    const steps = children.map((child, index) => compileChild(child, locals, tail && index === last));
    const [one, two] = steps;
    if (one === undefined) return nothing;
    if (two === undefined) return one;
    return (scope) => {
      for (const step of steps) step(scope);
    };
  };

  const compileChild = (child: StyleElement | StyleText, locals: Locals, tail: boolean): Instruction => {
    if (child.kind === 'text') {
      const { text } = child;
      return ({ output }) => output.text(text);
    }
    if (isXsl(child)) return compileInstruction(child, locals, tail);
    if (!child.extensions.has(child.uri)) return compileLiteral(child, locals, compiler);
    return fallbackOf(child, locals, compiler) ?? refuse(child, 'This extension does not run here.');
  };

  const compileInstruction = (element: StyleElement, locals: Locals, tail: boolean): Instruction => {
    const kind = kinds.get(element.local);
    if (kind !== undefined) {
      checkAttributes(element, kind.attributes, compiler);
      return kind.compile(element, locals, compiler, tail);
    }
    const fallback = fallbackOf(element, locals, compiler);
    if (fallback !== undefined) return fallback;
    if (misplaced.has(element.local)) {
      compiler.mistake(`xsl:${element.local} has no place here.`, element.at);
      return nothing;
    }
    if (element.version > 1 || newerInstructions.has(element.local)) {
      return refuse(element, `xsl:${element.local} is XSLT 2.0 and does not run here.`);
    }
    compiler.mistake(`There is no instruction xsl:${element.local}.`, element.at);
    return nothing;
  };

  const refuse = (element: { readonly at: Place }, message: string): Instruction => {
    compiler.unsupported(message, element.at);
    return nothing;
  };
  return compiler;
}

/** Elements of XSLT that stand inside others, or at the top. */
const misplaced: ReadonlySet<string> = new Set([
  ...['when', 'otherwise', 'with-param', 'sort', 'param', 'template', 'key', 'output', 'import', 'include'],
  ...['strip-space', 'preserve-space', 'decimal-format', 'namespace-alias', 'attribute-set', 'stylesheet'],
]);

const newerInstructions: ReadonlySet<string> = new Set([
  ...['for-each-group', 'analyze-string', 'function', 'next-match', 'perform-sort', 'result-document', 'document'],
  ...['character-map', 'import-schema', 'matching-substring', 'non-matching-substring'],
  ...['iterate', 'try', 'map', 'evaluate', 'where-populated', 'on-empty', 'assert', 'merge', 'fork', 'accumulator'],
]);

/** Attributes of XSLT 2.0 that say nothing about the result here, on any element. */
const harmless: ReadonlySet<string> = new Set([
  ...['version', 'xpath-default-namespace', 'exclude-result-prefixes', 'extension-element-prefixes'],
]);

/** Reports attributes that an element of XSLT does not have, or that do not run. XSLT 1.0 section 2.1. */
export function checkAttributes(element: StyleElement, attributes: readonly string[], compiler: Reports): void {
  for (const { local, uri, at } of element.attributes) {
    if (uri !== '' || attributes.includes(local)) continue;
    if (element.version > 1) {
      if (harmless.has(local)) continue;
      compiler.unsupported(`The attribute "${local}" of xsl:${element.local} does not run here.`, at);
    } else compiler.mistake(`xsl:${element.local} has no attribute "${local}".`, at);
  }
}
