import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { brotliCompressSync } from 'node:zlib';
import type { Place } from '../../runtime/diagnostic.ts';
import { BodyNeed } from '../../runtime/message/body-need.ts';
import { type Exchange, Phase } from '../../runtime/message/exchange.ts';
import type { Message } from '../../runtime/message/message.ts';
import type { Attachment } from '../../runtime/policies/policy.ts';
import { ResponseCache } from '../../runtime/policies/ResponseCache.ts';
import { MemoryStore } from '../../runtime/state/memory.ts';
import type { Store } from '../../runtime/state/store.ts';
import { awayStore } from '../support/away-store.ts';
import { type ExchangeOptions, exchangeOf, responseOf } from '../support/exchange.ts';
import { later } from '../support/later-store.ts';
import { compilePolicy } from '../support/policy.ts';

const key = '<CacheKey><KeyFragment ref="request.path"/></CacheKey>';
const settings = '<ExpirySettings><TimeoutInSeconds>60</TimeoutInSeconds></ExpirySettings>';

function compile(more = '', store: Store = new MemoryStore()) {
  const xml = `<ResponseCache name="RC">${key}${settings}${more}</ResponseCache>`;
  const { step, diagnostics, needs } = compilePolicy(ResponseCache, xml, { compiler: { store } });
  assert.deepEqual(diagnostics, []);
  assert.equal(needs & BodyNeed.response, BodyNeed.response);
  return step;
}

type Policy = ReturnType<typeof compile>;

/** A request, and on a miss the response of its target. */
async function call(step: Policy, options: ExchangeOptions = {}, response: Message = responseOf({ body: 'fresh' })) {
  const exchange = exchangeOf({ uri: '/v1/a', ...options });
  await step(exchange);
  const isHit = exchange.skipsToResponse;
  assert.equal(exchange.resumesAt, isHit ? 'RC' : undefined);
  exchange.phase = Phase.proxyResponse;
  exchange.skipsToResponse = false;
  exchange.response ??= response;
  await step(exchange);
  assert.equal(exchange.read('responsecache.RC.cachehit'), isHit);
  return exchange;
}

const hit = (exchange: Exchange) => exchange.read('responsecache.RC.cachehit');

describe('a hit', () => {
  test('is the whole response as it was', async () => {
    const bytes = Buffer.from([0, 1, 10, 13, 127, 128, 200, 255]);
    for (const store of [new MemoryStore(), later(new MemoryStore())]) {
      const step = compile('', store);
      const headers = ['X-A', '1', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'Connection', 'close', 'X-L', 'caf\u00e9'];
      await call(step, {}, responseOf({ status: 203, reason: 'Mine', headers, body: bytes }));
      const { response } = await call(step);
      assert.equal(response?.status, 203);
      assert.equal(response.reason, 'Mine');
      assert.deepEqual(response.headers.raw, headers.toSpliced(6, 2));
      assert.deepEqual(response.body.bytes, bytes);
    }
  });

  test('can be changed without changing the entry', async () => {
    const step = compile();
    await call(step);
    const first = await call(step);
    first.response?.headers.set('X-Changed', 'yes');
    assert.equal((await call(step)).response?.headers.has('x-changed'), false);
  });

  test('is one by the key of the request', async () => {
    const step = compile();
    assert.equal(hit(await call(step)), false);
    assert.equal(hit(await call(step, { uri: '/v1/b' })), false);
    assert.equal(hit(await call(step, { verb: 'POST' })), true);
    const exchange = exchangeOf({ uri: '/v1/c' });
    step(exchange);
    exchange.request.path = '/changed';
    exchange.phase = Phase.targetResponse;
    exchange.response = responseOf();
    step(exchange);
    assert.equal(hit(await call(step, { uri: '/v1/c' })), true);
    assert.equal(hit(await call(step, { uri: '/changed' })), false);
  });

  test('may depend on the accept headers', async () => {
    const step = compile('<UseAcceptHeader>true</UseAcceptHeader>');
    const german = { headers: { 'accept-language': 'de' } };
    await call(step, german);
    assert.equal(hit(await call(step, { headers: { 'accept-language': 'en' } })), false);
    assert.equal(hit(await call(step, german)), true);
  });

  test('is none for a client that cannot read the coding', async () => {
    const step = compile();
    const body = brotliCompressSync('x');
    const packed = () => responseOf({ headers: { 'content-encoding': 'br' }, body });
    const accepts = (text: string) => ({ headers: { 'accept-encoding': text } });
    await call(step, accepts('br'), packed());
    assert.equal(hit(await call(step, accepts('gzip, br'))), true);
    assert.equal(hit(await call(step, accepts('gzip'), packed())), false);
    assert.equal(hit(await call(step, accepts('br;q=0'), packed())), false);
    assert.equal(hit(await call(step, {}, packed())), false);
  });
});

describe('a miss', () => {
  test('conditions skip the look-up, or the keeping', async () => {
    const lookup = compile('<SkipCacheLookup>request.header.fresh = "true"</SkipCacheLookup>');
    const fresh = { headers: { fresh: 'true' } };
    await call(lookup);
    const exchange = await call(lookup, fresh, responseOf({ body: 'newer' }));
    assert.equal(hit(exchange), false);
    assert.equal((await call(lookup)).response?.content, 'newer');
    const populate = compile('<SkipCachePopulation>request.header.fresh = "true"</SkipCachePopulation>');
    await call(populate, fresh);
    assert.equal(hit(await call(populate)), false);
    assert.equal(hit(await call(populate)), true);
  });

  test('what is no whole and good response is not kept', async () => {
    const kept = async (more: string, options: ExchangeOptions, status: number) => {
      const step = compile(more);
      await call(step, options, responseOf({ status }));
      return hit(await call(step)) as boolean;
    };
    assert.equal(await kept('', {}, 205), true);
    for (const status of [206, 301, 304, 404, 500]) assert.equal(await kept('', {}, status), false, `${status}`);
    const errors = '<ExcludeErrorResponse>false</ExcludeErrorResponse>';
    assert.equal(await kept(errors, {}, 404), true);
    for (const status of [206, 304]) assert.equal(await kept(errors, {}, status), false, `${status}`);
    assert.equal(await kept('', { verb: 'HEAD' }, 200), false);
  });

  test('the error flow keeps nothing', () => {
    const store = new MemoryStore();
    const exchange = exchangeOf({ phase: Phase.targetResponse, response: responseOf() });
    exchange.error = responseOf({ status: 502 });
    compile('', store)(exchange);
    assert.deepEqual(store.keys('cache/'), []);
  });

  test('an entry of another policy is told', async () => {
    const store = new MemoryStore();
    store.set('cache/org/test/*/org__test__weather__1__default__/v1/a', 'ttext');
    const exchange = exchangeOf({ uri: '/v1/a' });
    await compile('', store)(exchange);
    assert.deepEqual([hit(exchange), exchange.read('responsecache.RC.invalidentry')], [false, true]);
  });

  test('a store that does not answer is one', async () => {
    const surroundings = { report: () => undefined };
    const step = compile('', awayStore);
    assert.equal(hit(await call(step, { surroundings })), false);
  });
});

describe('what the response says', () => {
  const uses = '<UseResponseCacheHeaders>true</UseResponseCacheHeaders>';

  async function lifetime(headers: Record<string, string>, more = uses): Promise<number | undefined> {
    let given: number | undefined;
    const store = new MemoryStore();
    const set = store.set.bind(store);
    store.set = (one, value, milliseconds) => {
      given = milliseconds;
      set(one, value, milliseconds);
    };
    await call(compile(more, store), {}, responseOf({ headers }));
    return given;
  }

  test('counts when it is less', async () => {
    assert.equal(await lifetime({ 'cache-control': 'max-age=5' }), 5000);
    assert.equal(await lifetime({ 'cache-control': 'public, max-age=5, s-maxage="7"' }), 7000);
    assert.equal(await lifetime({ 'cache-control': 'max-age=500' }), 60_000);
    assert.equal(await lifetime({}), 60_000);
    assert.equal(await lifetime({ 'cache-control': 'max-age=5' }, ''), 60_000);
    const soon = await lifetime({ expires: new Date(Date.now() + 20_000).toUTCString() });
    assert.ok(soon !== undefined && soon > 10_000 && soon <= 20_000);
  });

  test('may be that it is not to be kept', async () => {
    for (const value of ['no-store', 'no-cache', 'private', 'max-age=0', 'max-age=x']) {
      assert.equal(await lifetime({ 'cache-control': value }), undefined, value);
    }
    assert.equal(await lifetime({ expires: '0' }), undefined);
    assert.equal(await lifetime({ expires: new Date(0).toUTCString() }), undefined);
  });

  test('a client that has the response already is told so', async () => {
    const modified = new Date(1_700_000_000_000).toUTCString();
    const step = compile(uses);
    const response = () => responseOf({ headers: { etag: '"1"', 'last-modified': modified, 'x-a': '1' }, body: 'x' });
    await call(step, {}, response());
    const status = async (headers: Record<string, string>, verb = 'GET') =>
      (await call(step, { headers, verb })).response?.status;
    assert.equal(await status({ 'if-none-match': '"0", W/"1"' }), 304);
    assert.equal(await status({ 'if-none-match': '*' }), 304);
    assert.equal(await status({ 'if-none-match': '"2"', 'if-modified-since': modified }), 200);
    assert.equal(await status({ 'if-modified-since': modified }), 304);
    assert.equal(await status({ 'if-modified-since': new Date(0).toUTCString() }), 200);
    assert.equal(await status({ 'if-none-match': '"1"' }, 'POST'), 200);
    const answer = (await call(step, { headers: { 'if-none-match': '"1"' } })).response;
    assert.deepEqual(answer?.headers.names(), ['etag', 'last-modified']);
    assert.equal(answer?.body.isEmpty, true);
    const plain = compile();
    await call(plain, {}, response());
    assert.equal((await call(plain, { headers: { 'if-none-match': '"1"' } })).response?.status, 200);
  });
});

test('mistakes', () => {
  const codes = (more: string, places: readonly (readonly [string, string])[] = []) => {
    const at = { offset: 0 } as unknown as Place;
    const attachments = places.map(([endpoint, part]) => ({ endpoint, part, at })) as unknown as Attachment[];
    const noted: string[] = [];
    const note = (severity: string) => (code: string) => void noted.push(`${code} ${severity}`);
    const xml = `<ResponseCache name="RC">${key}${settings}${more}</ResponseCache>`;
    const { diagnostics } = compilePolicy(ResponseCache, xml, {
      compiler: { attachments: () => attachments, error: note('error'), warning: note('warning') },
    });
    return [...diagnostics.map((one) => `${one.code} ${one.severity}`), ...noted];
  };
  const request = ['proxy', 'request'] as const;
  const response = ['target', 'response'] as const;
  assert.deepEqual(codes('', [request, response]), []);
  assert.deepEqual(codes('', [request, request, response]), ['ZH527 error']);
  assert.deepEqual(codes('', [request, response, response]), ['ZH528 error']);
  assert.deepEqual(codes('', [request]), ['ZH529 warning']);
  assert.deepEqual(codes('', [response]), ['ZH529 warning']);
  assert.deepEqual(codes('', [request, response, ['proxy', 'faultRule']]), ['ZH529 warning']);
  assert.deepEqual(codes('', [['sharedflow', 'steps']]), []);
  assert.deepEqual(codes('<SkipCacheLookup>a = </SkipCacheLookup>'), ['CC007 error']);
  assert.deepEqual(codes('<CacheLookupTimeoutInSeconds>-1</CacheLookupTimeoutInSeconds>'), ['ZH013 error']);
});
