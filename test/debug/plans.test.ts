import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { SessionOptions } from '../../runtime/debug/session.ts';
import { SessionRefusal } from '../../runtime/debug/sessions.ts';
import { callsOf } from '../../runtime/debug/trace.ts';
import { DeploymentRefusal } from '../../runtime/deployment/refusal.ts';
import { MemoryStore } from '../../runtime/state/memory.ts';
import { bundleTree, noTarget, proxyEndpoint, writeFiles } from '../support/bundle-tree.ts';
import { chain, openSession, waitForCalls } from '../support/debug.ts';
import { openDeployments } from '../support/deployments.ts';
import { call, startGateway } from '../support/gateway.ts';
import { management, plainProxy, startManagement } from '../support/management.ts';

const options: SessionOptions = {
  ...{ proxy: 'first', revision: undefined, filter: '', count: 10, rolling: false, timeout: 60, bodyLimit: 1000 },
};

test('while no session is open, the very same snapshot and plans serve as before', async () => {
  const { deployments } = await openDeployments(new MemoryStore(), await bundleTree(chain));
  const { serving, debugging } = deployments;
  const before = serving.current;
  const plans = new Map(before.plans);
  const session = await debugging.open(options);
  assert.notEqual(serving.current, before);
  assert.notEqual(serving.current.plans.get('first'), plans.get('first'));
  for (const other of ['second', 'third']) assert.equal(serving.current.plans.get(other), plans.get(other), other);
  assert.equal(serving.plain, before);
  debugging.sessions.delete(session.id);
  assert.equal(serving.current, before);
  for (const [name, plan] of plans) assert.equal(serving.current.plans.get(name), plan);
});

test('the last of several sessions brings the plans back, however it ends', async () => {
  const { deployments } = await openDeployments(new MemoryStore(), await bundleTree(chain));
  const { serving, debugging } = deployments;
  const before = serving.current;
  const one = await debugging.open(options);
  const same = await debugging.open(options);
  const recorded = serving.current;
  const other = await debugging.open({ ...options, proxy: 'third', timeout: 0.05 });
  assert.notEqual(serving.current, recorded);
  while (other.isOpen) await pause(10);
  one.end('ended');
  assert.notEqual(serving.current, before);
  same.end('ended');
  assert.equal(serving.current, before);
});

test('a deployment while a session is open is recorded too, and stays when the session ends', async () => {
  const folder = await bundleTree(chain);
  const { deployments, reload } = await openDeployments(new MemoryStore(), folder);
  const { serving, debugging } = deployments;
  const session = await debugging.open(options);
  await writeFiles(folder, { 'first/apiproxy/proxies/default.xml': proxyEndpoint('/other', noTarget) });
  await reload();
  assert.equal(serving.current.endpointByPath('/other')?.proxy, 'first');
  assert.notEqual(serving.current, serving.plain);
  debugging.sessions.delete(session.id);
  assert.equal(serving.current, serving.plain);
  assert.equal(serving.current.endpointByPath('/other')?.proxy, 'first');
  assert.equal(serving.current.endpointByPath('/first'), undefined);
});

test('a session is refused when its proxy does not serve, or its files have changed since', async () => {
  const folder = await bundleTree(chain);
  const { deployments } = await openDeployments(new MemoryStore(), folder);
  const { serving, debugging } = deployments;
  const before = serving.current;
  await assert.rejects(debugging.open({ ...options, proxy: 'absent' }), DeploymentRefusal);
  await assert.rejects(debugging.open({ ...options, revision: '9' }), DeploymentRefusal);
  await writeFiles(folder, { 'first/apiproxy/proxies/default.xml': proxyEndpoint('/other', noTarget) });
  await assert.rejects(debugging.open(options), SessionRefusal);
  assert.equal(serving.current, before);
  assert.deepEqual(debugging.sessions.list(), []);
});

test('a session wakes what it needs of a large directory, and nothing else', async () => {
  const others = Array.from({ length: 100 }, (_, index) => plainProxy(`other-${index}`));
  const server = await startManagement(Object.assign({}, chain, ...others));
  const { id } = await openSession(server, { proxy: 'first' });
  assert.equal((await call(server.gateway.port, { path: '/first/a' })).text, 'answer of third');
  const [whole] = await waitForCalls(server, id, 1);
  assert.deepEqual(whole && callsOf(whole).map(({ proxy, opaque }) => [proxy, opaque]), [
    ['first', false],
    ['second', false],
    ['third', false],
  ]);
  assert.equal((await call(server.gateway.port, { path: '/other-7' })).status, 200);
  await server.ask(`DELETE /v1/zerohop/debugsessions/${id}`);
  assert.equal((await call(server.gateway.port, { path: '/first/a' })).text, 'answer of third');
});

test('a proxy whose files are gone is part of a chain with its messages alone', async () => {
  const folder = await bundleTree(chain);
  const gateway = await startGateway(folder);
  const server = await management(gateway);
  await rm(join(folder, 'third'), { recursive: true });
  const { id } = await openSession(server, { proxy: 'first' });
  assert.equal((await call(gateway.port, { path: '/first/a' })).text, 'answer of third');
  const [whole] = await waitForCalls(server, id, 1);
  const third = whole && callsOf(whole)[2];
  assert.deepEqual([third?.proxy, third?.opaque, third?.points, third?.status], ['third', true, [], 200]);
  assert.equal(third?.messages[third.response ?? -1]?.body.text, 'answer of third');
});
