import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LookupCache } from '../../runtime/policies/LookupCache.ts';
import { PopulateCache } from '../../runtime/policies/PopulateCache.ts';
import { MemoryStore } from '../../runtime/state/memory.ts';
import type { Store } from '../../runtime/state/store.ts';
import { awayStore } from '../support/away-store.ts';
import { exchangeOf } from '../support/exchange.ts';
import { later } from '../support/later-store.ts';
import { compilePolicy } from '../support/policy.ts';

const key = '<CacheKey><KeyFragment ref="id"/></CacheKey>';

function compile(store: Store, more = '', assignTo = 'got') {
  const xml = `<LookupCache name="LC">${key}<AssignTo>${assignTo}</AssignTo>${more}</LookupCache>`;
  const { step, diagnostics } = compilePolicy(LookupCache, xml, { compiler: { store } });
  assert.deepEqual(diagnostics, []);
  return step;
}

async function keep(store: Store, id: string, v: unknown, more = '') {
  const settings = '<ExpirySettings><TimeoutInSeconds>60</TimeoutInSeconds></ExpirySettings><Source>v</Source>';
  const xml = `<PopulateCache name="PC">${key}${settings}${more}</PopulateCache>`;
  await compilePolicy(PopulateCache, xml, { compiler: { store } }).step(exchangeOf({ variables: { id, v } }));
}

test('what was kept is found, as what it was', async () => {
  for (const store of [new MemoryStore(), later(new MemoryStore())]) {
    for (const value of ['text', '', 7, true, ['a', 'b'], { a: [1, null] }]) {
      await keep(store, '1', value);
      const exchange = exchangeOf({ variables: { id: '1' } });
      await compile(store)(exchange);
      assert.deepEqual(exchange.read('got'), value);
      const read = (name: string) => exchange.read(`lookupcache.LC.${name}`);
      assert.deepEqual([read('cachehit'), read('assignto'), read('cachename')], [true, 'got', 'shared']);
      assert.equal(read('cachekey'), 'org__test__weather__1__default__1');
    }
  }
});

test('on a miss the variable stays as it is', async () => {
  const store = new MemoryStore();
  await keep(store, '1', 'x', '<CacheResource>other</CacheResource>');
  store.set('cache/org/test/*/org__test__weather__1__default__2', 'r{"status":200,"headers":[]}\n');
  for (const id of ['1', '2', '3']) {
    const exchange = exchangeOf({ variables: { id, got: 'old' } });
    assert.equal(compile(store)(exchange), undefined);
    assert.deepEqual([exchange.read('got'), exchange.read('lookupcache.LC.cachehit')], ['old', false]);
  }
});

test('a variable that cannot be set is a miss', async () => {
  const store = new MemoryStore();
  await keep(store, '1', 'x');
  const exchange = exchangeOf({ variables: { id: '1', a: 'single' } });
  compile(store, '', 'a.b')(exchange);
  assert.equal(exchange.read('lookupcache.LC.cachehit'), false);
});

test('a store that fails, or is too late, is a miss', async () => {
  const surroundings = { report: () => undefined };
  const never: Store = { ...awayStore, get: () => new Promise(() => undefined) };
  for (const [store, more] of [
    [awayStore, ''],
    [never, '<CacheLookupTimeoutInSeconds>0</CacheLookupTimeoutInSeconds>'],
  ] as const) {
    const exchange = exchangeOf({ variables: { id: '1' }, surroundings });
    await compile(store, more)(exchange);
    assert.equal(exchange.read('lookupcache.LC.cachehit'), false);
  }
});

test('mistakes', () => {
  const codes = (inside: string) =>
    compilePolicy(LookupCache, `<LookupCache name="LC">${inside}</LookupCache>`).diagnostics.map((one) => one.code);
  assert.deepEqual(codes(''), ['ZH012', 'ZH012']);
  assert.deepEqual(codes(`${key}<AssignTo/>`), ['ZH012']);
  const late = '<CacheLookupTimeoutInSeconds>-1</CacheLookupTimeoutInSeconds>';
  assert.deepEqual(codes(`${key}<AssignTo>v</AssignTo>${late}`), ['ZH013']);
});
