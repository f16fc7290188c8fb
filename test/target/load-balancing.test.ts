import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Environment } from '../../runtime/bundle/environment.ts';
import { variableReader } from '../../runtime/language/variables.ts';
import { closedPort, type OriginServer, startOrigin, startRaw } from '../support/origin-server.ts';
import { callTarget, compileTarget, faultOfCall, targetOf, targetServer, textOf } from '../support/target.ts';

let up: OriginServer;
let dead: number;
let environment: Partial<Environment>;
before(async () => {
  up = await startOrigin((request, response) => {
    const status = /^\/status\/(\d+)/.exec(request.url ?? '')?.[1];
    response.writeHead(Number(status ?? 200), {
      'X-Url': request.url ?? '',
      'X-Health': request.headers['x-probe'] ?? '',
    });
    response.end();
  });
  dead = await closedPort();
  environment = {
    targetServers: new Map([
      targetServer('up1', up.port),
      targetServer('up2', up.port),
      targetServer('up3', up.port),
      targetServer('dead', dead),
      targetServer('off', up.port, { isEnabled: false }),
    ]),
  };
});
after(() => up.close());

const balanced = (inner: string, more = '') =>
  `<HTTPTargetConnection><LoadBalancer>${inner}</LoadBalancer>${more}</HTTPTargetConnection>`;
const server = (name: string, inner = '') => `<Server name="${name}">${inner}</Server>`;

/** Names of the servers that calls one after the other get; faults by their name. */
async function turns(inner: string, count: number, options: Parameters<typeof callTarget>[1] = {}) {
  const { target, connections } = targetOf(balanced(inner, '<Path>/base</Path>'), environment);
  const names: string[] = [];
  for (let round = 0; round < count; round++) {
    try {
      const exchange = await callTarget(target, options);
      await textOf(exchange.response);
      names.push(String(variableReader('loadbalancing.targetserver')(exchange)));
    } catch (error) {
      names.push((error as { faultName: string }).faultName);
    }
  }
  target.close();
  connections.close();
  return names.join(' ');
}

test('servers take turns', async () => {
  assert.equal(await turns(server('up1') + server('up2'), 3), 'up1 up2 up1');
  assert.equal(
    await turns(`<Algorithm>RoundRobin</Algorithm>${server('up1')}${server('up2')}${server('up3')}`, 4),
    'up1 up2 up3 up1',
  );
  const weighted = `<Algorithm>Weighted</Algorithm>${server('up1', '<Weight>1</Weight>')}${server('up2', '<Weight>2</Weight>')}`;
  const names = (await turns(weighted, 6)).split(' ');
  assert.equal(names.filter((name) => name === 'up2').length, 4);
  assert.equal(await turns('<TargetServer name="up1"/><TargetServer>up2</TargetServer>', 2), 'up1 up2');
});

test('failures', async () => {
  const table: [string, string, string][] = [
    ['retried elsewhere', server('dead') + server('up1'), 'up1 up1 up1'],
    [
      'not retried',
      `<RetryEnabled>false</RetryEnabled>${server('dead')}${server('up1')}`,
      'ServiceUnavailable up1 ServiceUnavailable',
    ],
    [
      'out after one failure',
      `<RetryEnabled>false</RetryEnabled><MaxFailures>1</MaxFailures>${server('dead')}${server('up1')}`,
      'ServiceUnavailable up1 up1',
    ],
    [
      'fallback when the others are out',
      `<MaxFailures>1</MaxFailures>${server('dead')}${server('up2', '<IsFallback>true</IsFallback>')}`,
      'up2 up2 up2',
    ],
    ['fallback idle', server('up1') + server('up2', '<IsFallback>true</IsFallback>'), 'up1 up1 up1'],
    ['disabled', server('off') + server('up1'), 'up1 up1 up1'],
    ['disabled here', server('up2', '<IsEnabled>false</IsEnabled>') + server('up1'), 'up1 up1 up1'],
    ['none left', server('off'), 'NoActiveTargets NoActiveTargets NoActiveTargets'],
    ['unknown', server('up9'), 'NoActiveTargets NoActiveTargets NoActiveTargets'],
    ['all dead', server('dead') + server('dead'), 'ServiceUnavailable ServiceUnavailable ServiceUnavailable'],
  ];
  for (const [name, inner, expected] of table) assert.equal(await turns(inner, 3), expected, name);
});

test('a refused POST is sent elsewhere, one that was sent is not', async () => {
  assert.equal(await turns(server('dead') + server('up1'), 1, { verb: 'POST', body: 'x' }), 'up1');
  const closing = await startRaw((socket) => socket.once('data', () => socket.destroy()));
  const servers = new Map([targetServer('closing', closing.port), targetServer('up1', up.port)]);
  for (const [verb, expected] of [
    ['GET', 'up1'],
    ['POST', 'fault'],
  ]) {
    const { target, connections } = targetOf(balanced(server('closing') + server('up1')), { targetServers: servers });
    const call = callTarget(target, { verb: verb ?? '' });
    if (expected === 'fault') assert.equal((await faultOfCall(call)).faultName, 'UnexpectedEOFAtTarget');
    else {
      const exchange = await call;
      assert.deepEqual(exchange.target?.failedServers, ['closing']);
      assert.equal(exchange.target?.server, expected);
    }
    connections.close();
  }
  await closing.close();
});

test('an error status is an answer, unless it is listed as unhealthy', async () => {
  const inner = (list: string) =>
    balanced(`<MaxFailures>1</MaxFailures>${list}${server('up1')}${server('up2')}`, '<Path>/status</Path>');
  const before = up.received.length;
  const plain = targetOf(inner(''), environment);
  assert.equal((await callTarget(plain.target, { uri: '/v1/503' })).response.status, 503);
  assert.equal(up.received.length, before + 1);
  const listed = '<ServerUnhealthyResponse><ResponseCode>503</ResponseCode></ServerUnhealthyResponse>';
  const strict = targetOf(inner(listed), environment);
  assert.equal((await callTarget(strict.target, { uri: '/v1/503' })).response.status, 503);
  assert.equal(up.received.length, before + 3);
  assert.equal((await faultOfCall(callTarget(strict.target, { uri: '/v1/200' }))).faultName, 'NoActiveTargets');
  plain.connections.close();
  strict.connections.close();
});

test('Path is the base of the path, and a template', async () => {
  const { target, connections } = targetOf(balanced(server('up1'), '<Path>/echo/{seg}</Path>'), environment);
  const exchange = await callTarget(target, { uri: '/v1/a?x=1', variables: { seg: 't' } });
  assert.equal(exchange.response.headers.line('x-url'), '/echo/t/a?x=1');
  assert.equal(exchange.target?.urlOf(exchange), undefined);
  assert.equal(exchange.target?.basePath, '/echo/t');
  connections.close();
});

test('least connections', async () => {
  const waiting: (() => void)[] = [];
  const slow = await startOrigin((_, response) => waiting.push(() => response.end()));
  const servers = new Map([targetServer('slow', slow.port), targetServer('up1', up.port)]);
  const inner = `<Algorithm>LeastConnections</Algorithm>${server('slow')}${server('up1')}`;
  const { target, connections } = targetOf(balanced(inner), { targetServers: servers });
  const first = callTarget(target);
  const names: unknown[] = [];
  for (let round = 0; round < 3; round++) names.push((await callTarget(target)).target?.server);
  assert.deepEqual(names, ['up1', 'up1', 'up1']);
  for (const end of waiting) end();
  assert.equal((await first).target?.server, 'slow');
  connections.close();
  await slow.close();
});

test('a health monitor takes servers out and brings them back', async () => {
  let status = 500;
  const sick = await startOrigin((request, response) => {
    response.statusCode = request.url === '/health' ? status : 200;
    response.setHeader('X-Health', request.headers['x-probe'] ?? '');
    response.end();
  });
  const servers = new Map([targetServer('sick', sick.port), targetServer('up1', up.port)]);
  const monitor = `<HealthMonitor><IsEnabled>true</IsEnabled><IntervalInSec>1</IntervalInSec><HTTPMonitor>
    <Request><Verb>GET</Verb><Path>/health</Path><Header name="X-Probe">p</Header></Request>
    <SuccessResponse><ResponseCode>200</ResponseCode><Header name="X-Health">p</Header></SuccessResponse></HTTPMonitor></HealthMonitor>`;
  const inner = balanced(`<MaxFailures>1</MaxFailures>${server('sick')}${server('up1')}`, monitor);
  const { target, connections } = targetOf(inner, { targetServers: servers });
  const served = async () => (await callTarget(target)).target?.server;
  assert.equal(await served(), 'sick');
  const until = async (expected: readonly string[]): Promise<void> => {
    for (;;) {
      const seen = new Set([await served(), await served()]);
      if (expected.every((name) => seen.has(name)) && seen.size === expected.length) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  await until(['up1']);
  status = 200;
  await until(['sick', 'up1']);
  target.close();
  const asked = sick.received.length;
  await new Promise((resolve) => setTimeout(resolve, 1200));
  assert.equal(sick.received.length, asked);
  connections.close();
  await sick.close();
});

test('a TCP monitor', async () => {
  const monitor = `<HealthMonitor><IsEnabled>true</IsEnabled><IntervalInSec>1</IntervalInSec>
    <TCPMonitor><ConnectTimeoutInSec>1</ConnectTimeoutInSec></TCPMonitor></HealthMonitor>`;
  const { target } = targetOf(
    balanced(`<MaxFailures>1</MaxFailures>${server('dead')}${server('up1')}`, monitor),
    environment,
  );
  await callTarget(target);
  assert.equal((await callTarget(target)).target?.server, 'up1');
  target.close();
});

test('mistakes are reported', () => {
  const codes = (inner: string, more = '') =>
    compileTarget(balanced(inner, more), environment).diagnostics.map(({ code, severity }) => `${severity} ${code}`);
  assert.deepEqual(codes(''), ['error ZH043']);
  assert.deepEqual(codes(server('up9')), ['warning ZH044']);
  const fallback = '<IsFallback>true</IsFallback>';
  assert.deepEqual(codes(server('up1', fallback) + server('up2', fallback)), ['error ZH043']);
  const monitor =
    '<HealthMonitor><IsEnabled>true</IsEnabled><IntervalInSec>5</IntervalInSec><TCPMonitor/></HealthMonitor>';
  assert.deepEqual(codes(server('up1'), monitor), ['warning ZH049']);
});
