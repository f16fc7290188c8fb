import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Exchange } from '../../runtime/message/exchange.ts';
import { CommandFailure } from '../../runtime/settings.ts';
import { openCallCountKeeper } from '../../runtime/state/call-counting.ts';
import { CallCounts } from '../../runtime/state/call-counts.ts';
import { openStore } from '../../runtime/state/open.ts';
import type { Store } from '../../runtime/state/store.ts';
import { StoreFailure } from '../../runtime/state/store-failure.ts';
import { freePort } from '../support/free-port.ts';
import { noRedis, type RedisServer, startRedis } from '../support/redis.ts';
import { hour, until } from '../support/store-contract.ts';

const skip = noRedis ?? false;

async function clients(t: TestContext, count: number, lines: string[] = []): Promise<[RedisServer, ...Store[]]> {
  const redis = await startRedis();
  const log = {
    debug: () => undefined,
    info: (_: object, message: string) => void lines.push(message),
    warn: (_: object, message: string) => void lines.push(message),
    error: (_: object, message: string) => void lines.push(message),
    request: () => undefined,
    isLevelEnabled: () => true,
  };
  const stores: Store[] = [];
  for (let index = 0; index < count; index++) stores.push(await openStore(redis.url, { log, pollMilliseconds: 100 }));
  t.after(async () => {
    for (const store of stores) await store.close();
    await redis.close();
  });
  return [redis, ...stores];
}

test('two clients with 32 workers count to a limit of 1,000 and no further', { skip }, async (t) => {
  const [, one, other] = await clients(t, 2);
  assert.ok(one && other);
  for (const rolling of [false, true]) {
    const step = { amount: 1, limit: 1000, lifetime: hour, rolling };
    let counted = 0;
    const work = async (store: Store): Promise<void> => {
      for (let time = 0; time < 50; time++) if ((await store.count(`q/${rolling}`, step)).counted) counted++;
    };
    await Promise.all(Array.from({ length: 32 }, (_, index) => work(index % 2 === 0 ? one : other)));
    assert.equal(counted, 1000);
  }
});

test('call counts of two servers add up, also when the answer to a write is lost', { skip }, async (t) => {
  const [, one, other] = await clients(t, 2);
  assert.ok(one?.shared && other);
  const { shared } = one;
  let isLost = true;
  const losing: Store = Object.assign(Object.create(one), {
    shared: {
      ...shared,
      add: async (...step: Parameters<typeof shared.add>) => {
        await shared.add(...step);
        if (isLost) throw new StoreFailure('the answer is lost');
      },
    },
    keys: (prefix: string) => one.keys(prefix),
    get: (key: string) => one.get(key),
  });
  const open = async (store: Store) => {
    const counts = new CallCounts();
    const keeper = await openCallCountKeeper({ store, counts, milliseconds: 2 ** 30, failed: () => undefined });
    return { counts, keeper };
  };
  const exchange = { endpoint: { proxy: 'a/b', name: 'default' }, fault: { code: 'steps.x' } } as unknown as Exchange;
  const [first, second] = [await open(losing), await open(other)];
  for (let call = 0; call < 3; call++) first.counts.count(exchange, 200);
  for (let call = 0; call < 5; call++) second.counts.count(exchange, 200);
  await assert.rejects(first.keeper.flush(), StoreFailure);
  first.counts.count(exchange, 200);
  isLost = false;
  await first.keeper.flush();
  await second.keeper.flush();
  const row = { proxy: 'a/b', endpoint: 'default', statusClass: '2xx', caller: 'external', calls: 9 };
  assert.deepEqual(await first.keeper.totals(), [row]);
  assert.equal(
    (await second.keeper.hours(Date.now() - hour, Date.now())).reduce((sum, { calls }) => sum + calls, 0),
    9,
  );
  assert.equal(await one.get('faults/a%2Fb'), '[["steps.x",9]]');
  await first.keeper.close();
  await second.keeper.close();
});

test('without a Redis nothing starts, and the password is not shown', { skip }, async () => {
  const url = `redis://user:hidden@127.0.0.1:${await freePort()}/0`;
  const failure = await openStore(url).catch((error: unknown) => error);
  assert.ok(failure instanceof CommandFailure);
  assert.match(failure.message, /ECONNREFUSED/);
  assert.doesNotMatch(failure.message, /hidden/);
});

for (const way of ['hangs', 'is killed'] as const) {
  test(`a Redis that ${way} fails fast and comes back with all that was acknowledged`, { skip }, async (t) => {
    const lines: string[] = [];
    const [redis, store] = await clients(t, 1, lines);
    assert.ok(store);
    let written = 0;
    const write = async (): Promise<void> => {
      await store.set(`n/${written}`, 'x');
      written++;
    };
    for (let index = 0; index < 200; index++) await write();
    if (way === 'hangs') redis.hang();
    else await redis.kill();
    await assert.rejects(async () => {
      for (;;) await write();
    }, StoreFailure);
    // Once it is known to be away, nobody waits.
    await until(async () => store.shared?.isAvailable() === false);
    const began = performance.now();
    for (let index = 0; index < 1000; index++) await assert.rejects(async () => store.get('n/0'), StoreFailure);
    assert.ok(performance.now() - began < 1900, 'each of them waited');
    if (way === 'hangs') redis.goOn();
    else await redis.start();
    await until(async () => store.shared?.isAvailable() === true);
    await write();
    for (let index = 0; index < written; index++) assert.equal(await store.get(`n/${index}`), 'x', String(index));
    assert.ok(lines.filter((line) => line.includes('out of reach')).length <= 2, lines.join('\n'));
    assert.equal(lines.at(-1), 'the store is back');
  });
}
