import { leafNode, unnamed } from '../../xml/tree.ts';
import { backtracksExponentially } from '../backtracking.ts';
import { javaRegex } from '../java-regex.ts';
import { compileReplacement } from '../java-replacement.ts';
import { PatternError } from '../pattern.ts';
import { TransformationFailure } from './failure.ts';
import { isNodes, type NodeSet, nodeText, toNumber, toText, type Value } from './values.ts';
import { type Call, type Context, nodesOf, type XPathFunction } from './xpath-context.ts';

/** Functions of XPath 2.0 that need no sequences but those of texts, which are node sets of text nodes here. */

const at = (values: readonly Value[], index: number): string => toText(values[index] ?? '');

const text = (least: number, most: number, call: Call): XPathFunction => ({ kind: 'text', least, most, call });

/** The texts of a sequence. */
function texts(value: Value | undefined): string[] {
  if (value === undefined) return [];
  return isNodes(value) ? value.map(nodeText) : [toText(value)];
}

function sequence(context: Context, values: readonly string[]): NodeSet {
  return values.map((value) => {
    context.run.countNode();
    return leafNode(context.run.counter, 'text', undefined, unnamed, value);
  });
}

function numbers(value: Value | undefined): number[] {
  return texts(value).map(toNumber);
}

const notConstant = 'takes an expression in quotes here, so that it is known before the first request';

/** A regular expression of XML Schema, which is close enough to Java's for what style sheets write. */
function regexFunction(
  kind: XPathFunction['kind'],
  least: number,
  compile: (pattern: string) => Call,
  wrongFlags = 'knows no flags here',
): XPathFunction {
  return {
    kind,
    least,
    most: least + 1,
    call: () => {
      throw new TransformationFailure(`It ${notConstant}`);
    },
    make: (constants) => {
      const pattern = constants[1];
      if (pattern === undefined) return notConstant;
      const flags = constants.length > least ? constants[least] : '';
      if (flags === undefined || /[^i]/.test(flags)) return wrongFlags;
      try {
        const whole = flags.includes('i') ? `(?i)${pattern}` : pattern;
        if (backtracksExponentially(javaRegex(whole))) return 'has an expression that can take exponential time';
        return compile(whole);
      } catch (error) {
        if (error instanceof PatternError) return `has an expression that is none: ${error.message}`;
        throw error;
      }
    },
  };
}

const tokenize = regexFunction('nodes', 2, (pattern) => {
  const replace = compileReplacement(pattern, 'all');
  return (context, values) => {
    const whole = at(values, 0);
    if (whole === '') return [];
    // No text of XML holds this character.
    return sequence(context, replace(whole, '\u0000').split('\u0000'));
  };
});

const matches = regexFunction('boolean', 2, (pattern) => {
  const regex = javaRegex(pattern, 'find');
  return (_, values) => at(values, 0).search(regex) !== -1;
});

const replace = regexFunction('text', 3, (pattern) => {
  const compiled = compileReplacement(pattern, 'all');
  return (context, values) => {
    const whole = at(values, 0);
    try {
      const result = compiled(whole, at(values, 2));
      context.run.charge(result.length);
      return result;
    } catch (error) {
      if (error instanceof PatternError) throw new TransformationFailure(`replace(): ${error.message}`);
      throw error;
    }
  };
});

function join(context: Context, values: readonly Value[]): string {
  const result = texts(values[0]).join(at(values, 1));
  context.run.charge(result.length);
  return result;
}

function distinct(context: Context, [value]: readonly Value[]): NodeSet {
  return sequence(context, [...new Set(texts(value))]);
}

const most = (list: readonly number[], better: (one: number, other: number) => number): Value =>
  list.length === 0 ? [] : list.reduce(better);

const now = (context: Context): string => context.run.started.toISOString();

export const newerFunctions: ReadonlyMap<string, XPathFunction> = new Map<string, XPathFunction>([
  ['upper-case', text(1, 1, (_, values) => at(values, 0).toUpperCase())],
  ['lower-case', text(1, 1, (_, values) => at(values, 0).toLowerCase())],
  ['ends-with', { kind: 'boolean', least: 2, most: 2, call: (_, values) => at(values, 0).endsWith(at(values, 1)) }],
  ['string-join', text(1, 2, join)],
  ['encode-for-uri', text(1, 1, (_, values) => encodeForUri(at(values, 0)))],
  ['tokenize', tokenize],
  ['matches', matches],
  ['replace', replace],
  ['distinct-values', { kind: 'nodes', least: 1, most: 1, call: distinct }],
  ['exists', { kind: 'boolean', least: 1, most: 1, nodes: [0], call: (_, [nodes]) => nodesOf(nodes).length > 0 }],
  ['empty', { kind: 'boolean', least: 1, most: 1, nodes: [0], call: (_, [nodes]) => nodesOf(nodes).length === 0 }],
  ['abs', { kind: 'number', least: 1, most: 1, call: (_, [value = '']) => Math.abs(toNumber(value)) }],
  ['min', { kind: 'any', least: 1, most: 1, call: (_, [value]) => most(numbers(value), (a, b) => Math.min(a, b)) }],
  ['max', { kind: 'any', least: 1, most: 1, call: (_, [value]) => most(numbers(value), (a, b) => Math.max(a, b)) }],
  [
    'avg',
    {
      kind: 'any',
      least: 1,
      most: 1,
      call: (_, [value]) => {
        const list = numbers(value);
        return list.length === 0 ? [] : list.reduce((sum, one) => sum + one, 0) / list.length;
      },
    },
  ],
  ['current-dateTime', text(0, 0, now)],
  ['current-date', text(0, 0, (context) => `${now(context).slice(0, 10)}Z`)],
  ['current-time', text(0, 0, (context) => now(context).slice(11))],
]);

/** Functions of XPath 2.0 and XSLT 2.0 that do not run here. */
export const missingFunctions: ReadonlySet<string> = new Set([
  ...['format-date', 'format-dateTime', 'format-time', 'current-group', 'current-grouping-key', 'regex-group'],
  ...[
    'index-of',
    'subsequence',
    'reverse',
    'insert-before',
    'remove',
    'deep-equal',
    'doc',
    'doc-available',
    'collection',
  ],
  ...['round-half-to-even', 'compare', 'codepoints-to-string', 'string-to-codepoints', 'normalize-unicode', 'data'],
  ...['unparsed-text', 'resolve-uri', 'base-uri', 'node-name', 'root', 'trace', 'error', 'dateTime', 'zero-or-one'],
  ...['exactly-one', 'one-or-more', 'year-from-date', 'month-from-date', 'day-from-date', 'hours-from-dateTime'],
  ...['adjust-dateTime-to-timezone', 'escape-html-uri', 'iri-to-uri', 'in-scope-prefixes', 'implicit-timezone'],
]);

/** XPath 2.0 functions, fn:encode-for-uri: all but letters, digits and `-_.~`. A half of a pair has no encoding. */
function encodeForUri(value: string): string {
  return encodeURIComponent(value.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
