import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { buildConnector } from 'undici';
import { Fault } from '../../runtime/fault.ts';
import { createAddressGuard, isNetwork } from '../../runtime/target/address-guard.ts';
import { createConnections } from '../../runtime/target/connections.ts';
import { startOrigin } from '../support/origin-server.ts';
import { callTarget, faultOfCall, http, targetOf, textOf } from '../support/target.ts';

/** Calls whose address comes from a variable, and where they may not go. OWASP: server-side request forgery. */

function isDenied(host: string, allowed: readonly string[] = []): boolean {
  let denied = false;
  const through: buildConnector.connector = () => undefined;
  createAddressGuard(allowed).around(through)({ hostname: host } as buildConnector.Options, () => {
    denied = true;
  });
  return denied;
}

function resolve(host: string, allowed: readonly string[] = []): Promise<string> {
  return new Promise((done) => {
    createAddressGuard(allowed).lookup(host, {}, (error, address) => done(error?.code ?? String(address)));
  });
}

test('addresses that are denied, and those that are not', () => {
  const denied = [
    ...['127.0.0.1', '127.8.8.8', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254'],
    ...['0.0.0.0', '100.64.0.1', '198.18.0.1', '224.0.0.1', '255.255.255.255'],
    ...[
      '::1',
      '[::1]',
      '::',
      'fd00::1',
      'fe80::1',
      '::ffff:127.0.0.1',
      '::ffff:10.0.0.1',
      '64:ff9b::7f00:1',
      'ff02::1',
    ],
  ];
  const allowed = ['8.8.8.8', '172.32.0.1', '11.0.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:8.8.8.8'];
  assert.deepEqual(
    denied.filter((host) => !isDenied(host)),
    [],
  );
  assert.deepEqual(
    allowed.filter((host) => isDenied(host)),
    [],
  );
});

test('a name is what it resolves to, however it is written', async () => {
  for (const host of ['localhost', '2130706433', '0x7f000001', '127.1'])
    assert.equal(await resolve(host), 'ZEROHOP_TARGET_DENIED', host);
  assert.match(await resolve('localhost', ['localhost']), /127\.0\.0\.1|::1/);
  assert.match(await resolve('localhost', ['127.0.0.0/8', '::1']), /127\.0\.0\.1|::1/);
});

test('what is allowed all the same', () => {
  assert.equal(isDenied('10.1.2.3', ['10.1.0.0/16']), false);
  assert.equal(isDenied('10.2.2.3', ['10.1.0.0/16']), true);
  assert.equal(isDenied('10.2.2.3', ['10.2.2.3']), false);
  assert.deepEqual(
    ['10.0.0.0/8', '::1', 'fd00::/8', 'host.example', '10.0.0.0/33', '10.0.0.0/8/8', '10/8'].map(isNetwork),
    [true, true, true, false, false, false, false],
  );
});

test('a target set by a policy is guarded, one that is configured is not', async () => {
  const server = await startOrigin();
  const guarded = () => createConnections({ limits: { connections: 10, guard: createAddressGuard([]) } });
  const configured = targetOf(http(server.url), {}, guarded());
  assert.match(await textOf((await callTarget(configured.target)).response), /GET/);
  const hosts = [server.url, `http://localhost:${server.port}`, `http://[::1]:${server.port}`];
  for (const url of hosts) {
    const { target, connections } = targetOf(http('http://configured.example'), {}, guarded());
    const fault = await faultOfCall(callTarget(target, {}, (exchange) => exchange.target?.replaceUrl(url, '')));
    assert.deepEqual([fault.code, fault.status], ['messaging.adaptors.http.flow.TargetDenied', 403], url);
    connections.close();
  }
  const template = targetOf(http(`http://{request.header.where}:${server.port}`), {}, guarded());
  const headers = { where: '127.0.0.1' };
  assert.ok((await faultOfCall(callTarget(template.target, { headers }))) instanceof Fault);
  const excepted = createConnections({ limits: { connections: 10, guard: createAddressGuard(['127.0.0.1']) } });
  const allowed = targetOf(http(`http://{request.header.where}:${server.port}`), {}, excepted);
  assert.equal((await callTarget(allowed.target, { headers })).response.status, 200);
  assert.equal(server.received.length, 2);
  for (const { connections } of [configured, template, allowed]) connections.close();
  await server.close();
});
