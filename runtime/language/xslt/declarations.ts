import type { TreeNode } from '../../xml/tree.ts';
import { type DecimalFormat, standardFormat } from './decimal-format.ts';
import { needed } from './instruction.ts';
import type { Declaration } from './modules.ts';
import { expressionOf, keyOf, Locals, patternOf, type StyleCompiler } from './style-compiler.ts';
import { attributeOf, type StyleElement } from './style-element.ts';
import type { Compiled } from './xpath-context.ts';

/** Elements at the top of a style sheet that are no templates and variables. */

/** xsl:key. XSLT 1.0 section 12.2. */
export function declareKey(element: StyleElement, compiler: StyleCompiler): void {
  const name = needed(element, 'name', compiler);
  const match = needed(element, 'match', compiler);
  const use = needed(element, 'use', compiler);
  if (name === undefined || match === undefined || use === undefined) return;
  const locals = new Locals();
  const patterns = patternOf(match, element, locals, compiler);
  const value: Compiled = expressionOf(use, element, locals, compiler);
  const key = keyOf(name, element, compiler);
  const known = compiler.tables.keys.get(key);
  if (known === undefined) compiler.tables.keys.set(key, [{ patterns, use: value }]);
  else known.push({ patterns, use: value });
}

const characters: readonly (readonly [string, keyof DecimalFormat])[] = [
  ['decimal-separator', 'decimalSeparator'],
  ['grouping-separator', 'groupingSeparator'],
  ['infinity', 'infinity'],
  ['minus-sign', 'minusSign'],
  ['NaN', 'notANumber'],
  ['percent', 'percent'],
  ['per-mille', 'perMille'],
  ['zero-digit', 'zeroDigit'],
  ['digit', 'digit'],
  ['pattern-separator', 'patternSeparator'],
];

/** xsl:decimal-format. XSLT 1.0 section 12.3. */
export function declareFormat(element: StyleElement, compiler: StyleCompiler): void {
  const name = attributeOf(element, 'name');
  const format: Record<keyof DecimalFormat, string> = { ...standardFormat };
  for (const [attribute, property] of characters) {
    const given = attributeOf(element, attribute);
    if (given === undefined) continue;
    if (property !== 'infinity' && property !== 'notANumber' && Array.from(given.value).length !== 1) {
      compiler.mistake(`"${given.value}" is not one character.`, given.at);
    } else format[property] = given.value;
  }
  compiler.tables.formats.set(name === undefined ? '{}' : keyOf(name, element, compiler), format);
}

/** xsl:namespace-alias. XSLT 1.0 section 7.1.1. */
export function declareAlias(element: StyleElement, compiler: StyleCompiler): void {
  const from = needed(element, 'stylesheet-prefix', compiler);
  const to = needed(element, 'result-prefix', compiler);
  if (from === undefined || to === undefined) return;
  const uriOf = (attribute: typeof from): string | undefined => {
    const prefix = prefixOf(attribute.value);
    const uri = element.namespaces.get(prefix);
    if (uri === undefined && prefix !== '') compiler.mistake(`The prefix "${prefix}" is not declared.`, attribute.at);
    return uri ?? (prefix === '' ? '' : undefined);
  };
  const [source, target] = [uriOf(from), uriOf(to)];
  if (source === undefined || target === undefined) return;
  compiler.tables.aliases.set(source, { prefix: prefixOf(to.value), uri: target });
}

function prefixOf(value: string): string {
  return value.trim() === '#default' ? '' : value.trim();
}

interface SpaceRule {
  readonly uri: string | undefined;
  readonly local: string | undefined;
  readonly strips: boolean;
  readonly rank: readonly [precedence: number, priority: number, order: number];
}

/** xsl:strip-space and xsl:preserve-space. XSLT 1.0 section 3.4. Undefined when nothing is stripped. */
export function readSpaceRules(
  declarations: readonly Declaration[],
  compiler: StyleCompiler,
): ((element: TreeNode) => boolean) | undefined {
  const rules = declarations.flatMap((one, order): SpaceRule[] => {
    const list = needed(one.element, 'elements', compiler);
    const strips = one.element.local === 'strip-space';
    return (list?.value ?? '').split(/\s+/).flatMap((name): SpaceRule[] => {
      if (name === '') return [];
      if (name === '*') return [{ uri: undefined, local: undefined, strips, rank: [one.precedence, -0.5, order] }];
      const colon = name.indexOf(':');
      const prefix = colon === -1 ? '' : name.slice(0, colon);
      const uri = colon === -1 ? one.element.elementNamespace : one.element.namespaces.get(prefix);
      if (uri === undefined && list !== undefined) {
        compiler.mistake(`The prefix "${prefix}" is not declared.`, list.at);
      }
      const local = name.slice(colon + 1);
      if (local === '*') return [{ uri, local: undefined, strips, rank: [one.precedence, -0.25, order] }];
      return [{ uri, local, strips, rank: [one.precedence, 0, order] }];
    });
  });
  if (!rules.some(({ strips }) => strips)) return undefined;
  rules.sort(({ rank: one }, { rank: other }) => other[0] - one[0] || other[1] - one[1] || other[2] - one[2]);
  return (element) => {
    const rule = rules.find(
      ({ uri, local }) =>
        (uri === undefined || uri === element.uri) && (local === undefined || local === element.local),
    );
    return rule?.strips === true;
  };
}
