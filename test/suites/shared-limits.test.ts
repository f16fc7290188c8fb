import assert from 'node:assert/strict';
import { Agent, get } from 'node:http';
import { test } from 'node:test';
import { bundleTree, noTarget, preFlow, proxy, proxyEndpoint, step } from '../support/bundle-tree.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { noRedis, startRedis } from '../support/redis.ts';

const allowed = 1000;
const connections = 32;
const calls = 1200;

/** A month is the longest interval: the least likely to end while the test runs. */
const limited = proxy(
  'limited',
  proxyEndpoint('/limited', `${preFlow(step('Q-Shared') + step('AM-Answer'))}${noTarget}`),
  `<Quota name="Q-Shared"><Allow count="${allowed}"/><Interval>1</Interval><TimeUnit>month</TimeUnit><Distributed>true</Distributed><Synchronous>true</Synchronous></Quota>`,
  `<AssignMessage name="AM-Answer"><Set><Payload contentType="text/plain">admitted</Payload></Set><AssignTo type="response"/></AssignMessage>`,
);

const arrested = proxy(
  'arrested',
  proxyEndpoint('/arrested', `${preFlow(step('SA'))}${noTarget}`),
  '<SpikeArrest name="SA"><Rate>50pm</Rate><UseEffectiveCount>true</UseEffectiveCount></SpikeArrest>',
);

const statusOf = (port: number, agent: Agent, path = '/limited'): Promise<number> =>
  new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path, agent }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
    });
    request.once('error', reject);
  });

test('two servers on one Redis admit exactly a quota from 32 connections', { skip: noRedis ?? false }, async (t) => {
  const redis = await startRedis();
  const gateways: Gateway[] = [];
  const agents: Agent[] = [];
  t.after(async () => {
    for (const agent of agents) agent.destroy();
    await Promise.all(gateways.map((gateway) => gateway.stop()));
    await redis.close();
  });
  const folder = await bundleTree(limited);
  for (let index = 0; index < 2; index++) gateways.push(await startGateway(folder, ['--store', redis.url]));
  const ports = gateways.map(({ port }) => port);
  const seen = new Map<string, number>();
  let left = calls;
  const caller = async (_: unknown, index: number): Promise<void> => {
    const server = index % 2;
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    agents.push(agent);
    while (left-- > 0) {
      const key = `${server} ${await statusOf(ports[server] ?? 0, agent)}`;
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: connections }, caller));
  const count = (key: string): number => seen.get(key) ?? 0;
  const facts = JSON.stringify([...seen]);
  assert.equal(count('0 200') + count('1 200'), allowed, facts);
  assert.equal(count('0 429') + count('1 429'), calls - allowed, facts);
  assert.ok(count('0 200') > 0 && count('1 200') > 0, `both servers admit: ${facts}`);
});

test('two servers on one Redis share an effective spike arrest', { skip: noRedis ?? false }, async (t) => {
  const redis = await startRedis();
  const folder = await bundleTree(arrested);
  const gateways = [
    await startGateway(folder, ['--store', redis.url]),
    await startGateway(folder, ['--store', redis.url]),
  ];
  const agent = new Agent({ keepAlive: true });
  t.after(async () => {
    agent.destroy();
    await Promise.all(gateways.map((gateway) => gateway.stop()));
    await redis.close();
  });
  const statuses = await Promise.all(
    Array.from({ length: 90 }, (_, index) => statusOf(gateways[index % 2]?.port ?? 0, agent, '/arrested')),
  );
  assert.equal(statuses.filter((status) => status === 200).length, 50);
  assert.equal(statuses.filter((status) => status === 429).length, 40);
});
