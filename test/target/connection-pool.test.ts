import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectionPools, type PoolOptions } from '../../runtime/target/connection-pool.ts';
import { startOrigin } from '../support/origin-server.ts';

const options: PoolOptions = {
  origin: 'http://127.0.0.1:1',
  connectTimeout: 1000,
  keepAliveTimeout: 1000,
  resumesTls: true,
  tls: undefined,
  guarded: false,
};

test('one pool for the same options, gone with its last connection', () => {
  const pools = new ConnectionPools();
  const pool = pools.get(options);
  assert.equal(pools.get({ ...options }), pool);
  assert.notEqual(pools.get({ ...options, connectTimeout: 2000 }), pool);
  assert.equal(pools.size, 2);
  const connection = pool.take(false);
  connection?.release();
  assert.equal(pools.size, 1);
  pools.close();
  assert.equal(pools.size, 0);
});

test('idle connections close when the pools do, and pools go when their targets close', async () => {
  const server = await startOrigin();
  const pools = new ConnectionPools();
  const request = async (): Promise<void> => {
    const connection = pools.get({ ...options, origin: server.url }).take(false);
    await connection?.client.request({ method: 'GET', path: '/' }).then(({ body }) => body.dump());
    connection?.release();
  };
  await request();
  await request();
  assert.equal(server.connections(), 1);
  assert.equal(pools.size, 1);
  await server.close();
  while (pools.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
});

test('no more connections than allowed: a call waits for one, and then has none', async () => {
  const pools = new ConnectionPools({ connections: 1, guard: undefined });
  const server = await startOrigin();
  const pool = pools.get({ ...options, origin: server.url, connectTimeout: 50 });
  const first = pool.take(false);
  assert.ok(first !== undefined);
  await first.client.request({ method: 'GET', path: '/' }).then(({ body }) => body.dump());
  assert.equal(pool.take(false), undefined);
  const second = pool.wait();
  await assert.rejects(pool.wait(), { status: 503, code: 'messaging.adaptors.http.flow.ServiceUnavailable' });
  first.release();
  assert.equal(await second, first);
  pools.close();
  await server.close();
});

test('a connection that breaks makes room for the next call', async () => {
  const pools = new ConnectionPools({ connections: 1, guard: undefined });
  const pool = pools.get(options);
  const first = pool.take(false);
  const second = pool.wait();
  first?.release();
  assert.notEqual(await second, first);
  (await second).release();
  assert.equal(pools.size, 0);
});
