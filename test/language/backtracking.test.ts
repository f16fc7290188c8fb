import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { backtracksExponentially } from '../../runtime/language/backtracking.ts';
import { javaRegex } from '../../runtime/language/java-regex.ts';

const hostile = [
  '(a+)+',
  '(a*)*',
  '(a+)+b',
  '(a|a)*b',
  '(\\w|\\d)*!',
  '([a-z]+)*$',
  '(.*)*x',
  '(a|aa)+',
  '(a|b|ab)*c',
  '(x+x+)+y',
  '(\\s*\\w+\\s*)*;',
  '^(([a-z])+.)+[A-Z]([a-z])+$',
  '(?i)(a|A)*b',
  '(?:\\w+\\s?)+\\.',
  '(\\p{L}|\\p{Lu})+1',
  '(é|é)+x',
  '(a{1,20}){1,20}b',
  '(?=(a+)+b)a',
  '((a?b?)+c?)*d',
];

const harmless = [
  'a+',
  'abc',
  '.*',
  '(a|b)*c',
  '(\\w+\\.)+\\w+',
  '(\\d{1,3}\\.){3}\\d{1,3}',
  '^[a-z0-9]+(-[a-z0-9]+)*$',
  '(a?)*b',
  '(ab?)*c',
  '(a++)+b',
  '(?>a+)+b',
  '"([^"\\\\]|\\\\.)*"',
  '(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,}',
  '(.|\\n)*',
  '(/(@?[\\w_?\\w:\\*]+(\\[[^]]+\\])*)?)+',
  '[\\s]*((delete)|(exec)|(drop\\s*table)|(insert)|(shutdown)|(update)|(\\bor\\b))',
  '<\\s*script\\b[^>]*>[^<]+<\\s*/\\s*script\\s*>',
  '(x|é)*y',
  '',
];

suite('expressions that can take exponential time', () => {
  for (const pattern of hostile) test(pattern, () => assert.equal(backtracksExponentially(javaRegex(pattern)), true));
});

suite('expressions that cannot', () => {
  for (const pattern of harmless) test(pattern, () => assert.equal(backtracksExponentially(javaRegex(pattern)), false));
});

test('what can end anywhere has nothing to go back for', () => {
  assert.equal(backtracksExponentially(javaRegex('(a+)+', 'find')), false);
  assert.equal(backtracksExponentially(javaRegex('(a+)+b', 'find')), true);
  assert.equal(backtracksExponentially(javaRegex('(a+)+\\b', 'find')), true);
  assert.equal(backtracksExponentially(javaRegex('(/(@?[\\w_?\\w:\\*]+(\\[[^]]+\\])*)?)+', 'find')), false);
});

test('the answer comes soon for large expressions too', () => {
  const words = Array.from({ length: 2000 }, (_, index) => `w${index}`).join('|');
  assert.equal(backtracksExponentially(javaRegex(`(${words})*x`)), false);
  const classes = Array.from({ length: 250 }, (_, index) => `[a-z${index % 10}]?`).join('');
  assert.equal(typeof backtracksExponentially(javaRegex(`(${classes})*x`)), 'boolean');
  assert.equal(backtracksExponentially(javaRegex(`${'('.repeat(150)}a+${')+'.repeat(150)}b`)), true);
});
