import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  bundleTree,
  httpTarget,
  noTarget,
  proxy,
  proxyEndpoint,
  route,
  targetEndpoint,
} from '../support/bundle-tree.ts';
import { freePort } from '../support/free-port.ts';
import { call, runCommand, startGateway } from '../support/gateway.ts';
import { startUpstream } from '../support/upstream.ts';

/** How `serve` starts and ends. */

const hello = proxy('hello', proxyEndpoint('/hello', noTarget));

test('a signal lets running requests finish, and the exit code is 0', async () => {
  const upstream = await startUpstream();
  const files = proxy('slow', proxyEndpoint('/slow', route()), targetEndpoint(httpTarget(`${upstream.url}/slow`)));
  const gateway = await startGateway(await bundleTree(files));
  const answer = call(gateway.port, { path: '/slow/700' });
  while (upstream.seen.length === 0) await sleep(10);
  const ended = gateway.stop('SIGTERM');
  assert.equal((await answer).status, 200);
  assert.equal(await ended, 0);
  await assert.rejects(call(gateway.port, { path: '/slow/0' }), /ECONNREFUSED/);
});

const usage: readonly {
  readonly name: string;
  readonly options: readonly string[];
  readonly code: number;
  readonly told: RegExp;
}[] = [
  { name: 'an unknown option', options: ['--prot', '1'], code: 2, told: /--prot/ },
  { name: 'a port that is none', options: ['--port', 'eighty'], code: 2, told: /--port is "eighty"/ },
  {
    name: 'management for everybody without a token',
    options: ['--management-host', '0.0.0.0'],
    code: 2,
    told: /--token/,
  },
];

for (const { name, options, code, told } of usage) {
  test(`${name}: exit code ${code}`, async () => {
    const answer = await runCommand('serve', await bundleTree(hello), ...options);
    assert.equal(answer.code, code);
    assert.match(answer.stderr, told);
    assert.doesNotMatch(answer.stderr, /\n {4}at /, 'no stack trace');
  });
}

test('a directory that is not there: exit code 1', async () => {
  const { code, stderr } = await runCommand('serve', 'no/such/directory');
  assert.equal(code, 1);
  assert.match(stderr, /no\/such\/directory is not there/);
});

test('a port that is taken: exit code 1, and the port is named', async () => {
  const port = await freePort();
  const other = createServer().listen(port, '127.0.0.1');
  after(() => other.close());
  const ports = ['--port', String(port), '--management-port', '0', '--store', 'memory'];
  const { code, stderr } = await runCommand('serve', await bundleTree(hello), ...ports);
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`\\b${port}\\b`));
});
