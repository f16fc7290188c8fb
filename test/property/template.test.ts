import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileTemplate } from '../../runtime/language/template.ts';
import { exchangeOf } from '../support/exchange.ts';
import { Random } from '../support/random.ts';

const variables = { a: 'Ada', 'b.c': 'x{a}y', empty: '', _n: 7, t: true, 'a-b': "it's" } as const;
const values: ReadonlyMap<string, unknown> = new Map<string, unknown>(Object.entries(variables));
const exchange = exchangeOf({ variables });

/** The syntax of the reference as one expression: a name, a call, a default. */
function pieceSyntax(prefix: string, suffix: string): RegExp {
  const stop = `(?!${quoted(prefix)}|${quoted(suffix)})`;
  const name = `[A-Za-z_](?:${stop}[^\\s{}():"',;<>=\\\\])*`;
  const argument = `(?:'[^']*'|[+-]?\\d+(?:\\.\\d+)?(?=[,)])|(?:true|false)(?=[,)])|(?!(?:true|false)[:,)])${name}(?::(?:${stop}[^,)\\r\\n])*)?)`;
  const call = `\\((${argument}(?:,${argument})*)?\\)`;
  return new RegExp(`${quoted(prefix)}(${name})(${call})?(?::((?:${stop}[^\\r\\n])*))?${quoted(suffix)}`, 'y');
}

function quoted(text: string): string {
  return text.replace(/[{}$]/g, '\\$&');
}

/** Goes through the text character by character. */
function reference(text: string, prefix: string, suffix: string): string {
  const syntax = pieceSyntax(prefix, suffix);
  let result = '';
  for (let at = 0; at < text.length; ) {
    syntax.lastIndex = at;
    const match = syntax.exec(text);
    const [whole = '', name = '', call, args, fallback] = match ?? [];
    const rendered = match === null ? undefined : call === undefined ? read(name) : callOf(name, args ?? '');
    if (match === null || rendered === 'not a call') {
      result += whole === '' ? text.charAt(at) : whole;
      at += Math.max(1, whole.length);
      continue;
    }
    result += String(rendered ?? fallback ?? '');
    at += whole.length;
  }
  return result;
}

function read(name: string): unknown {
  return values.get(name);
}

function callOf(name: string, text: string): unknown {
  const args: unknown[] = [...text.matchAll(/'([^']*)'|([^,:]+)(?::([^,]*))?/g)].map(
    ([, literal, bare = '', fallback]) => {
      if (literal !== undefined) return literal;
      return /^[+-]?\d|^(?:true|false)$/.test(bare) ? bare : (read(bare) ?? fallback);
    },
  );
  if (name === 'firstnonnull' && args.length > 0) return args.find((value) => value !== undefined);
  if (name !== 'toUpperCase' || args.length !== 1) return 'not a call';
  return args[0] === undefined ? undefined : String(args[0]).toUpperCase();
}

const pieces = [
  ...[
    '{',
    '{',
    '}',
    '}',
    '{a}',
    '{b.c}',
    '{none}',
    '{none:',
    '{none:x y}',
    'a',
    'b.c',
    'none',
    '_n',
    't',
    'a-b',
    ':',
    ' ',
  ],
  ...[
    '(',
    ')',
    "'",
    '"',
    ',',
    '\n',
    '1',
    '-2',
    'true',
    '{toUpperCase(',
    '{firstnonnull(',
    'toUpperCase',
    ')}',
    "'x}y'",
    '=',
  ],
];

test('templates against a scan with the whole syntax at every place', () => {
  const random = new Random(41);
  let changed = 0;
  for (let count = 0; count < 20_000; count++) {
    const text = random.text(10, pieces);
    const expected = reference(text, '{', '}');
    if (expected !== text) changed++;
    const template = compileTemplate(text, { xpath: undefined });
    assert.equal(template.render(exchange), expected, JSON.stringify(text));
    if (template.constant !== undefined) assert.equal(template.constant, text);
  }
  assert.ok(changed > 5_000, `only ${changed} with something to replace`);
});

test('calls with arguments of all kinds', () => {
  const random = new Random(42);
  const argument = (): string =>
    random.of([
      'a',
      'b.c',
      'none',
      'none:d',
      'none:',
      'empty',
      '_n',
      "'lit'",
      "''",
      "'a,b)}'",
      "'{a}'",
      '5',
      '-1.5',
      'true',
      't:x',
      ' a',
      '',
    ]);
  for (let count = 0; count < 20_000; count++) {
    const name = random.of(['toUpperCase', 'firstnonnull', 'nosuch']);
    const fallback = random.of(['', '', ':', ':dflt', ':a b', ':{']);
    const text = `<{${name}(${random.list(3, argument).join(',')})${fallback}}>`;
    assert.equal(compileTemplate(text, { xpath: undefined }).render(exchange), reference(text, '{', '}'), text);
  }
});

test('other prefixes and suffixes', () => {
  const random = new Random(43);
  const forms: readonly (readonly [string, string])[] = [
    ['@', '#'],
    ['%', '%'],
    ['<<', '>>'],
    ['${', '}'],
  ];
  for (let count = 0; count < 10_000; count++) {
    const [prefix, suffix] = random.of(forms);
    const text = random.text(9, [
      prefix,
      suffix,
      prefix,
      suffix,
      'a',
      'none',
      ':',
      'x',
      ' ',
      '{',
      '}',
      '(',
      ')',
      'toUpperCase',
    ]);
    const template = compileTemplate(text, { prefix, suffix, xpath: undefined });
    assert.equal(template.render(exchange), reference(text, prefix, suffix), JSON.stringify([prefix, text]));
  }
});
