/**
 * Character classes of java.util.regex, written as classes of JavaScript's `v` mode, which has the same unions,
 * intersections and nesting. Every set is returned with its brackets, so that it stands alone or inside another.
 */
import { PatternError } from './pattern.ts';

/** ASCII only, as in Java without UNICODE_CHARACTER_CLASS; JavaScript's own `\s` takes more. */
export const shorthandClasses: ReadonlyMap<string, string> = new Map([
  ['d', '[0-9]'],
  ['D', '[^0-9]'],
  ['w', '[0-9A-Z_a-z]'],
  ['W', '[^0-9A-Z_a-z]'],
  ['s', '[\\t-\\r\\x20]'],
  ['S', '[^\\t-\\r\\x20]'],
  ['h', '[\\t\\x20\\xA0\\u1680\\u180E\\u2000-\\u200A\\u202F\\u205F\\u3000]'],
  ['H', '[^\\t\\x20\\xA0\\u1680\\u180E\\u2000-\\u200A\\u202F\\u205F\\u3000]'],
  ['v', '[\\n-\\r\\x85\\u2028\\u2029]'],
  ['V', '[^\\n-\\r\\x85\\u2028\\u2029]'],
]);

const namedClasses: ReadonlyMap<string, string> = new Map([
  ['Lower', '[a-z]'],
  ['Upper', '[A-Z]'],
  ['ASCII', '[\\x00-\\x7F]'],
  ['Alpha', '[A-Za-z]'],
  ['Digit', '[0-9]'],
  ['Alnum', '[0-9A-Za-z]'],
  ['Punct', '[\\x21-\\x2F\\x3A-\\x40\\x5B-\\x60\\x7B-\\x7E]'],
  ['Graph', '[\\x21-\\x7E]'],
  ['Print', '[\\x20-\\x7E]'],
  ['Blank', '[\\t\\x20]'],
  ['Cntrl', '[\\x00-\\x1F\\x7F]'],
  ['XDigit', '[0-9A-Fa-f]'],
  ['Space', '[\\t-\\r\\x20]'],
  ['L1', '[\\x00-\\xFF]'],
  ['all', '[\\p{Any}]'],
  ['javaLowerCase', '[\\p{Lowercase}]'],
  ['javaUpperCase', '[\\p{Uppercase}]'],
  ['javaTitleCase', '[\\p{Lt}]'],
  ['javaAlphabetic', '[\\p{Alphabetic}]'],
  ['javaLetter', '[\\p{L}]'],
  ['javaDigit', '[\\p{Nd}]'],
  ['javaLetterOrDigit', '[\\p{L}\\p{Nd}]'],
  ['javaWhitespace', '[[\\t-\\r\\x1C-\\x1F\\p{Z}]--[\\xA0\\u2007\\u202F]]'],
]);

/** Names Java gives to binary properties where Unicode's property has another one. */
const binaryProperties: ReadonlyMap<string, string> = new Map([
  ['LETTER', 'L'],
  ['TITLECASE', 'Lt'],
  ['PUNCTUATION', 'P'],
  ['CONTROL', 'Cc'],
  ['DIGIT', 'Nd'],
]);

/** The class of `\p{name}`, or undefined for one that JavaScript has no counterpart for (such as blocks). */
export function propertyClass(name: string, negated: boolean, ignoreCase: boolean): string | undefined {
  const set = positiveProperty(name, ignoreCase);
  if (set === undefined) return undefined;
  return negated ? `[^${set}]` : set;
}

function positiveProperty(name: string, ignoreCase: boolean): string | undefined {
  if (ignoreCase && (name === 'Lower' || name === 'Upper')) return '[A-Za-z]';
  const named = namedClasses.get(name);
  if (named !== undefined) return named;
  const [key, value] = name.includes('=') ? name.split('=', 2) : [undefined, name];
  if (value === undefined) return undefined;
  const kind = key?.toLowerCase();
  if (kind !== undefined) {
    if (kind === 'sc' || kind === 'script') return firstUsable([`Script=${titled(value)}`, `Script=${value}`]);
    if (kind === 'gc' || kind === 'general_category') return firstUsable([value]);
    return undefined;
  }
  if (value.startsWith('Is')) {
    const bare = value.slice(2);
    const property = binaryProperties.get(bare.toUpperCase());
    if (property !== undefined) return firstUsable([property]);
    return firstUsable([bare, titled(bare), `Script=${titled(bare)}`]);
  }
  if (ignoreCase && (value === 'Lu' || value === 'Ll' || value === 'Lt')) return '[\\p{LC}]';
  return /^[A-Z][a-z]?$|^LC$/.test(value) ? firstUsable([value]) : undefined;
}

function firstUsable(names: readonly string[]): string | undefined {
  const usable = names.find((name) => /^[A-Za-z_0-9=]+$/.test(name) && isProperty(name));
  return usable === undefined ? undefined : `[\\p{${usable}}]`;
}

function isProperty(name: string): boolean {
  try {
    return new RegExp(`\\p{${name}}`, 'v').source !== '';
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

function titled(name: string): string {
  return name
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase())
    .join('_');
}

export interface CaseRule {
  readonly ignoreCase: boolean;
  /** Java's UNICODE_CASE; without it ignoring case concerns ASCII letters only. */
  readonly unicodeCase: boolean;
}

/** One code point as pattern text, valid both inside and outside a class. */
export function codePoint(point: number): string {
  if ((point >= 48 && point <= 57) || (point >= 65 && point <= 90) || (point >= 97 && point <= 122)) {
    return String.fromCodePoint(point);
  }
  return point < 256 ? `\\x${point.toString(16).padStart(2, '0')}` : `\\u{${point.toString(16)}}`;
}

/** All code points that stand for `point` under the rule, as class items. */
export function pointItems(point: number, rule: CaseRule): string {
  if (!rule.ignoreCase) return codePoint(point);
  const points = new Set([point]);
  if (rule.unicodeCase || point < 128) {
    const text = String.fromCodePoint(point);
    for (const variant of [text.toLowerCase(), text.toUpperCase()]) {
      const other = variant.codePointAt(0);
      if (other !== undefined && variant.length === String.fromCodePoint(other).length) points.add(other);
    }
  }
  return [...points].map(codePoint).join('');
}

/** A range as class items, widened by the other case of the ASCII letters in it. */
export function rangeItems(low: number, high: number, rule: CaseRule, index: number): string {
  if (high < low) throw new PatternError('The range is the wrong way round', index);
  const items = [`${codePoint(low)}-${codePoint(high)}`];
  if (rule.ignoreCase) {
    for (const [first, last, shift] of [
      [65, 90, 32],
      [97, 122, -32],
    ] as const) {
      const from = Math.max(low, first);
      const to = Math.min(high, last);
      if (from <= to) items.push(`${codePoint(from + shift)}-${codePoint(to + shift)}`);
    }
    if (rule.unicodeCase && high > 127) {
      if (high - low > 2000) throw new PatternError('A range this long cannot ignore case beyond ASCII', index);
      for (let point = Math.max(low, 128); point <= high; point++) items.push(pointItems(point, rule));
    }
  }
  return items.join('');
}
