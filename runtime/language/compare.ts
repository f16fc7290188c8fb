import { toText } from './text.ts';

/**
 * Equality of two values that are set. Apigee, Conditions reference: both are brought to the higher of their types.
 * zerohop's choice: a number equals a text that writes the same number; two texts are equal when they are the same text.
 */
export function equalValues(left: unknown, right: unknown): boolean {
  if (typeof left === 'string' && typeof right === 'string') return left === right;
  if (isNumeric(left) || isNumeric(right)) {
    const a = numberOf(left);
    const b = numberOf(right);
    if (a !== undefined && b !== undefined) return a >= b && a <= b;
  }
  return toText(left) === toText(right);
}

/** Equality of the two texts in lower case. */
export function equalIgnoringCase(left: unknown, right: unknown): boolean {
  return toText(left).toLowerCase() === toText(right).toLowerCase();
}

/** Negative, zero or positive, as `left` stands to `right`. */
export function order(left: unknown, right: unknown): number {
  return orderNumber(left, numberOf(right)) ?? orderText(toText(left), toText(right));
}

/**
 * The order of any value to a value known now. zerohop's choice: as numbers when both look like numbers, which is what
 * the authors of `ratelimit...count GreaterThan "0"` expect; else as texts, by UTF-16 units as Java does.
 */
export function orderTo(right: unknown): (left: unknown) => number {
  const number = numberOf(right);
  const text = toText(right);
  return (left) => orderNumber(left, number) ?? orderText(toText(left), text);
}

/** Undefined when one of the two is no number. */
function orderNumber(left: unknown, right: number | bigint | undefined): number | undefined {
  const number = right === undefined ? undefined : numberOf(left);
  if (number === undefined || right === undefined) return undefined;
  // Not a number (NaN) has no order, and no comparison with it holds.
  return number < right ? -1 : number > right ? 1 : number >= right ? 0 : Number.NaN;
}

function orderText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** A condition of its own: true, or the text `true` in any case. */
export function isTrue(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  return typeof value === 'string' && value.toLowerCase() === 'true';
}

function isNumeric(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** Integers too long for a double stay exact. */
function numberOf(value: unknown): number | bigint | undefined {
  switch (typeof value) {
    case 'number':
    case 'bigint':
      return value;
    case 'boolean':
      return value ? 1 : 0;
    case 'string': {
      if (!/^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?$/.test(value)) return undefined;
      const number = Number(value);
      return Number.isInteger(number) && !Number.isSafeInteger(number) && /^[+-]?\d+$/.test(value)
        ? BigInt(value.replace('+', ''))
        : number;
    }
    default:
      return undefined;
  }
}
