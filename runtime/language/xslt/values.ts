import type { TreeNode } from '../../xml/tree.ts';

/** Values of XPath 1.0 and how they convert. A result tree fragment is a node set that holds one document. */

/** A node set is in document order and holds no node twice. */
export type NodeSet = readonly TreeNode[];
export type Value = string | number | boolean | NodeSet;

export function isNodes(value: Value): value is NodeSet {
  return typeof value === 'object';
}

/** XPath 1.0 section 5: the string-value of a node. */
export function nodeText(node: TreeNode): string {
  if (node.kind !== 'element' && node.kind !== 'document') return node.value;
  const { children } = node;
  const [only] = children;
  if (only === undefined) return '';
  if (children.length === 1 && only.kind === 'text') return only.value;
  let text = '';
  for (const child of children) {
    if (child.kind === 'text') text += child.value;
    else if (child.kind === 'element') text += nodeText(child);
  }
  return text;
}

/** XPath 1.0 section 4.2, string(). */
export function toText(value: Value): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return numberText(value);
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  const [first] = value;
  return first === undefined ? '' : nodeText(first);
}

/** XPath 1.0 section 4.4, number(): no exponents, no plus sign, and an empty text is no number. */
export function toNumber(value: Value): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  const text = toText(value);
  return /^[ \t\r\n]*-?(?:\d+(?:\.\d*)?|\.\d+)[ \t\r\n]*$/.test(text) ? Number(text) : Number.NaN;
}

/** XPath 1.0 section 4.3, boolean(). */
export function toBoolean(value: Value): boolean {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return value !== 0 && !Number.isNaN(value);
  return value.length > 0;
}

/** All digits, never an exponent. */
export function numberText(value: number): string {
  if (value === 0) return '0';
  const text = String(value);
  const exponent = text.indexOf('e');
  if (exponent === -1) return text;
  const power = Number(text.slice(exponent + 1));
  const sign = text.startsWith('-') ? '-' : '';
  const digits = text.slice(sign.length, exponent).replace('.', '');
  if (power < 0) return `${sign}0.${'0'.repeat(-power - 1)}${digits}`;
  return `${sign}${digits.padEnd(power + 1, '0')}`;
}

export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>=';

/** XPath 1.0 section 3.4: a node set compares true when one of its nodes does. */
export function compare(operator: Comparison, left: Value, right: Value): boolean {
  if (isNodes(left)) {
    if (typeof right === 'boolean') return compareAtoms(operator, toBoolean(left), right);
    if (isNodes(right)) return compareSets(operator, left, right);
    return left.some((node) => compareAtoms(operator, nodeText(node), right));
  }
  if (isNodes(right)) {
    if (typeof left === 'boolean') return compareAtoms(operator, left, toBoolean(right));
    return right.some((node) => compareAtoms(operator, left, nodeText(node)));
  }
  return compareAtoms(operator, left, right);
}

/** Two large sets have too many pairs to try all. */
function compareSets(operator: Comparison, left: NodeSet, right: NodeSet): boolean {
  if (left.length === 0 || right.length === 0) return false;
  if (operator === '=') {
    const texts = new Set(left.map(nodeText));
    return right.some((node) => texts.has(nodeText(node)));
  }
  if (operator === '!=') {
    const [first] = left;
    const text = first === undefined ? '' : nodeText(first);
    return right.some((node) => nodeText(node) !== text) || left.some((node) => nodeText(node) !== text);
  }
  const [one, other] = [rangeOf(left), rangeOf(right)];
  return operator === '<' || operator === '<='
    ? compareAtoms(operator, one.least, other.most)
    : compareAtoms(operator, one.most, other.least);
}

/** Of the nodes that are numbers; NaN, which compares with nothing, when none is. */
function rangeOf(nodes: NodeSet): { readonly least: number; readonly most: number } {
  let [least, most] = [Number.NaN, Number.NaN];
  for (const node of nodes) {
    const value = toNumber(nodeText(node));
    if (Number.isNaN(value)) continue;
    if (!(least <= value)) least = value;
    if (!(most >= value)) most = value;
  }
  return { least, most };
}

type Atom = string | number | boolean;

function compareAtoms(operator: Comparison, left: Atom, right: Atom): boolean {
  switch (operator) {
    case '=':
      return equal(left, right);
    case '!=':
      return !equal(left, right);
    case '<':
      return toNumber(left) < toNumber(right);
    case '<=':
      return toNumber(left) <= toNumber(right);
    case '>':
      return toNumber(left) > toNumber(right);
    case '>=':
      return toNumber(left) >= toNumber(right);
  }
}

function equal(left: Atom, right: Atom): boolean {
  if (typeof left === 'boolean' || typeof right === 'boolean') return toBoolean(left) === toBoolean(right);
  if (typeof left === 'number' || typeof right === 'number') return toNumber(left) === toNumber(right);
  return left === right;
}

/** In document order, each node once. */
export function inOrder(nodes: TreeNode[]): TreeNode[] {
  let sorted = true;
  for (let at = 1; at < nodes.length && sorted; at++) sorted = (nodes[at - 1]?.order ?? 0) < (nodes[at]?.order ?? 0);
  if (sorted) return nodes;
  nodes.sort((one, other) => one.order - other.order);
  return nodes.filter((node, at) => node !== nodes[at - 1]);
}
