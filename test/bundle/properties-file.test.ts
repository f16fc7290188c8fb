import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseProperties } from '../../runtime/bundle/properties-file.ts';
import { Diagnostics, Source } from '../../runtime/diagnostic.ts';
import { listed } from '../support/diagnostics.ts';

function parse(text: string): [Record<string, string>, string[]] {
  const diagnostics = new Diagnostics();
  const entries = parseProperties(new Source('s.properties', text), diagnostics);
  return [Object.fromEntries(entries), listed(diagnostics.list)];
}

describe('property files', () => {
  const cases: [text: string, entries: Record<string, string>][] = [
    ['', {}],
    ['a=1', { a: '1' }],
    ['a = 1 \nb:2\nc 3\nd\t:\t4', { a: '1 ', b: '2', c: '3', d: '4' }],
    ['# x=1\n ! y=2\n\n  z=3\r\n', { z: '3' }],
    ['a=b=c\nd==e\nf:=g', { a: 'b=c', d: '=e', f: '=g' }],
    ['key\nother=', { key: '', other: '' }],
    ['list=a,\\\n   b,\\\r\n\tc', { list: 'a,b,c' }],
    ['a=x\\\\\nb=y', { a: 'x\\', b: 'y' }],
    ['a=x\\', { a: 'x' }],
    ['a=x\\\n# no comment', { a: 'x# no comment' }],
    ['a\\ b\\:c\\=d = e', { 'a b:c=d': 'e' }],
    ['a=\\t\\n\\u00e9\\q\\\\u0041', { a: '\t\n\u00e9q\\u0041' }],
    ['a=\\ x', { a: ' x' }],
    ['=x', { '': 'x' }],
  ];
  for (const [text, entries] of cases) {
    test(JSON.stringify(text), () => assert.deepEqual(parse(text), [entries, []]));
  }

  test('mistakes', () => {
    assert.deepEqual(parse('a=1\na=2\nb=\\u12'), [
      { a: '2' },
      [
        's.properties:2:1 warning ZH066 The key "a" stands in this file before; the last one counts.',
        's.properties:3:3 error ZH065 The escape \\u needs four hexadecimal digits.',
      ],
    ]);
  });
});
