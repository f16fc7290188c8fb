import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capturePattern, glob, matchesPath, PatternError } from '../../runtime/language/pattern.ts';

const paths: readonly [value: string, pattern: string, expected: boolean][] = [
  ['/x/a/', '/*/a/', true],
  ['/x/a', '/*/a/', true],
  ['/x/a/b', '/*/a/*', true],
  ['/x/a/b/c/d', '/*/a/*', false],
  ['/x/a/b/c/d', '/*/a/**', true],
  ['/y/a/foo/feed/', '/*/a/{reader}/feed/', true],
  ['/a/b/feed/rss/1234', '/a/**/feed/**', true],
  ['/a/feed/rss', '/a/**/feed/**', false],
  ['/{user}', '/%{user%}', true],
  ['/user', '/%{user%}', false],
  ['/Pets', '/pets', false],
  ['/pets', '/pets', true],
  ['/pets/', '/pets', true],
  ['/pets', '/pets/', true],
  ['/pets//', '/pets', false],
  ['/pets/1/2', '/pets/*', false],
  ['/pets/1', '/pets/*', true],
  ['/pets/', '/pets/*', false],
  ['/pets', '/pets/**', false],
  ['/pets/1/2/3', '/pets/**', true],
  ['', '/', true],
  ['/', '/', true],
  ['/a', '/', false],
  ['', '/**', true],
  ['/', '/**', true],
  ['/a/b', '/**', true],
  ['/', '/*', false],
  ['/animals/cats/wild', '/**/wild', true],
  ['/wild', '/**/wild', false],
  ['/animals/wild/cats', '/**/wild', false],
  ['/animals/cats/wild', '/*/*/*', true],
  ['/animals/cats/wild', '/*', false],
  ['/a/x/b/y/b/z', '/a/**/b/z', true],
  ['/a/x/b/y/b/z', '/a/**/b/*', true],
  ['/a/b/b', '/a/**/b', true],
  ['/v1/report.json', '/v1/*.json', true],
  ['/v1/report.xml', '/v1/*.json', false],
  ['/v1/a/b.json', '/v1/*.json', false],
  ['/v1/{id}.json', '/v1/{id}.json', true],
  ['/v1/9.json', '/v1/{id}.json', true],
  ['/100%', '/100%%', true],
  ['/a*b', '/a%*b', true],
  ['/axb', '/a%*b', false],
  ['/a%20b', '/a%20b', true],
  ['/a{b', '/a{b', true],
  ['a/b', '/a/b', false],
];

for (const [value, pattern, expected] of paths) {
  test(`path ${pattern} ${expected ? 'takes' : 'refuses'} '${value}'`, () => {
    assert.equal(matchesPath(pattern)(value), expected);
  });
}

const globs: readonly [value: string, pattern: string, expected: boolean][] = [
  ['/cat', '/*at', true],
  ['/cat', '/c%*at', false],
  ['/c*at', '/c%*at', true],
  ['/cat', '*a*', true],
  ['/animals/cats/wild', '/an*', true],
  ['/animals/cats/wild', '*wild', true],
  ['/animals/cats/wild', '/animals', false],
  ['/animals/cats/wild', '/AN*', false],
  ['/animals/cats/wild', '/animals/*', true],
  ['abc', 'a.c', false],
  ['', '*', true],
  ['', '', true],
  ['a', '', false],
  ['aba', 'a*a', true],
  ['a', 'a*a', false],
  ['a{x}b', 'a{*}b', true],
  ['abcabd', '*ab*d', true],
  ['a\nb', 'a*b', true],
];

for (const [value, pattern, expected] of globs) {
  test(`glob ${pattern} ${expected ? 'takes' : 'refuses'} '${value}'`, () => {
    assert.equal(glob(pattern)(value), expected);
  });
}

test('many stars on a long text are settled in one walk', () => {
  assert.equal(glob(`${'*a'.repeat(200)}b`)('a'.repeat(20_000)), false);
  assert.equal(matchesPath(`${'/**/a'.repeat(50)}/b`)('/a'.repeat(2_000)), false);
});

function captured(pattern: string, value: string, ignoreCase = false, pathMode = true): unknown {
  const found = capturePattern(pattern, ignoreCase, pathMode).match(value);
  return found === undefined ? undefined : Object.fromEntries(found);
}

test('captures of a path', () => {
  assert.deepEqual(captured('/accounts/{id}', '/ACCOUNTS/127', true), { id: '127' });
  assert.equal(captured('/accounts/{id}', '/ACCOUNTS/127'), undefined);
  assert.deepEqual(captured('/a/{p1}/c/{p2}', '/a/b/c/d'), { p1: 'b', p2: 'd' });
  assert.equal(captured('/accounts/{id}', '/accounts/x/y'), undefined);
  assert.equal(captured('/accounts/{id}', '/accounts/'), undefined);
  assert.equal(captured('/accounts/{id}', '/accounts'), undefined);
  assert.deepEqual(captured('/accounts/{id}', '/accounts/5/'), { id: '5' });
  assert.deepEqual(captured('/a/*/{one}', '/a/anything/last'), { one: 'last' });
  assert.equal(captured('/a/*/{one}', '/a/any/thing/last'), undefined);
  assert.deepEqual(captured('/a/**/{last}', '/a/b/c/d'), { last: 'd' });
  assert.equal(captured('/a/**/{last}', '/a/d'), undefined);
  assert.deepEqual(captured('/a/**/f/{x}', '/a/f/f/f/1'), { x: '1' });
  assert.deepEqual(captured('/models/{model}:generateContent', '/models/gem-1:generateContent'), { model: 'gem-1' });
  assert.equal(captured('/models/{model}:generateContent', '/models/gem-1:streamGenerateContent'), undefined);
  assert.deepEqual(captured('/{user.name}', '/Ada', true), { 'user.name': 'Ada' });
  assert.deepEqual(captured('/%{x%}/{y}', '/{x}/1'), { y: '1' });
});

test('captures of other values', () => {
  assert.deepEqual(captured('DBN{code}', 'dbn88271', true, false), { code: '88271' });
  assert.deepEqual(captured('Bearer {tok}', 'Bearer TU08', false, false), { tok: 'TU08' });
  assert.equal(captured('Bearer {tok}', 'bearer TU08', false, false), undefined);
  assert.deepEqual(captured('*;charset={enc}', 'text/xml;charset=UTF-16', false, false), { enc: 'UTF-16' });
  assert.deepEqual(captured('{t}', 'a/b/c', false, false), { t: 'a/b/c' });
  assert.deepEqual(captured('{t}', '', false, false), { t: '' });
  assert.deepEqual(captured('{a} {b}', 'x y z', false, false), { a: 'x', b: 'y z' });
  assert.deepEqual(captured('{a}:{b}', 'İx:Y', true, false), { a: 'İx', b: 'Y' });
  assert.deepEqual(captured('{__proto__}', 'x', false, false), Object.fromEntries([['__proto__', 'x']]));
});

test('names and segments of a capture pattern', () => {
  const pattern = capturePattern('/a/{p1}/*/{p2}', false, true);
  assert.deepEqual(pattern.names, ['p1', 'p2']);
  assert.equal(pattern.segments, 4);
  assert.deepEqual(capturePattern('*;charset=x', false, false).names, []);
});

test('a capture pattern with a broken brace says where', () => {
  for (const [pattern, index] of [
    ['/a/{id', 3],
    ['/a/{}', 3],
    ['/{a{b}', 1],
  ] as const) {
    assert.throws(
      () => capturePattern(pattern, false, true),
      (error) => error instanceof PatternError && error.index === index,
    );
  }
});
