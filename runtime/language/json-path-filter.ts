/** Filters: `[?(...)]`. Operators and comparisons as in the Jayway JsonPath documentation, "Filter operators". */
import { javaRegex, safeTest } from './java-regex.ts';
import { accept, expect, literal, nested, type Reader, skipBlanks, take } from './json-path-reader.ts';
import { isObject, missing, type NodeTest } from './json-path-step.ts';
import { PatternError } from './pattern.ts';

/** A path inside a filter: `value` is `missing`, one value, or the list an indefinite path gives. */
export interface PathOperand {
  value(node: unknown, root: unknown): unknown;
  exists(node: unknown, root: unknown): boolean;
}

export type ReadPath = (reader: Reader) => PathOperand;

type Operand =
  | { readonly kind: 'path'; readonly path: PathOperand }
  | { readonly kind: 'literal'; readonly value: unknown }
  | { readonly kind: 'regex'; readonly regex: RegExp };

/** Reads from behind the question mark up to the closing bracket, which is left. */
export function readFilter(reader: Reader, readPath: ReadPath): NodeTest {
  return nested(reader, () => either(reader, readPath));
}

function either(reader: Reader, readPath: ReadPath): NodeTest {
  const tests = [both(reader, readPath)];
  while (accept(reader, '||')) tests.push(both(reader, readPath));
  const [only] = tests;
  return only !== undefined && tests.length === 1 ? only : (node, root) => tests.some((test) => test(node, root));
}

function both(reader: Reader, readPath: ReadPath): NodeTest {
  const tests = [single(reader, readPath)];
  while (accept(reader, '&&')) tests.push(single(reader, readPath));
  const [only] = tests;
  return only !== undefined && tests.length === 1 ? only : (node, root) => tests.every((test) => test(node, root));
}

function single(reader: Reader, readPath: ReadPath): NodeTest {
  let negated = false;
  while (accept(reader, '!')) negated = !negated;
  const test = accept(reader, '(') ? grouped(reader, readPath) : comparison(reader, readPath);
  return negated ? (node, root) => !test(node, root) : test;
}

function grouped(reader: Reader, readPath: ReadPath): NodeTest {
  const test = nested(reader, () => either(reader, readPath));
  expect(reader, ')');
  return test;
}

function comparison(reader: Reader, readPath: ReadPath): NodeTest {
  const start = reader.at;
  const left = operand(reader, readPath);
  skipBlanks(reader);
  const place = reader.at;
  const operator = take(reader, /===|!==|==|!=|<=|>=|=~|<|>|[A-Za-z]+/y)?.[0].toLowerCase();
  if (operator === undefined) {
    if (left.kind === 'path') return (node, root) => left.path.exists(node, root);
    if (left.kind === 'literal') return () => left.value === true;
    throw new PatternError('An expression needs something to match', start);
  }
  const right = operand(reader, readPath);
  if (operator === '=~') return matching(left, right, place);
  const compare = operators.get(operator);
  if (compare === undefined) throw new PatternError(`Unknown operator ${operator}`, place);
  const readLeft = operandValue(left, start);
  const readRight = operandValue(right, place);
  return (node, root) => compare(readLeft(node, root), readRight(node, root));
}

function operand(reader: Reader, readPath: ReadPath): Operand {
  skipBlanks(reader);
  const index = reader.at;
  const character = reader.text.charAt(index);
  if (character === '@' || character === '$') return { kind: 'path', path: nested(reader, () => readPath(reader)) };
  const regex = take(reader, /\/((?:[^/\\]|\\[\s\S])*)\/([a-zA-Z]*)/y);
  if (regex !== undefined) return { kind: 'regex', regex: filterRegex(regex[1] ?? '', regex[2] ?? '', index) };
  const value = literal(reader);
  if (value === undefined) throw new PatternError('Expected a path or a value', index);
  return { kind: 'literal', value: value.value };
}

function filterRegex(source: string, flags: string, index: number): RegExp {
  const prefix = flags === '' ? '' : `(?${flags})`;
  try {
    return javaRegex(prefix + source.replaceAll('\\/', '/'));
  } catch (error) {
    if (error instanceof PatternError) throw new PatternError(error.message, index + 1 + error.index);
    throw error;
  }
}

/** Jayway matches the whole text. */
function matching(left: Operand, right: Operand, index: number): NodeTest {
  const [pattern, other] = right.kind === 'regex' ? [right, left] : [left, right];
  if (pattern.kind !== 'regex') throw new PatternError('The operator =~ needs an expression in slashes', index);
  const read = operandValue(other, index);
  return (node, root) => {
    const value = read(node, root);
    return typeof value === 'string' || typeof value === 'number' ? safeTest(pattern.regex, String(value)) : false;
  };
}

function operandValue(from: Operand, index: number): (node: unknown, root: unknown) => unknown {
  if (from.kind === 'path') return (node, root) => from.path.value(node, root);
  if (from.kind === 'regex') throw new PatternError('An expression goes with the operator =~ only', index);
  return () => from.value;
}

type Comparison = (left: unknown, right: unknown) => boolean;

const operators: ReadonlyMap<string, Comparison> = new Map<string, Comparison>([
  ['==', equal],
  ['!=', (left, right) => !equal(left, right)],
  ['===', (left, right) => typeof left === typeof right && equal(left, right)],
  ['!==', (left, right) => typeof left !== typeof right || !equal(left, right)],
  ['<', ordered((order) => order < 0)],
  ['<=', ordered((order) => order <= 0)],
  ['>', ordered((order) => order > 0)],
  ['>=', ordered((order) => order >= 0)],
  ['in', (left, right) => left !== missing && includes(right, left)],
  ['nin', (left, right) => left !== missing && Array.isArray(right) && !includes(right, left)],
  ['contains', contains],
  ['subsetof', lists((left, right) => left.every((one) => includes(right, one)))],
  ['all', lists((left, right) => right.every((one) => includes(left, one)))],
  ['anyof', lists((left, right) => left.some((one) => includes(right, one)))],
  ['noneof', lists((left, right) => !left.some((one) => includes(right, one)))],
  ['size', (left, right) => lengthOf(left) !== undefined && lengthOf(left) === (lengthOf(right) ?? right)],
  ['empty', (left, right) => lengthOf(left) !== undefined && (lengthOf(left) === 0) === right],
]);

function ordered(decide: (order: number) => boolean): Comparison {
  return (left, right) => {
    if (typeof left === 'number' && typeof right === 'number') return decide(left - right);
    if (typeof left === 'string' && typeof right === 'string') return decide(left < right ? -1 : left > right ? 1 : 0);
    return false;
  };
}

function lists(compare: (left: readonly unknown[], right: readonly unknown[]) => boolean): Comparison {
  return (left, right) => Array.isArray(left) && Array.isArray(right) && compare(left, right);
}

function includes(list: unknown, value: unknown): boolean {
  return Array.isArray(list) && list.some((one) => equal(one, value));
}

function contains(left: unknown, right: unknown): boolean {
  if (typeof left === 'string') return typeof right === 'string' && left.includes(right);
  return right !== missing && includes(left, right);
}

function lengthOf(value: unknown): number | undefined {
  return typeof value === 'string' || Array.isArray(value) ? value.length : undefined;
}

/** A number and the text of that number are equal; lists and objects are equal when their contents are. */
function equal(left: unknown, right: unknown): boolean {
  if (left === missing || right === missing) return false;
  if (typeof left === 'number' && typeof right === 'string') return right.trim() !== '' && left === Number(right);
  if (typeof left === 'string' && typeof right === 'number') return equal(right, left);
  const pairs: [unknown, unknown][] = [[left, right]];
  for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
    const [one, other] = pair;
    if (one === other) continue;
    if (Array.isArray(one) && Array.isArray(other)) {
      if (one.length !== other.length) return false;
      one.forEach((item, index) => {
        pairs.push([item, other[index]]);
      });
    } else if (isObject(one) && isObject(other)) {
      const names = Object.keys(one);
      if (names.length !== Object.keys(other).length) return false;
      for (const name of names) {
        if (!Object.hasOwn(other, name)) return false;
        pairs.push([one[name], other[name]]);
      }
    } else {
      return false;
    }
  }
  return true;
}
