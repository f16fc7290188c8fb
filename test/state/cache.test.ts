import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Caches, cacheLimits } from '../../runtime/state/cache.ts';
import { MemoryStore } from '../../runtime/state/memory.ts';
import { later } from '../support/later-store.ts';

const place = { organization: 'o', environment: 'e', name: 'c' };

for (const [title, storeOf] of [
  ['at once', () => new MemoryStore()],
  ['later', () => later(new MemoryStore())],
] as const) {
  test(`entries of a store that answers ${title}`, async () => {
    const caches = new Caches(storeOf());
    assert.equal(await caches.put('a/1', 'x', undefined), true);
    await caches.put('a/2', 'y', 60_000);
    await caches.put('b/1', 'z', undefined);
    assert.deepEqual([await caches.get('a/1'), await caches.get('a/2'), await caches.get('a')], ['x', 'y', undefined]);
    await caches.remove('a/1', false);
    assert.equal(await caches.get('a/1'), undefined);
    await caches.put('a/1', 'x', undefined);
    await caches.remove('a/', true);
    assert.deepEqual(
      [await caches.get('a/1'), await caches.get('a/2'), await caches.get('b/1')],
      [undefined, undefined, 'z'],
    );
  });

  test(`beyond the bound the least recently used go, ${title}`, async () => {
    const caches = new Caches(storeOf(), 40);
    const value = '012345678';
    for (const key of ['1', '2', '3', '4']) await caches.put(key, value, undefined);
    await caches.get('1');
    await caches.put('5', value, undefined);
    const left = await Promise.all(['1', '2', '3', '4', '5'].map(async (key) => (await caches.get(key)) !== undefined));
    assert.deepEqual(left, [true, false, true, true, true]);
    await caches.remove('1', false);
    await caches.put('6', value, undefined);
    assert.equal(await caches.get('3'), value);
  });
}

test('what is too large is not kept, and takes away what was there', async () => {
  const caches = new Caches(new MemoryStore());
  await caches.put('k', 'old', undefined);
  assert.equal(await caches.put('k', 'x'.repeat(cacheLimits.value + 1), undefined), false);
  assert.equal(await caches.get('k'), undefined);
  assert.equal(await caches.put('k'.repeat(cacheLimits.key + 1), 'x', undefined), false);
  assert.equal(await caches.put('k', 'x'.repeat(cacheLimits.value), undefined), true);
});

test('caches do not begin like one another', () => {
  const caches = new Caches(new MemoryStore());
  const prefixes = ['c', 'c/d', '*x', undefined].map((name) => caches.prefix({ ...place, name }));
  assert.equal(new Set(prefixes).size, 4);
  for (const one of prefixes) for (const other of prefixes) assert.ok(one === other || !one.startsWith(other));
});
