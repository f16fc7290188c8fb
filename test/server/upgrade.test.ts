import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import {
  assign,
  bundleTree,
  httpTarget,
  localTarget,
  noTarget,
  preFlow,
  proxy,
  proxyEndpoint,
  route,
  step,
  targetEndpoint,
} from '../support/bundle-tree.ts';
import { startGateway } from '../support/gateway.ts';
import { startRaw } from '../support/origin-server.ts';
import { sendRaw, statusesIn } from '../support/raw.ts';

/** WebSocket connections (RFC 6455) pass through to the target, also through local targets; nothing else does. */

const ask = (path: string, more = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Key: abc\r\nSec-WebSocket-Version: 13\r\n${more}\r\n`;
const switched =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: def\r\n\r\n';

/** A client that keeps what it is sent. */
async function open(
  port: number,
  bytes: string,
): Promise<{ socket: Socket; text: () => string; closed: Promise<void> }> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1').on('data', (part) => {
    text += part;
  });
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  await once(socket, 'connect');
  socket.write(bytes);
  return { socket, text: () => text, closed };
}

async function until(holds: () => boolean, told: () => string): Promise<void> {
  const end = Date.now() + 10_000;
  while (!holds()) {
    assert.ok(Date.now() < end, told());
    await pause(10);
  }
}

test('an upgrade', async (suite) => {
  let heads = '';
  const sockets: Socket[] = [];
  /** Switches, sends a greeting at once, then every byte back; ends on `bye`. Answers `/no` without switching. */
  const target = await startRaw((socket) => {
    sockets.push(socket);
    let head = '';
    socket.on('data', (part) => {
      if (head.includes('\r\n\r\n')) {
        socket.write(part);
        if (part.includes('bye')) socket.end();
        return;
      }
      head += part.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      heads += head;
      if (head.startsWith('GET /no')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nno!');
      else if (head.startsWith('GET /slow')) setTimeout(() => socket.write(`${switched}hello `), 300);
      else socket.write(`${switched}hello `);
    });
  });
  after(() => target.close());
  const to = (name: string, connection: string, steps = '', ...policies: string[]) =>
    proxy(name, proxyEndpoint(`/${name}`, preFlow('', steps) + route()), targetEndpoint(connection), ...policies);
  const gateway = await startGateway(
    await bundleTree({
      ...to('socket', httpTarget(target.url)),
      ...to('outer', localTarget('middle')),
      ...to('middle', localTarget('socket')),
      ...to('refuses', httpTarget(target.url), step('AM'), assign('AM', '<Set><StatusCode>403</StatusCode></Set>')),
      ...proxy(
        'callout',
        proxyEndpoint('/callout', preFlow(step('SC')) + noTarget),
        '<ServiceCallout name="SC"><Request variable="request"/><Response>r</Response><LocalTargetConnection><APIProxy>socket</APIProxy><ProxyEndpoint>default</ProxyEndpoint></LocalTargetConnection></ServiceCallout>',
      ),
    }),
  );
  const { port } = gateway;

  for (const path of ['/socket/a', '/outer/a']) {
    await suite.test(`of ${path} reaches the target, and bytes go both ways until it ends`, async () => {
      heads = '';
      const client = await open(port, ask(path));
      await until(() => client.text().endsWith('hello '), client.text);
      assert.match(client.text(), /^HTTP\/1\.1 101 Switching Protocols\r\n/);
      assert.match(
        client.text(),
        /\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n[\s\S]*Sec-WebSocket-Accept: def\r\n/,
      );
      assert.match(heads, /^GET \/a HTTP\/1\.1\r\n/);
      assert.match(heads, /\r\nconnection: upgrade\r\nupgrade: websocket\r\n/i);
      assert.match(heads, /\r\nSec-WebSocket-Key: abc\r\n/i);
      client.socket.write('\x81\x05first');
      await until(() => client.text().endsWith('\x81\x05first'), client.text);
      client.socket.write('bye');
      await client.closed;
      assert.ok(client.text().endsWith('bye'));
    });
  }

  await suite.test('is logged once, when it is over', async () => {
    await until(() => gateway.logs().includes('"path":"/outer/a"'), gateway.logs);
    const lines = gateway
      .logs()
      .split('\n')
      .filter((line) => line.includes('"path":"/outer/a"'));
    assert.equal(lines.length, 1);
    assert.match(lines.join(), /"status":101/);
    assert.match(lines.join(), /outer -> middle -> socket/);
  });

  await suite.test('that the target declines is an answer like any other, and the connection is closed', async () => {
    const answer = await sendRaw(port, ask('/socket/no') + ask('/socket/hidden'));
    assert.deepEqual(statusesIn(answer), [200]);
    assert.match(answer, /no!$/);
    assert.doesNotMatch(heads, /hidden/);
  });

  await suite.test('whose response a policy changes is not switched, and the target is let go of', async () => {
    const before = sockets.length;
    const answer = await sendRaw(port, ask('/refuses/a'));
    assert.deepEqual(statusesIn(answer), [403]);
    await until(
      () => sockets.slice(before).every((socket) => socket.destroyed),
      () => 'the target is still connected',
    );
  });

  await suite.test('is not handed on by a callout', async () => {
    heads = '';
    const answer = await sendRaw(port, ask('/callout'));
    // The target switched all the same; the callout has no answer of it.
    assert.deepEqual(statusesIn(answer), [500]);
    assert.doesNotMatch(heads, /upgrade/i);
  });

  await suite.test('passes nothing on before the target has switched', async () => {
    heads = '';
    const client = await open(port, `${ask('/socket/slow')}GET /socket/hidden HTTP/1.1\r\nHost: a\r\n\r\n`);
    await until(
      () => heads !== '',
      () => 'the target was not asked',
    );
    await pause(50);
    assert.doesNotMatch(heads, /hidden/);
    await until(() => client.text().includes('hello GET /socket/hidden'), client.text);
    client.socket.destroy();
  });

  await suite.test('of a client that goes away ends at the target', async () => {
    const before = sockets.length;
    const client = await open(port, ask('/socket/a'));
    await until(() => client.text().endsWith('hello '), client.text);
    client.socket.destroy();
    await until(
      () => sockets.slice(before).every((socket) => socket.destroyed),
      () => 'the target is still connected',
    );
  });

  await suite.test('to anything but a WebSocket is answered as if it was not asked for', async () => {
    heads = '';
    for (const protocol of ['h2c', 'TLS/1.0', 'websocket, h2c', 'foo']) {
      const bytes = `GET /socket/no HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: ${protocol}\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n`;
      assert.deepEqual(statusesIn(await sendRaw(port, bytes)), [200]);
    }
    assert.doesNotMatch(heads, /upgrade|http2-settings/i);
  });

  await suite.test('with a payload is none', async () => {
    heads = '';
    const bytes = ask('/socket/no', 'Content-Length: 5\r\n');
    assert.deepEqual(statusesIn(await sendRaw(port, `${bytes}hello`)), [200]);
    assert.doesNotMatch(heads, /\r\nupgrade/i);
  });

  await suite.test('that was not asked for is a mistake of the target', async () => {
    assert.deepEqual(statusesIn(await sendRaw(port, 'GET /socket/a HTTP/1.1\r\nHost: a\r\n\r\n')), [502]);
  });

  await suite.test('behind another request waits for its turn', async () => {
    const client = await open(port, `GET /socket/no HTTP/1.1\r\nHost: a\r\n\r\n${ask('/socket/a')}`);
    await until(() => client.text().endsWith('hello '), client.text);
    assert.deepEqual(statusesIn(client.text()), [200, 101]);
    client.socket.destroy();
  });

  await suite.test('that is open does not keep the server from ending', async () => {
    const quick = await startGateway(await bundleTree(to('socket', httpTarget(target.url))), [
      '--shutdown-timeout',
      '200ms',
    ]);
    const client = await open(quick.port, ask('/socket/a'));
    await until(() => client.text().endsWith('hello '), client.text);
    assert.equal(await quick.stop(), 0);
    await client.closed;
  });
});
