import type { Exchange } from '../message/exchange.ts';
import { equalIgnoringCase, equalValues, order, orderTo } from './compare.ts';
import type { Comparison } from './condition-operators.ts';
import { javaRegex, safeTest } from './java-regex.ts';
import { glob, matchesPath, PatternError } from './pattern.ts';
import { toText } from './text.ts';
import type { Reader } from './variable.ts';

export type Test = (exchange: Exchange) => boolean;
export type Matcher = (value: string) => boolean;

/** Patterns from variables that stay compiled, per comparison. */
const keptPatterns = 16;

/**
 * What a comparison gives when the left side is null, the right side is, or both are. Apigee, Conditions reference: the
 * table of null operands. The order rows look odd and are as published. A null pattern matches nothing.
 */
interface NullRow {
  readonly left: boolean;
  readonly right: boolean;
  readonly both: boolean;
}

const nullRows: Readonly<Record<Comparison, NullRow>> = {
  '=': { left: false, right: false, both: true },
  ':=': { left: false, right: false, both: true },
  '=|': { left: false, right: false, both: false },
  '!=': { left: true, right: true, both: false },
  '>': { left: true, right: false, both: false },
  '>=': { left: false, right: true, both: true },
  '<': { left: true, right: false, both: false },
  '<=': { left: true, right: false, both: true },
  '~': { left: false, right: false, both: false },
  '~~': { left: false, right: false, both: false },
  '~/': { left: false, right: false, both: false },
  '!~': { left: true, right: false, both: false },
};

/** Two values that are both set. */
const comparisons: Readonly<Record<Exclude<Comparison, Pattern>, (left: unknown, right: unknown) => boolean>> = {
  '=': equalValues,
  '!=': (left, right) => !equalValues(left, right),
  ':=': equalIgnoringCase,
  '=|': (left, right) => toText(left).startsWith(toText(right)),
  '>': (left, right) => isGreater(order(left, right)),
  '>=': (left, right) => isAtLeast(order(left, right)),
  '<': (left, right) => isLess(order(left, right)),
  '<=': (left, right) => isAtMost(order(left, right)),
};

const isGreater = (order: number): boolean => order > 0;
const isAtLeast = (order: number): boolean => order >= 0;
const isLess = (order: number): boolean => order < 0;
const isAtMost = (order: number): boolean => order <= 0;

const orders: ReadonlyMap<Comparison, (order: number) => boolean> = new Map([
  ['>', isGreater],
  ['>=', isAtLeast],
  ['<', isLess],
  ['<=', isAtMost],
]);

type Pattern = '~' | '!~' | '~~' | '~/';

function isPattern(comparison: Comparison): comparison is Pattern {
  return comparison === '~' || comparison === '!~' || comparison === '~~' || comparison === '~/';
}

/** Compiles the pattern of a match. @throws PatternError */
function compilePattern(comparison: Pattern, pattern: string): Matcher {
  if (comparison === '~/') return matchesPath(pattern);
  if (comparison !== '~~') return glob(pattern);
  const regex = javaRegex(pattern, 'whole');
  return (value) => safeTest(regex, value);
}

/** A comparison with a value known now. @throws PatternError for a regular expression that is not valid */
export function compareWithLiteral(comparison: Comparison, left: Reader, right: unknown): Test {
  const onNull = nullRows[comparison];
  const whenNull = right === undefined ? onNull.both : onNull.left;
  if (right === undefined) return (exchange) => (isNull(left(exchange)) ? whenNull : onNull.right);
  if (isPattern(comparison)) return matchLiteral(comparison, left, compilePattern(comparison, toText(right)), whenNull);
  if (typeof right === 'string') {
    // What nearly all conditions are made of: a text variable against a text.
    if (comparison === '=') return equalsText(left, right);
    if (comparison === '!=') return differsFromText(left, right);
    if (comparison === '=|') return startsWithText(left, right);
  }
  const compare = comparisonTo(comparison, right);
  return (exchange) => {
    const value = left(exchange);
    return isNull(value) ? whenNull : compare(value);
  };
}

/** A comparison with its right side worked out as far as it can be. */
function comparisonTo(comparison: Exclude<Comparison, Pattern>, right: unknown): (left: unknown) => boolean {
  if (comparison === ':=') {
    const lower = toText(right).toLowerCase();
    return (left) => toText(left).toLowerCase() === lower;
  }
  const decide = orders.get(comparison);
  if (decide !== undefined) {
    const orderOf = orderTo(right);
    return (left) => decide(orderOf(left));
  }
  const compare = comparisons[comparison];
  return (left) => compare(left, right);
}

/** A comparison of two values known now. @throws PatternError for a regular expression that is not valid */
export function compareKnown(comparison: Comparison, left: unknown, right: unknown): boolean {
  const onNull = nullRows[comparison];
  if (isNull(left)) return isNull(right) ? onNull.both : onNull.left;
  if (isNull(right)) return onNull.right;
  if (!isPattern(comparison)) return comparisons[comparison](left, right);
  return compilePattern(comparison, toText(right))(toText(left)) !== (comparison === '!~');
}

/** A comparison of two values known only when it runs. */
export function compareValues(comparison: Comparison, left: Reader, right: Reader): Test {
  const onNull = nullRows[comparison];
  const compare = isPattern(comparison) ? matchValues(comparison) : comparisons[comparison];
  return (exchange) => {
    const a = left(exchange);
    const b = right(exchange);
    if (isNull(a)) return isNull(b) ? onNull.both : onNull.left;
    return isNull(b) ? onNull.right : compare(a, b);
  };
}

function matchLiteral(comparison: Pattern, left: Reader, matches: Matcher, whenNull: boolean): Test {
  if (comparison === '!~') {
    return (exchange) => {
      const value = left(exchange);
      return isNull(value) ? whenNull : !matches(toText(value));
    };
  }
  return (exchange) => {
    const value = left(exchange);
    return typeof value === 'string' ? matches(value) : !isNull(value) && matches(toText(value));
  };
}

function equalsText(left: Reader, text: string): Test {
  return (exchange) => {
    const value = left(exchange);
    return typeof value === 'string' ? value === text : !isNull(value) && equalValues(value, text);
  };
}

function differsFromText(left: Reader, text: string): Test {
  return (exchange) => {
    const value = left(exchange);
    return typeof value === 'string' ? value !== text : isNull(value) || !equalValues(value, text);
  };
}

function startsWithText(left: Reader, text: string): Test {
  return (exchange) => {
    const value = left(exchange);
    return !isNull(value) && toText(value).startsWith(text);
  };
}

/** Patterns come from variables here. One that is not valid matches nothing: it is data, not the author's text. */
function matchValues(comparison: Pattern): (left: unknown, right: unknown) => boolean {
  const kept = new Map<string, Matcher>();
  const matcherOf = (pattern: string): Matcher => {
    const known = kept.get(pattern);
    if (known !== undefined) return known;
    if (kept.size >= keptPatterns) kept.clear();
    const made = compileOrNothing(comparison, pattern);
    kept.set(pattern, made);
    return made;
  };
  return (left, right) => matcherOf(toText(right))(toText(left)) !== (comparison === '!~');
}

function compileOrNothing(comparison: Pattern, pattern: string): Matcher {
  try {
    return compilePattern(comparison, pattern);
  } catch (error) {
    if (error instanceof PatternError) return () => false;
    throw error;
  }
}

function isNull(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}
