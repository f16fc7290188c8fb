import type { TreeNode } from '../../xml/tree.ts';
import { nodeText, toBoolean, toNumber, toText, type Value } from './values.ts';
import { type Context, nodesOf, type XPathFunction } from './xpath-context.ts';

/** XPath 1.0 section 4: the core function library. */

const first = (context: Context, value: Value | undefined): TreeNode | undefined =>
  value === undefined ? context.node : nodesOf(value)[0];

const textOf = (context: Context, value: Value | undefined): string =>
  value === undefined ? nodeText(context.node) : toText(value);

/** The whole of a text as code points: XPath counts characters, not UTF-16 units. */
function characters(text: string): string[] | undefined {
  return /[\ud800-\udfff]/.test(text) ? Array.from(text) : undefined;
}

export function textLength(text: string): number {
  return characters(text)?.length ?? text.length;
}

function substring(text: string, start: number, length: number | undefined): string {
  const from = Math.floor(start + 0.5);
  const to = length === undefined ? Number.POSITIVE_INFINITY : from + Math.floor(length + 0.5);
  if (Number.isNaN(from) || Number.isNaN(to)) return '';
  const all = characters(text);
  const begin = Math.max(from, 1) - 1;
  const end = Math.min(to - 1, all?.length ?? text.length);
  if (end <= begin) return '';
  return all === undefined ? text.slice(begin, end) : all.slice(begin, end).join('');
}

function translate(text: string, from: string, to: string): string {
  const table = new Map<string, string>();
  const target = Array.from(to);
  for (const [index, character] of Array.from(from).entries()) {
    if (!table.has(character)) table.set(character, target[index] ?? '');
  }
  let result = '';
  for (const character of text) result += table.get(character) ?? character;
  return result;
}

/** XPath 1.0 section 4.2: blanks of XML only. */
export function normalizeSpace(text: string): string {
  return text.replace(/[ \t\r\n]+/g, ' ').replace(/^ | $/g, '');
}

/** Halves are rounded up. */
export function round(value: number): number {
  return Number.isInteger(value) ? value : Math.floor(value + 0.5);
}

function qualifiedName(node: TreeNode): string {
  return node.prefix === '' ? node.local : `${node.prefix}:${node.local}`;
}

function concat(context: Context, values: readonly Value[]): string {
  let text = '';
  for (const value of values) text += toText(value);
  context.run.charge(text.length);
  return text;
}

function hasLanguage(node: TreeNode, wanted: string): boolean {
  for (let at: TreeNode | undefined = node; at !== undefined; at = at.parent) {
    const given = at.attributes.find((one) => one.prefix === 'xml' && one.local === 'lang')?.value.toLowerCase();
    if (given === undefined) continue;
    return given === wanted.toLowerCase() || given.startsWith(`${wanted.toLowerCase()}-`);
  }
  return false;
}

const text = (
  least: number,
  most: number,
  call: (context: Context, values: readonly Value[]) => string,
): XPathFunction => ({ kind: 'text', least, most, call });
const number = (
  least: number,
  most: number,
  call: (context: Context, values: readonly Value[]) => number,
): XPathFunction => ({ kind: 'number', least, most, call });
const boolean = (
  least: number,
  most: number,
  call: (context: Context, values: readonly Value[]) => boolean,
): XPathFunction => ({ kind: 'boolean', least, most, call });

const at = (values: readonly Value[], index: number): string => toText(values[index] ?? '');
const unlimited = Number.POSITIVE_INFINITY;

export const coreFunctions: ReadonlyMap<string, XPathFunction> = new Map<string, XPathFunction>([
  ['last', { ...number(0, 0, (context) => context.size), positional: true }],
  ['position', { ...number(0, 0, (context) => context.position), positional: true }],
  ['count', { ...number(1, 1, (_, [nodes]) => nodesOf(nodes).length), nodes: [0] }],
  // Without a document type no attribute is an ID.
  ['id', { kind: 'nodes', least: 1, most: 1, call: () => [] }],
  ['local-name', { ...text(0, 1, (context, [nodes]) => first(context, nodes)?.local ?? ''), nodes: [0] }],
  ['namespace-uri', { ...text(0, 1, (context, [nodes]) => first(context, nodes)?.uri ?? ''), nodes: [0] }],
  [
    'name',
    {
      ...text(0, 1, (context, [nodes]) => {
        const node = first(context, nodes);
        return node === undefined ? '' : qualifiedName(node);
      }),
      nodes: [0],
    },
  ],
  ['string', text(0, 1, (context, [value]) => textOf(context, value))],
  ['concat', text(2, unlimited, concat)],
  ['starts-with', boolean(2, 2, (_, values) => at(values, 0).startsWith(at(values, 1)))],
  ['contains', boolean(2, 2, (_, values) => at(values, 0).includes(at(values, 1)))],
  [
    'substring-before',
    text(2, 2, (_, values) => {
      const whole = at(values, 0);
      return whole.slice(0, Math.max(0, whole.indexOf(at(values, 1))));
    }),
  ],
  [
    'substring-after',
    text(2, 2, (_, values) => {
      const [whole, part] = [at(values, 0), at(values, 1)];
      const found = whole.indexOf(part);
      return found === -1 ? '' : whole.slice(found + part.length);
    }),
  ],
  [
    'substring',
    text(2, 3, (_, values) => {
      const [, start = 0, length] = values;
      return substring(at(values, 0), toNumber(start), length === undefined ? undefined : toNumber(length));
    }),
  ],
  ['string-length', number(0, 1, (context, [value]) => textLength(textOf(context, value)))],
  ['normalize-space', text(0, 1, (context, [value]) => normalizeSpace(textOf(context, value)))],
  ['translate', text(3, 3, (_, values) => translate(at(values, 0), at(values, 1), at(values, 2)))],
  ['boolean', boolean(1, 1, (_, [value = '']) => toBoolean(value))],
  ['not', boolean(1, 1, (_, [value = '']) => !toBoolean(value))],
  ['true', boolean(0, 0, () => true)],
  ['false', boolean(0, 0, () => false)],
  ['lang', boolean(1, 1, (context, values) => hasLanguage(context.node, at(values, 0)))],
  ['number', number(0, 1, (context, [value]) => toNumber(value ?? nodeText(context.node)))],
  [
    'sum',
    {
      ...number(1, 1, (_, [nodes]) => nodesOf(nodes).reduce((sum, node) => sum + toNumber(nodeText(node)), 0)),
      nodes: [0],
    },
  ],
  ['floor', number(1, 1, (_, [value = '']) => Math.floor(toNumber(value)))],
  ['ceiling', number(1, 1, (_, [value = '']) => Math.ceil(toNumber(value)))],
  ['round', number(1, 1, (_, [value = '']) => round(toNumber(value)))],
]);
