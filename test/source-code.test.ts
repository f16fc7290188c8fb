import assert from 'node:assert/strict';
import { it } from 'node:test';
import { codeOf } from './support/source-code.ts';

const open = '$'.concat('{');

/** Text, and what is left of it; blanks count as one. */
const facts: readonly [string, string][] = [
  ["a = 'let x'; // any", "a = ' ';"],
  ["'it\\'s' + any", "' ' + any"],
  ['a /* any */ b', 'a b'],
  ['"//" + b // c', '" " + b'],
  [`x = \`any ${open}y as any} any\`;`, 'x = ` y as any `;'],
  [`x = \`a${open}\`b${open}c}\`}d\`;`, 'x = ` ` c ` `;'],
  [`x = \`${open}{ a: {} }.a}\` + any`, 'x = ` { a: {} }.a ` + any'],
  ['x = /any[/]\\/any/g.test(y) / 2 / any;', 'x = / /g.test(y) / 2 / any;'],
  ['return /any/', 'return / /'],
];

for (const [text, code] of facts) {
  it(`code of ${text}`, () => {
    assert.equal(codeOf(text).replace(/\s+/g, ' ').trim(), code);
    assert.equal(codeOf(text).length, text.length);
  });
}
