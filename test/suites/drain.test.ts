import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { bundleTree, httpTarget, proxy, proxyEndpoint, route, targetEndpoint } from '../support/bundle-tree.ts';
import { call, startGateway } from '../support/gateway.ts';
import { startUpstream } from '../support/upstream.ts';

/** How the server goes: what was begun is finished, and nothing begins. */

async function open(
  port: number,
  bytes: string,
): Promise<{ socket: Socket; text: () => string; closed: Promise<void> }> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (part) => {
    text += part.toString('latin1');
  });
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  await once(socket, 'connect');
  socket.write(bytes);
  return { socket, text: () => text, closed };
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

async function start(...options: readonly string[]) {
  const upstream = await startUpstream();
  const files = proxy('slow', proxyEndpoint('/slow', route()), targetEndpoint(httpTarget(`${upstream.url}/slow`)));
  const gateway = await startGateway(await bundleTree(files), options);
  return { upstream, gateway };
}

test('on SIGTERM idle connections are closed, running requests end with Connection: close, health is 503', async () => {
  const { upstream, gateway } = await start();
  const idle = await open(gateway.port, get('/slow/0'));
  while (!idle.text().includes('200 OK')) await pause(10);
  const kept = await Promise.all(Array.from({ length: 10 }, () => open(gateway.port, get('/slow/1500'))));
  while (upstream.seen.length < 11) await pause(10);
  const ended = gateway.stop('SIGTERM');
  await idle.closed;
  const health = await call(gateway.managementPort, { path: '/v1/emulator/healthz' });
  assert.equal(health.status, 503);
  await assert.rejects(open(gateway.port, get('/slow/0')), /ECONNREFUSED/);
  // A second request on a connection that is going down is not begun.
  for (const { socket } of kept) socket.write(get('/slow/1'));
  for (const one of kept) {
    await one.closed;
    assert.match(one.text(), /^HTTP\/1\.1 200 OK\r\n[\s\S]*connection: close\r\n/i);
    assert.equal(one.text().match(/HTTP\/1\.1 /g)?.length, 1);
  }
  assert.equal(await ended, 0);
  assert.equal(upstream.seen.length, 11);
});

test('what is not over within the shutdown timeout is cut, and the exit code is 0', async () => {
  const { upstream, gateway } = await start('--shutdown-timeout', '200ms');
  const running = await open(gateway.port, get('/slow/60000'));
  while (upstream.seen.length === 0) await pause(10);
  assert.equal(await gateway.stop('SIGTERM'), 0);
  await running.closed;
  assert.equal(running.text(), '');
});

test('a second signal ends the process at once', async () => {
  const { upstream, gateway } = await start();
  const running = await open(gateway.port, get('/slow/60000'));
  while (upstream.seen.length === 0) await pause(10);
  const ended = gateway.stop('SIGTERM');
  while (!gateway.logs().includes('stopping')) await pause(10);
  assert.equal(await gateway.stop('SIGTERM'), 1);
  await ended;
  await running.closed;
});
