import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capturePattern, glob, matchesPath } from '../../runtime/language/pattern.ts';
import { anyLength, elementsOf, fits, pathFits, piecesOf, referencePath } from '../support/naive-patterns.ts';
import { Random } from '../support/random.ts';

const pathPieces = ['a', 'b', 'ab', '*', '**', '{n}', '%*', '%{', '%%', 'a*', '*b', '{n}b', 'a{n}', '{', '}', ''];
/** What nearly all patterns are made of; they have a matcher of their own. */
const plainPieces = ['a', 'b', '*', '*', '{n}', '**', 'ab', ''];
const valuePieces = ['a', 'b', 'ab', 'aab', 'abb', '*', '{n}', '%', '', 'ba'];

test('path patterns against a naive matcher', () => {
  const random = new Random(1);
  let taken = 0;
  for (let count = 0; count < 40_000; count++) {
    const elements = random.once(2) ? pathPieces : plainPieces;
    const pattern = random.list(5, () => `/${random.of(elements)}`).join('') + (random.once(6) ? '/' : '');
    const value = random.list(5, () => `/${random.of(valuePieces)}`).join('') + (random.once(6) ? '/' : '');
    const expected = referencePath(pattern, value);
    if (expected) taken++;
    assert.equal(matchesPath(pattern)(value), expected, `${pattern} on ${value}`);
  }
  assert.ok(taken > 1000, `only ${taken} matches`);
});

test('globs against a naive matcher', () => {
  const random = new Random(2);
  const pieces = ['a', 'b', '/', '*', '%*', '%%', '%', '{', '}', 'ab', '*a*', '.'];
  let taken = 0;
  for (let count = 0; count < 20_000; count++) {
    const pattern = random.text(6, pieces) + (random.once(2) ? '*' : '');
    const value = random.text(7, ['a', 'b', '/', '*', '%', '{', '}', '.']);
    const expected = fits(piecesOf(pattern, false), value, anyLength);
    if (expected) taken++;
    assert.equal(glob(pattern)(value), expected, `${pattern} on ${value}`);
  }
  assert.ok(taken > 1000, `only ${taken} matches`);
});

test('captures put back into the pattern give the value', () => {
  const random = new Random(3);
  let taken = 0;
  for (let count = 0; count < 20_000; count++) {
    const names = ['{n}', '{m}', '{k}'];
    const pattern = random
      .list(4, () => `/${random.of(['a', 'b', 'a', '', '-'])}${random.once(2) ? (names.pop() ?? '') : ''}`)
      .join('');
    const value = random.list(4, () => `/${random.text(3, ['a', 'b', '-'])}`).join('');
    const found = capturePattern(pattern, false, true).match(value);
    const expected = pathFits(elementsOf(pattern), elementsOf(value), (gap) => (gap === '' ? 0 : 1));
    assert.equal(found !== undefined, expected, `${pattern} on ${value}`);
    if (found === undefined) continue;
    taken++;
    const filled = pattern.replace(/\{(\w)\}/g, (_, name: string) => found.get(name) ?? '');
    assert.deepEqual(elementsOf(filled), elementsOf(value), `${pattern} on ${value}`);
  }
  assert.ok(taken > 500, `only ${taken} matches`);
});
