import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { needsResolving, parseRequestTarget, resolvePath } from '../../runtime/server/request-path.ts';

describe('request target', () => {
  const rows: [string, string | undefined, string?, string?][] = [
    ['/a/b?x=1&y', '/a/b', 'x=1&y'],
    ['/a?', '/a', ''],
    ['/a#frag?x', '/a', ''],
    ['/a?x=1#frag', '/a', 'x=1'],
    ['http://other.example:81/p?q=1', '/p', 'q=1', 'other.example:81'],
    ['HTTP://other.example', '/', '', 'other.example'],
    ['http://other.example?q', '/', 'q', 'other.example'],
    ['*', undefined],
    ['other.example:443', undefined],
    ['a/b', undefined],
    ['http://user@other.example/', undefined],
    ['', undefined],
  ];
  for (const [target, path, query, authority] of rows) {
    it(`${target} is ${path ?? 'refused'}`, () => {
      const parsed = parseRequestTarget(target);
      assert.equal(parsed?.path, path);
      if (path === undefined) return;
      assert.equal(parsed?.query, query);
      assert.equal(parsed?.authority, authority);
    });
  }
});

describe('dot segments', () => {
  const rows: [string, number, string | undefined][] = [
    ['/pass/a/../b', 1, '/pass/b'],
    ['/pass/a/%2e%2E/b', 1, '/pass/b'],
    ['/pass/./b', 1, '/pass/b'],
    ['/pass/b/.', 1, '/pass/b/'],
    ['/pass/b/..', 1, '/pass/'],
    ['/pass/../x', 1, undefined],
    ['/pass/%2e./x', 1, undefined],
    ['/pass/a/../../x', 1, undefined],
    ['/../x', 0, undefined],
    ['/a/../x', 0, '/x'],
    ['/pass/a\\..\\x', 1, undefined],
    ['/pass/a..b/c', 1, '/pass/a..b/c'],
    ['/pass/a%2Fb', 1, '/pass/a%2Fb'],
    ['/pass//b', 1, '/pass//b'],
  ];
  for (const [path, kept, expected] of rows) {
    it(`${path} below ${kept} segments is ${expected ?? 'refused'}`, () =>
      assert.equal(resolvePath(path, kept), expected));
  }

  it('plain paths are not looked at twice', () => {
    for (const path of ['/a/b', '/a.b/c', '/a/%20b', '/v1.2/x..y', '/'])
      assert.equal(needsResolving(path), false, path);
    for (const path of ['/a/..', '/a/./b', '/%2e%2e/a', '/a\\b', '/.']) assert.equal(needsResolving(path), true, path);
  });
});
