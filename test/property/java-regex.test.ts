import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backtracksExponentially } from '../../runtime/language/backtracking.ts';
import { javaRegex, safeTest } from '../../runtime/language/java-regex.ts';
import { compileReplacement } from '../../runtime/language/java-replacement.ts';
import { compileXeger } from '../../runtime/language/xeger.ts';
import { Random } from '../support/random.ts';

/** Atoms and repetitions that mean the same in Java and in JavaScript. */
const atoms = [
  'a',
  'b',
  'ab',
  '1',
  '[ab]',
  '[^a]',
  '[a-c1]',
  '\\d',
  '\\w',
  '\\W',
  '.',
  '[^\\w]',
  '[^\\W1]',
  '\\D',
  '\\.',
  '\\x61',
  '-',
  'é',
];
const repetitions = ['', '', '', '', '*', '+', '?', '*?', '+?', '??', '{2}', '{1,2}', '{1,}', '{0,1}?'];
const valuePieces = ['a', 'b', 'ab', '1', 'c', '.', '-', 'é', ' ', 'A'];

function expression(random: Random, depth: number): string {
  const parts = random.list(3, () => `${atom(random, depth)}${random.of(repetitions)}`).join('');
  return depth > 0 && random.once(4) ? `${parts}|${expression(random, depth - 1)}` : parts;
}

function atom(random: Random, depth: number): string {
  if (depth === 0 || !random.once(3)) return `(?:${random.of(atoms)})`;
  return `${random.of(['(', '(?:'])}${expression(random, depth - 1)})`;
}

test('what both languages have means the same', () => {
  const random = new Random(51);
  let taken = 0;
  for (let count = 0; count < 2_500; count++) {
    const pattern = expression(random, 2);
    const translated = javaRegex(pattern);
    const anywhere = javaRegex(pattern, 'find');
    const native = new RegExp(`^(?:${pattern})$`, 'u');
    const nativeAnywhere = new RegExp(pattern, 'u');
    for (let round = 0; round < 5; round++) {
      const value = random.text(6, valuePieces);
      const expected = native.test(value);
      if (expected) taken++;
      assert.equal(safeTest(translated, value), expected, `${pattern} on ${value}`);
      const found = anywhere.exec(value);
      const nativeFound = nativeAnywhere.exec(value);
      assert.deepEqual([found?.[0], found?.index], [nativeFound?.[0], nativeFound?.index], `${pattern} in ${value}`);
      assert.equal(
        compileReplacement(pattern, 'all')(value, '<$0>'),
        value.replace(new RegExp(pattern, 'gu'), '<$&>'),
        `${pattern} replaced in ${value}`,
      );
    }
  }
  assert.ok(taken > 500, `only ${taken} matches`);
});

test('flags and quotations change the same text in both languages', () => {
  const random = new Random(52);
  for (let count = 0; count < 3_000; count++) {
    const text = random.text(5, ['a', 'B', '.', '*', '(', '[', '\\', '1', 'é', '-']);
    const value = random.once(2) ? text : random.text(5, ['a', 'b', '.', '*', '(', '1']);
    if (text.includes('\\E')) continue;
    assert.equal(safeTest(javaRegex(`\\Q${text}\\E`), value), value === text, text);
    const ignoring =
      value.replace(/[A-Z]/g, (one) => one.toLowerCase()) === text.replace(/[A-Z]/g, (one) => one.toLowerCase());
    assert.equal(safeTest(javaRegex(`(?i)\\Q${text}\\E`), value), ignoring, text);
  }
});

test('xeger writes what the expression matches', () => {
  const random = new Random(53);
  for (let count = 0; count < 2_000; count++) {
    const pattern = expression(random, 1);
    const write = compileXeger(pattern);
    const regex = javaRegex(pattern);
    // Texts as long as these would take such an expression a long time.
    if (backtracksExponentially(regex)) continue;
    for (let round = 0; round < 3; round++) {
      const text = write();
      assert.equal(safeTest(regex, text), true, `${pattern} gave ${JSON.stringify(text)}`);
    }
  }
});

test('what is said to be harmless ends soon on texts made to hurt', () => {
  const random = new Random(54);
  const small = ['a', 'b', '[ab]', 'ab', '.', 'a?'];
  const part = (depth: number): string => {
    const inner = random.list(2, () => (depth > 0 && random.once(2) ? part(depth - 1) : random.of(small))).join('');
    const more = random.once(3) ? `|${random.of(small)}` : '';
    return `(?:a${inner}${more})${random.of(['*', '+', '?', '', '{2,}'])}`;
  };
  let hostile = 0;
  for (let count = 0; count < 1_500; count++) {
    const pattern = `${part(3)}c`;
    if (backtracksExponentially(javaRegex(pattern))) {
      hostile++;
      continue;
    }
    // A missed one would take 2^40 steps and never end.
    for (const value of ['a'.repeat(40), 'ab'.repeat(20), 'aab'.repeat(14)]) safeTest(javaRegex(pattern), `${value}!`);
  }
  assert.ok(hostile > 100 && hostile < 1_400, `${hostile} hostile`);
});
