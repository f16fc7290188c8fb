import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoint } from '../../runtime/message/exchange.ts';
import { InvalidateCache } from '../../runtime/policies/InvalidateCache.ts';
import { MemoryStore } from '../../runtime/state/memory.ts';
import type { Store } from '../../runtime/state/store.ts';
import { awayStore } from '../support/away-store.ts';
import { type ExchangeOptions, exchangeOf } from '../support/exchange.ts';
import { later } from '../support/later-store.ts';
import { compilePolicy } from '../support/policy.ts';

async function run(inside: string, store: Store, options: ExchangeOptions = {}) {
  const xml = `<InvalidateCache name="IC">${inside}</InvalidateCache>`;
  const { step, diagnostics } = compilePolicy(InvalidateCache, xml, { compiler: { store } });
  assert.deepEqual(
    diagnostics.filter((one) => one.severity === 'error'),
    [],
  );
  const exchange = exchangeOf(options);
  await step(exchange);
  return exchange;
}

const prefix = 'cache/org/test/*/';
const shelf = '<CacheKey><Prefix>shelf</Prefix></CacheKey>';

function filled(): Store {
  const store = new MemoryStore();
  for (const key of ['shelf', 'shelf__1', 'shelf__2', 'other__1']) store.set(prefix + key, 'tx');
  return store;
}

test('one entry goes', async () => {
  for (const wrap of [(store: Store) => store, later]) {
    const store = filled();
    const exchange = await run('<CacheKey><Prefix>shelf</Prefix><KeyFragment>1</KeyFragment></CacheKey>', wrap(store));
    assert.deepEqual(
      await store.keys(prefix),
      ['other__1', 'shelf', 'shelf__2'].map((key) => prefix + key),
    );
    assert.equal(exchange.read('invalidatecache.IC.cachekey'), 'shelf__1');
    assert.equal(exchange.read('invalidatecache.IC.cachename'), 'shared');
  }
});

test('with its children everything that begins so goes, in this cache alone', async () => {
  const store = filled();
  store.set('cache/org/test/named/shelf__1', 'tx');
  await run(`${shelf}<PurgeChildEntries>false</PurgeChildEntries>`, store);
  assert.equal((await store.keys(prefix)).length, 3);
  await run(`${shelf}<PurgeChildEntries>true</PurgeChildEntries>`, store);
  assert.deepEqual(await store.keys('cache/'), [`${prefix}other__1`, 'cache/org/test/named/shelf__1']);
});

test('another proxy is addressed by its context, in the revision that is deployed', async () => {
  const endpoint = { proxy: 'b', name: 'default', revision: '4' } as Endpoint;
  const directory = { endpointByName: (proxy: string) => (proxy === 'b' ? endpoint : undefined) };
  const keyOf = async (scope: string, context: string) => {
    const inside = `<Scope>${scope}</Scope><CacheContext>${context}</CacheContext><CacheKey><KeyFragment>k</KeyFragment></CacheKey>`;
    return (await run(inside, new MemoryStore(), { directory })).read('invalidatecache.IC.cachekey');
  };
  const proxy = '<APIProxyName>b</APIProxyName>';
  assert.equal(await keyOf('Application', proxy), 'org__test__b__4__k');
  assert.equal(await keyOf('Exclusive', proxy), 'org__test__b__4__default__k');
  assert.equal(await keyOf('Proxy', `${proxy}<ProxyName>p</ProxyName>`), 'org__test__b__4__p__k');
  assert.equal(await keyOf('Exclusive', `${proxy}<TargetName>t</TargetName>`), 'org__test__b__4__t__k');
  assert.equal(await keyOf('Target', '<TargetName>t</TargetName>'), 'org__test__weather__1__t__k');
});

test('a store that does not answer is no fault', async () => {
  const exchange = await run(shelf, awayStore, { surroundings: { report: () => undefined } });
  assert.equal(exchange.read('invalidatecache.IC.failed'), true);
});
