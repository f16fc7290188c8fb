import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Exchange, Phase } from '../../runtime/message/exchange.ts';
import { PopulateCache } from '../../runtime/policies/PopulateCache.ts';
import { MemoryStore } from '../../runtime/state/memory.ts';
import type { Store } from '../../runtime/state/store.ts';
import { awayStore } from '../support/away-store.ts';
import { type ExchangeOptions, exchangeOf, responseOf } from '../support/exchange.ts';
import { later } from '../support/later-store.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

const timeout = '<ExpirySettings><TimeoutInSeconds>60</TimeoutInSeconds></ExpirySettings>';
const source = '<Source>v</Source>';
const key = '<CacheKey><KeyFragment ref="id"/></CacheKey>';

function compile(inside: string, store: Store = new MemoryStore()) {
  const { step, diagnostics } = compilePolicy(PopulateCache, `<PopulateCache name="PC">${inside}</PopulateCache>`, {
    compiler: { store },
  });
  assert.deepEqual(
    diagnostics.filter((one) => one.severity === 'error'),
    [],
  );
  return step;
}

/** `cachekey` after a request. */
function keyOf(inside: string, options: ExchangeOptions = {}): unknown {
  const exchange = exchangeOf(options);
  compile(`${inside}${timeout}${source}`)(exchange);
  return exchange.read('populatecache.PC.cachekey');
}

const noted = (exchange: Exchange) => ['cachename', 'failed'].map((name) => exchange.read(`populatecache.PC.${name}`));

describe('keys', () => {
  const fragment = '<CacheKey><KeyFragment>a</KeyFragment></CacheKey>';

  test('each scope', () => {
    const target = { targetUrl: 'http://t', phase: Phase.targetResponse };
    const facts: readonly [string, ExchangeOptions, string][] = [
      ['Global', {}, 'org__test__a'],
      ['Application', {}, 'org__test__weather__1__a'],
      ['Proxy', {}, 'org__test__weather__1__default__a'],
      ['Target', target, 'org__test__weather__1__default__a'],
      ['Exclusive', {}, 'org__test__weather__1__default__a'],
      ['Exclusive', { endpoint: { name: 'second', revision: '7' } }, 'org__test__weather__7__second__a'],
      ['Exclusive', { ...target, endpoint: { name: 'second' } }, 'org__test__weather__1__default__a'],
    ];
    for (const [scope, options, expected] of facts) {
      assert.equal(keyOf(`<Scope>${scope}</Scope>${fragment}`, options), expected, scope);
    }
    assert.equal(keyOf(fragment), 'org__test__weather__1__default__a');
  });

  test('a prefix stands in place of the scope', () => {
    const inside =
      '<Scope>Global</Scope><CacheKey><Prefix>p</Prefix><KeyFragment ref="id">none</KeyFragment></CacheKey>';
    assert.equal(keyOf(inside, { variables: { id: 5 } }), 'p__5');
    assert.equal(keyOf(inside), 'p__none');
  });

  test('no two lists of fragments give one key', () => {
    const inside = '<CacheKey><Prefix>p</Prefix><KeyFragment ref="a"/><KeyFragment ref="b"/></CacheKey>';
    const values = ['', '_', '__', 'x', 'x_', '_x', 'x__y', '%5F', '%', 'x__', '__y', undefined];
    const keys = values.flatMap((a) =>
      values.map((b) => `${a ?? ''}\0${b ?? ''}\0${keyOf(inside, { variables: { a, b } })}`),
    );
    const byKey = new Map<string, string>();
    for (const line of keys) {
      const [a = '', b = '', text = ''] = line.split('\0');
      assert.equal(byKey.get(text) ?? `${a}\0${b}`, `${a}\0${b}`, text);
      byKey.set(text, `${a}\0${b}`);
    }
    assert.equal(keyOf(inside, { variables: { a: 'a_b', b: 'c' } }), 'p__a_b__c');
  });
});

describe('values', () => {
  test('are kept under their key, for their time', async () => {
    for (const store of [new MemoryStore(), later(new MemoryStore())]) {
      const exchange = exchangeOf({ variables: { id: '1', v: 'x' } });
      await compile(`<CacheResource>c</CacheResource>${key}${timeout}${source}`, store)(exchange);
      assert.deepEqual(noted(exchange), ['c', false]);
      assert.deepEqual(await store.keys('cache/org/test/c/'), ['cache/org/test/c/org__test__weather__1__default__1']);
    }
  });

  test('a variable without value keeps nothing', async () => {
    const store = new MemoryStore();
    const exchange = exchangeOf();
    await compile(`${key}${timeout}${source}`, store)(exchange);
    assert.deepEqual(noted(exchange), ['shared', false]);
    assert.deepEqual(store.keys('cache/'), []);
  });

  test('what is too large is not kept', async () => {
    const exchange = exchangeOf({ variables: { id: '1', v: 'x'.repeat(300_000) } });
    await compile(`${key}${timeout}${source}`)(exchange);
    assert.deepEqual(noted(exchange), ['shared', true]);
  });

  test('a message, or what cannot be written down, is a fault', async () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    for (const v of [responseOf(), () => 1, circle, 5n]) {
      const fault = await faultOf(compile(`${key}${timeout}${source}`), exchangeOf({ variables: { v } }));
      assert.deepEqual([fault.code, fault.status], ['policies.populatecache.EntryCannotBeCached', 500]);
    }
  });

  test('a store that does not answer is no fault', async () => {
    const exchange = exchangeOf({ variables: { v: 'x' }, surroundings: { report: () => undefined } });
    await compile(`${key}${timeout}${source}`, awayStore)(exchange);
    assert.deepEqual(noted(exchange), ['shared', true]);
  });
});

describe('expiry', () => {
  /** Milliseconds an entry stays. */
  async function lifetime(settings: string, variables: Record<string, unknown> = {}): Promise<number | undefined> {
    let given: number | undefined = -1;
    const store = new MemoryStore();
    const set = store.set.bind(store);
    store.set = (one, value, milliseconds) => {
      given = milliseconds;
      set(one, value, milliseconds);
    };
    const exchange = exchangeOf({ variables: { v: 'x', ...variables } });
    await compile(`${key}<ExpirySettings>${settings}</ExpirySettings>${source}`, store)(exchange);
    return given;
  }
  const days30 = 30 * 86_400_000;

  test('seconds', async () => {
    assert.equal(await lifetime('<TimeoutInSeconds>5</TimeoutInSeconds>'), 5000);
    assert.equal(await lifetime('<TimeoutInSec ref="t">5</TimeoutInSec>', { t: '7' }), 7000);
    assert.equal(await lifetime('<TimeoutInSeconds ref="t">5</TimeoutInSeconds>', { t: 'x' }), 5000);
    assert.equal(await lifetime('<TimeoutInSeconds ref="t"/>'), days30);
    assert.equal(await lifetime('<TimeoutInSeconds>0</TimeoutInSeconds>'), days30);
    assert.equal(await lifetime(''), days30);
  });

  test('a time of the day, a date', async () => {
    const noon = await lifetime('<TimeOfDay>12:00:00</TimeOfDay>');
    assert.ok(noon !== undefined && noon > 0 && noon <= 86_400_000);
    assert.equal(await lifetime('<ExpiryDate>02-18-2020</ExpiryDate>'), undefined);
    const far = await lifetime('<ExpiryDate>02-18-2420</ExpiryDate>');
    assert.ok(far !== undefined && far > 300 * 365 * 86_400_000);
    assert.equal(await lifetime('<TimeOfDay>12:00:00</TimeOfDay><TimeoutInSeconds>5</TimeoutInSeconds>'), 5000);
  });
});

test('mistakes', () => {
  const codes = (inside: string) =>
    compilePolicy(PopulateCache, `<PopulateCache name="PC">${inside}</PopulateCache>`).diagnostics.map(
      (one) => `${one.code} ${one.severity}`,
    );
  const settings = (inside: string) => codes(`${key}${source}<ExpirySettings>${inside}</ExpirySettings>`);
  assert.deepEqual(codes(''), ['ZH012 error', 'ZH012 error', 'ZH012 error']);
  assert.deepEqual(codes(`<CacheKey/>${timeout}${source}`), ['ZH525 warning']);
  assert.deepEqual(settings(''), ['PO030 warning']);
  assert.deepEqual(settings('<TimeoutInSec>1</TimeoutInSec><TimeOfDay>12:00:00</TimeOfDay>'), ['PO030 warning']);
  assert.deepEqual(settings('<TimeoutInSeconds>soon</TimeoutInSeconds>'), ['ZH526 error']);
  assert.deepEqual(settings('<TimeOfDay>25:00:00</TimeOfDay>'), ['ZH526 error']);
  assert.deepEqual(settings('<ExpiryDate>2024-01-01</ExpiryDate>'), ['ZH526 error']);
});
