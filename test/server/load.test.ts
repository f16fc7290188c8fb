import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fault } from '../../runtime/fault.ts';
import type { Log } from '../../runtime/log.ts';
import type { Call } from '../../runtime/server/call.ts';
import { Load } from '../../runtime/server/load.ts';
import { bundleTree, httpTarget, proxy, proxyEndpoint, route, targetEndpoint } from '../support/bundle-tree.ts';
import { call, startGateway } from '../support/gateway.ts';
import { startUpstream } from '../support/upstream.ts';

/** More requests than can run: some wait, in order, the others are told at once. */

function callOf(target: string): Call {
  return { target, watcher: undefined } as Call;
}

function loadOf(limits: { running: number; waiting: number; wait: number }) {
  const run: string[] = [];
  const refused: string[] = [];
  const lines: unknown[] = [];
  const log = { warn: (fields: unknown) => lines.push(fields) } as unknown as Log;
  const refuse = (one: Call, fault: Fault) => refused.push(`${one.target} ${fault.status}`);
  return { load: new Load(limits, (one) => run.push(one.target), refuse, log), run, refused, lines };
}

test('as many run as may, some wait in order, the rest is refused, and the log says so once', () => {
  const { load, run, refused, lines } = loadOf({ running: 2, waiting: 2, wait: 60_000 });
  for (const target of ['a', 'b', 'c', 'd', 'e', 'f']) load.enter(callOf(target));
  assert.deepEqual(run, ['a', 'b']);
  assert.deepEqual(refused, ['e 503', 'f 503']);
  assert.deepEqual(lines, [{ refused: 1, running: 2, waiting: 2 }]);
  load.leave();
  load.leave();
  assert.deepEqual(run, ['a', 'b', 'c', 'd']);
  load.leave();
  load.leave();
  load.enter(callOf('g'));
  assert.deepEqual(run, ['a', 'b', 'c', 'd', 'g']);
});

test('nobody waits longer than the limit', async () => {
  const { load, run, refused } = loadOf({ running: 1, waiting: 5, wait: 20 });
  for (const target of ['a', 'b', 'c']) load.enter(callOf(target));
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.deepEqual(refused, ['b 503', 'c 503']);
  load.leave();
  assert.deepEqual(run, ['a']);
});

test('a client that goes away while it waits is not run', () => {
  const { load, run } = loadOf({ running: 1, waiting: 5, wait: 60_000 });
  const [first, second, third] = [callOf('a'), callOf('b'), callOf('c')];
  for (const one of [first, second, third]) load.enter(one);
  second?.watcher?.closed(false);
  load.leave();
  assert.deepEqual(run, ['a', 'c']);
});

test('ten times as many requests as can run: all are answered, 200 or 503 with Retry-After', async () => {
  const upstream = await startUpstream();
  const files = proxy('slow', proxyEndpoint('/slow', route()), targetEndpoint(httpTarget(`${upstream.url}/slow`)));
  const gateway = await startGateway(await bundleTree(files), ['--max-requests', '10', '--max-waiting', '10']);
  const answers = await Promise.all(Array.from({ length: 100 }, () => call(gateway.port, { path: '/slow/100' })));
  const served = answers.filter(({ status }) => status === 200).length;
  const refused = answers.filter(({ status }) => status === 503);
  assert.equal(served + refused.length, 100);
  assert.ok(served >= 20, `${served} were served`);
  for (const { headers, text } of refused) {
    assert.equal(headers['retry-after'], '1');
    assert.match(text, /messaging\.adaptors\.http\.flow\.ServiceUnavailable/);
  }
  assert.equal((await call(gateway.port, { path: '/slow/0' })).status, 200);
  assert.match(gateway.logs(), /overloaded/);
});

test('a target has no more connections than allowed, and every call is answered', async () => {
  let open = 0;
  let most = 0;
  const upstream = await startUpstream('busy', (_request, response) => {
    most = Math.max(most, ++open);
    setTimeout(() => {
      open--;
      response.end('done');
    }, 20);
  });
  const files = proxy('busy', proxyEndpoint('/busy', route()), targetEndpoint(httpTarget(upstream.url)));
  const gateway = await startGateway(await bundleTree(files), ['--max-target-connections', '4']);
  const answers = await Promise.all(Array.from({ length: 8 }, () => call(gateway.port, { path: '/busy' })));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  assert.ok(most <= 4, `${most} at once`);
});
