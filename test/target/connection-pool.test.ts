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
};

test('one pool for the same options, gone with its last connection', () => {
  const pools = new ConnectionPools();
  const pool = pools.get(options);
  assert.equal(pools.get({ ...options }), pool);
  assert.notEqual(pools.get({ ...options, connectTimeout: 2000 }), pool);
  assert.equal(pools.size, 2);
  const connection = pool.take(false);
  connection.release();
  assert.equal(pools.size, 1);
  pools.close();
  assert.equal(pools.size, 0);
});

test('idle connections close when the pools do, and pools go when their targets close', async () => {
  const server = await startOrigin();
  const pools = new ConnectionPools();
  const request = async (): Promise<void> => {
    const connection = pools.get({ ...options, origin: server.url }).take(false);
    await connection.client.request({ method: 'GET', path: '/' }).then(({ body }) => body.dump());
    connection.release();
  };
  await request();
  await request();
  assert.equal(server.connections(), 1);
  assert.equal(pools.size, 1);
  await server.close();
  while (pools.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
});
