import assert from 'node:assert/strict';
import { test } from 'node:test';
import { javaRegex, safeTest } from '../../runtime/language/java-regex.ts';
import { compileReplacement } from '../../runtime/language/java-replacement.ts';
import { PatternError } from '../../runtime/language/pattern.ts';

type Row = readonly [pattern: string, takes: readonly string[], refuses: readonly string[]];

const whole: readonly Row[] = [
  ['/[bcr]at', ['/cat', '/rat'], ['/hat', '/cat/']],
  ['/c', ['/c'], ['/cat', 'x/c']],
  ['a|bc', ['a', 'bc'], ['ac', 'abc']],
  ['(?i)hello', ['HELLO', 'hello'], ['hello!']],
  ['a(?i)b', ['ab', 'aB'], ['Ab']],
  ['(a(?i)b)c', ['abc', 'aBc'], ['aBC']],
  ['(?i:a)b', ['Ab', 'ab'], ['AB']],
  ['(?i)a(?-i)b', ['Ab'], ['AB']],
  ['(?i)[a-f]+', ['aBF'], ['g', 'G']],
  ['(?i)[^a]', ['b'], ['a', 'A']],
  ['(?i)é', ['é'], ['É']],
  ['(?iu)é', ['é', 'É'], ['e']],
  ['(?i)\\p{Lower}', ['a', 'A'], ['1']],
  ['[\\s]*(?i)((delete)|(exec)|(drop\\s*table)|(\\bor\\b))', [' DROP  Table', 'or'], ['order']],
  ['(?s)a.b', ['a\nb'], ['a\n\nb']],
  ['a.b', ['axb', 'a😀b'], ['a\nb', 'a\u0085b', 'a\rb']],
  ['(?x) a b # comment\n c', ['abc'], ['a b c']],
  ['(?x)[a b]\\ ', ['a ', 'b '], ['  ']],
  ['\\Qa.b*\\Ec', ['a.b*c'], ['axbbc']],
  ['\\Q[(\\E+', ['[((('], ['[([(']],
  ['\\Qend', ['end'], ['en']],
  ['[\\Q^]\\E]', ['^', ']'], ['a']],
  ['a*+b', ['aab', 'b'], ['aa']],
  ['a*+a', [], ['aa', 'a']],
  ['(?>a|ab)c', ['ac'], ['abc']],
  ['(?:x(a++)y)+', ['xaayxay'], ['xy']],
  ['(\\w)++\\d', [], ['ab1']],
  ['\\p{Alpha}+\\p{Digit}\\p{Punct}', ['ab1!', 'a9~'], ['é1!', 'a1 ']],
  ['\\P{Alpha}', ['1', 'é'], ['a']],
  ['\\p{IsAlphabetic}\\p{L}\\pL', ['éaß'], ['1aa']],
  ['\\p{IsLatin}\\p{script=Greek}', ['aα'], ['αa']],
  ['\\p{Lu}\\p{javaLowerCase}', ['Éé'], ['éÉ']],
  ['\\p{javaWhitespace}', [' ', '\u2003', '\t'], ['\u00a0', 'a']],
  ['\\h\\H\\v\\V', [' a\nb', '\u00a0a\u2028b'], ['\na\nb']],
  ['a\\Rb', ['a\r\nb', 'a\nb', 'a\u2028b'], ['a\n\nb']],
  ['\\s', [' ', '\u000b'], ['\u00a0']],
  ['\\x41\\x{1F600}\\u0042\\0101\\t\\e\\cA', ['A😀BA\t\u001b\u0001'], ['A']],
  ['[a-z&&[^aeiou]]', ['b', 'z'], ['a', 'B']],
  ['[a-z&&[def]]', ['d'], ['a']],
  ['[a-z&&def]', ['d'], ['a']],
  ['[^a-z&&[def]]', ['a', '1'], ['d']],
  ['[a[bc]d]', ['a', 'b', 'c', 'd'], ['e']],
  ['[]a]+', [']a'], ['b']],
  ['[a-]+', ['a-'], ['b']],
  ['[\\w-]+', ['a-b'], ['.']],
  ['[-+.,(){}|/$^*?]+', ['-+.,(){}|/$^*?'], ['a']],
  ['(?<year>\\d{4})-\\k<year>', ['2024-2024'], ['2024-2025']],
  ['(a)(b)\\2\\1', ['abba'], ['abab']],
  ['(a)\\10', ['aa0'], ['a']],
  ['\\Aab\\z', ['ab'], ['ab\n']],
  ['^(POST|GET)$', ['GET', 'POST'], ['PUT', 'GET\n']],
  ['(?=a)?a', ['a'], ['b']],
  ['x{2,3}y{1,}?', ['xxy', 'xxxyy'], ['xy']],
  ['a}]', ['a}]'], ['a']],
  ['\\-\\/\\_\\é', ['-/_é'], ['é']],
  // Negated classes in repetitions: V8 has them wrong in the mode the translation uses.
  ['(?:a[^b])+', ['acac', 'ac'], ['ab', 'acab']],
  ['(a[^b]){2}', ['acac'], ['acab', 'abab']],
  ['(?:a\\W)+', ['a-a.', 'a-'], ['ab', 'a-ab']],
  ['(?:a.)*', ['', 'abab'], ['a', 'a\n', 'aba\n']],
  ['(?s:a.)+', ['a\nab'], ['a']],
  ['(?:a[^a-z&&[def]])+', ['aaab'], ['ad', 'aaad']],
  ['(?:a\\P{L})+', ['a1a-'], ['ab', 'a1ab']],
  ['(?:a[^\\W\\d])+', ['abac'], ['a-', 'aba1']],
  ['', [''], ['a']],
  ['(?:)*', [''], ['a']],
];

for (const [pattern, takes, refuses] of whole) {
  test(`${JSON.stringify(pattern)} as a whole`, () => {
    const regex = javaRegex(pattern);
    for (const value of takes) assert.equal(safeTest(regex, value), true, `takes ${JSON.stringify(value)}`);
    for (const value of refuses) assert.equal(safeTest(regex, value), false, `refuses ${JSON.stringify(value)}`);
  });
}

const anywhere: readonly Row[] = [
  ['b+', ['abbc'], ['ac']],
  ['c$', ['abc', 'abc\n', 'abc\r\n'], ['abc\n\n', 'abcd']],
  ['c\\Z', ['abc\n'], ['abc\n\n']],
  ['c\\z', ['abc'], ['abc\n']],
  ['(?m)^b$', ['a\nb\nc', 'a\r\nb\r\nc'], ['ab']],
  ['^b', ['bc'], ['a\nb']],
  ['(?<=a)b(?!c)', ['ab'], ['abc', 'b']],
  ['(?<!a)b', ['cb', 'b'], ['ab']],
];

for (const [pattern, takes, refuses] of anywhere) {
  test(`${JSON.stringify(pattern)} anywhere`, () => {
    const regex = javaRegex(pattern, 'find');
    for (const value of takes) assert.equal(safeTest(regex, value), true, `takes ${JSON.stringify(value)}`);
    for (const value of refuses) assert.equal(safeTest(regex, value), false, `refuses ${JSON.stringify(value)}`);
  });
}

const wrong: readonly [pattern: string, index: number][] = [
  ['a**', 2],
  ['*a', 0],
  ['a(b', 1],
  ['ab)c', 2],
  ['x[abc', 1],
  ['[z-a]', 1],
  ['a{2,1}', 1],
  ['a{x}', 1],
  ['{', 0],
  ['a\\', 1],
  ['\\y', 0],
  ['\\p{InGreek}', 0],
  ['\\p{Nope}', 0],
  ['(?<a>x)(?<a>y)', 7],
  ['\\k<a>', 0],
  ['(?i)(a)\\1', 7],
  ['(a)\\2', 3],
  ['(?U)a', 0],
  ['(?#a)', 1],
  ['(?<=a++)b', 6],
  ['('.repeat(5000), 200],
  ['['.repeat(5000), 199],
  ['[\\b]', 1],
  ['[a&&', 0],
];

for (const [pattern, index] of wrong) {
  test(`${pattern.slice(0, 20)} is refused at ${index}`, () => {
    assert.throws(
      () => javaRegex(pattern),
      (error) => error instanceof PatternError && error.index === index && error.message !== '',
    );
  });
}

test('safeTest starts at the beginning whatever was tested before', () => {
  const regex = /a/g;
  assert.equal(safeTest(regex, 'xa'), true);
  assert.equal(safeTest(regex, 'xa'), true);
});

const replacements: readonly [value: string, pattern: string, by: string, all: string, first: string][] = [
  ['a1b2', '\\d', '#', 'a#b#', 'a#b2'],
  ['John Smith', '(\\w+) (\\w+)', '$2, $1', 'Smith, John', 'Smith, John'],
  ['2024-05', '(?<y>\\d+)-(?<m>\\d+)', '${m}/${y}', '05/2024', '05/2024'],
  ['ab', 'a', '\\$1\\\\', '$1\\b', '$1\\b'],
  ['ab', '(a)', '$10', 'a0b', 'a0b'],
  ['ab', '[ab]', '[$0]', '[a][b]', '[a]b'],
  ['ab', '(x)?a', '<$1>', '<>b', '<>b'],
  ['aab', '(?>a+)(b)', '$1', 'b', 'b'],
  ['x', '', '-', '-x-', '-x'],
  ['$&', '&', "$0'", "$&'", "$&'"],
];

for (const [value, pattern, by, all, first] of replacements) {
  test(`${JSON.stringify(value)} with ${pattern} replaced by ${by}`, () => {
    assert.equal(compileReplacement(pattern, 'all')(value, by), all);
    assert.equal(compileReplacement(pattern, 'first')(value, by), first);
  });
}

test('a replacement that names no group is refused', () => {
  for (const by of ['$', '$x', '$2', '${no}', '${', '\\']) {
    assert.throws(() => compileReplacement('(a)', 'all')('a', by), PatternError);
  }
});
