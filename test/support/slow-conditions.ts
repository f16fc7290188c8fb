/**
 * Conditions interpreted straight from the rules of the reference, one case after the other: what the compiled ones are
 * compared with.
 */
import { referenceGlob, referencePath } from './naive-patterns.ts';

export type Operator = '=' | '!=' | ':=' | '>' | '>=' | '<' | '<=' | '~' | '!~' | '~~' | '~/' | '=|';
export type Value = string | number | boolean | undefined;

export type Tree =
  | { readonly kind: 'literal'; readonly value: Value }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'not'; readonly inner: Tree }
  | { readonly kind: 'and' | 'or'; readonly left: Tree; readonly right: Tree }
  | {
      readonly kind: 'compare';
      readonly operator: Operator;
      readonly not: boolean;
      readonly left: Tree;
      readonly right: Tree;
    };

export type Variables = Readonly<Record<string, Value>>;

export function holds(tree: Tree, variables: Variables): boolean {
  switch (tree.kind) {
    case 'not':
      return !holds(tree.inner, variables);
    case 'and':
      return holds(tree.left, variables) && holds(tree.right, variables);
    case 'or':
      return holds(tree.left, variables) || holds(tree.right, variables);
    case 'compare':
      return compare(tree.operator, valueIn(tree.left, variables), valueIn(tree.right, variables)) !== tree.not;
    default: {
      const value = valueIn(tree, variables);
      return value === true || (typeof value === 'string' && value.toLowerCase() === 'true');
    }
  }
}

function valueIn(tree: Tree, variables: Variables): Value {
  if (tree.kind === 'literal') return tree.value;
  return tree.kind === 'variable' ? variables[tree.name] : holds(tree, variables);
}

/** The published table: operators that hold with the left side null, the right side null, both. */
const whenLeftIsNull: readonly Operator[] = ['!=', '>', '<', '<=', '!~'];
const whenRightIsNull: readonly Operator[] = ['!=', '>='];
const whenBothAreNull: readonly Operator[] = ['=', ':=', '>=', '<='];

function compare(operator: Operator, left: Value, right: Value): boolean {
  if (left === undefined && right === undefined) return whenBothAreNull.includes(operator);
  if (left === undefined) return whenLeftIsNull.includes(operator);
  if (right === undefined) return whenRightIsNull.includes(operator);
  switch (operator) {
    case '=':
      return areEqual(left, right);
    case '!=':
      return !areEqual(left, right);
    case ':=':
      return String(left).toLowerCase() === String(right).toLowerCase();
    case '=|':
      return String(left).indexOf(String(right)) === 0;
    case '~':
      return referenceGlob(String(right), String(left));
    case '!~':
      return !referenceGlob(String(right), String(left));
    case '~/':
      return referencePath(String(right), String(left));
    case '~~':
      return matchesRegex(String(right), String(left));
    default:
      return isInOrder(operator, left, right);
  }
}

function areEqual(left: Value, right: Value): boolean {
  const isNumeric = typeof left === 'number' || typeof right === 'number';
  if (isNumeric && looksLikeNumber(left) && looksLikeNumber(right)) return Number(left) === Number(right);
  return String(left) === String(right);
}

function isInOrder(operator: Operator, left: Value, right: Value): boolean {
  const areNumbers = looksLikeNumber(left) && looksLikeNumber(right);
  const a = areNumbers ? Number(left) : String(left);
  const b = areNumbers ? Number(right) : String(right);
  if (operator === '>') return a > b;
  if (operator === '>=') return a >= b;
  return operator === '<' ? a < b : a <= b;
}

function looksLikeNumber(value: Value): boolean {
  return typeof value !== 'string' || /^[+-]?\d+(\.\d+)?$/.test(value);
}

/** Only expressions that mean the same in both languages are generated; one that is not valid matches nothing. */
function matchesRegex(source: string, value: string): boolean {
  try {
    return new RegExp(`^(?:${source})$`, 'u').test(value);
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
