import assert from 'node:assert/strict';
import { hostname, networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { Phase } from '../../runtime/message/exchange.ts';
import { exchangeOf } from '../support/exchange.ts';
import { read, readsAs } from '../support/variables.ts';

const outer = exchangeOf({
  uri: '/v1/teams/7/members?x=1',
  basePath: '/v1/teams/*/members',
  pathSuffix: '',
  headers: { 'content-length': '12' },
  client: {
    scheme: 'https',
    tls: new Map([
      ['tls.protocol', 'TLSv1.3'],
      ['client.cn', 'device'],
    ]),
  },
  endpoint: {
    proxy: 'outer',
    properties: new Map([
      ['config.region', 'bundle'],
      ['config.a.b', 'dotted'],
    ]),
  },
  directory: {
    properties: new Map([
      ['config.region', 'environment'],
      ['shared.key', 'both'],
    ]),
  },
  now: 1377112607413,
});
outer.flowName = 'GetMembers';
outer.flowDescription = 'all of them';
outer.proxyFlowName = 'GetMembers';
outer.proxyFlowDescription = 'proxy text';
outer.targetFlowName = 'PreFlow';
outer.routeName = 'default';
outer.routeTarget = 'backend';
outer.sharedFlowName = 'logging';
outer.flowHookName = 'PreProxyFlowHook';
const middle = exchangeOf({ parent: outer, endpoint: { proxy: 'middle' }, basePath: '' });
const inner = exchangeOf({ parent: middle, endpoint: { proxy: 'inner' } });

readsAs('client, proxy and route', outer, [
  ['client.ip', '203.0.113.7'],
  ['client.resolved.ip', '203.0.113.7'],
  ['proxy.client.ip', '203.0.113.7'],
  ['client.host', 'api.example.com'],
  ['client.port', 40123],
  ['client.scheme', 'https'],
  ['client.ssl.enabled', 'true'],
  ['client.cn', 'device'],
  ['client.country', undefined],
  ['client.email.address', undefined],
  ['client.locality', undefined],
  ['client.organization', undefined],
  ['client.organization.unit', undefined],
  ['client.state', undefined],
  ['tls.protocol', 'TLSv1.3'],
  ['tls.cipher', undefined],
  ['tls.client.raw.cert', undefined],
  ['client.local', false],
  ['proxy.chain', ''],
  ['proxy.chain.depth', 0],
  ['client.received.start.timestamp', 1377112607413],
  ['client.received.end.timestamp', 1377112607413],
  ['client.received.start.time', 'Wed, 21 Aug 2013 19:16:47 UTC'],
  ['client.received.end.time', 'Wed, 21 Aug 2013 19:16:47 UTC'],
  ['client.received.content.length', 12],
  ['client.sent.start.timestamp', -1],
  ['client.sent.end.timestamp', -1],
  ['client.sent.start.time', ''],
  ['client.sent.end.time', ''],
  ['proxy.name', 'default'],
  ['proxy.basepath', '/v1/teams/*/members'],
  ['proxy.pathsuffix', ''],
  ['proxy.url', 'https://api.example.com/v1/teams/7/members?x=1'],
  ['proxy.flow.name', 'GetMembers'],
  ['proxy.flow.description', 'proxy text'],
  ['target.flow.name', 'PreFlow'],
  ['target.flow.description', undefined],
  ['current.flow.name', 'GetMembers'],
  ['current.flow.description', 'all of them'],
  ['apigee.edge.sharedflow.name', 'logging'],
  ['apigee.edge.flowhook.name', 'PreProxyFlowHook'],
  ['apiproxy.name', 'outer'],
  ['apiproxy.revision', '1'],
  ['apiproxy.basepath', '/'],
  ['application.basepath', '/'],
  ['organization.name', 'org'],
  ['environment.name', 'test'],
  ['virtualhost.name', 'default'],
  ['virtualhost.aliases.values', ['api.example.com']],
  ['virtualhost.ssl.enabled', true],
  ['route.name', 'default'],
  ['route.target', 'backend'],
  ['propertyset.config.region', 'bundle'],
  ['propertyset.config.a.b', 'dotted'],
  ['propertyset.shared.key', 'both'],
  ['propertyset.shared.none', undefined],
  ['propertyset.shared', undefined],
  ['system.interface.nosuch', undefined],
]);

readsAs('a local call', inner, [
  ['client.local', true],
  ['client.ip', '127.0.0.1'],
  ['client.resolved.ip', '127.0.0.1'],
  ['proxy.client.ip', '203.0.113.7'],
  ['proxy.chain', 'outer,middle'],
  ['proxy.chain.depth', 2],
  ['apiproxy.name', 'inner'],
]);

test('base path / and the first step of a chain', () => {
  assert.equal(read(middle, 'proxy.basepath'), '/');
  assert.equal(read(middle, 'proxy.chain'), 'outer');
});

test('what the answer was sent at', () => {
  const exchange = exchangeOf({ phase: Phase.postClient });
  exchange.sentStart = 1377112607413;
  exchange.sentEnd = 1377112608413;
  assert.equal(read(exchange, 'client.sent.start.timestamp'), 1377112607413);
  assert.equal(read(exchange, 'client.sent.end.time'), 'Wed, 21 Aug 2013 19:16:48 UTC');
});

test('messageid is one per exchange, and stays', () => {
  const exchange = exchangeOf();
  const id = read(exchange, 'messageid');
  assert.match(String(id), /^[0-9a-f-]{36}$/);
  assert.equal(read(exchange, 'messageid'), id);
  assert.notEqual(read(exchangeOf(), 'messageid'), id);
});

test('system variables tell the moment of reading', () => {
  const exchange = exchangeOf({ now: 0 });
  const before = Date.now();
  const stamp = Number(read(exchange, 'system.timestamp'));
  assert.ok(stamp >= before && stamp <= Date.now());
  assert.match(String(read(exchange, 'system.time')), /^\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} UTC$/);
  const ranges: readonly [part: string, low: number, high: number][] = [
    ['year', 2024, 9999],
    ['month', 1, 12],
    ['day', 1, 31],
    ['dayofweek', 1, 7],
    ['hour', 0, 23],
    ['minute', 0, 59],
    ['second', 0, 60],
    ['millisecond', 0, 999],
  ];
  for (const [part, low, high] of ranges) {
    const value = read(exchange, `system.time.${part}`);
    assert.ok(typeof value === 'number' && value >= low && value <= high, part);
  }
  assert.equal(read(exchange, 'system.time.zone'), 'UTC');
  assert.equal(read(exchange, 'system.uuid'), 'zerohop-test');
  assert.equal(read(exchange, 'router.uuid'), 'zerohop-test');
  assert.equal(read(exchange, 'system.pod.name'), hostname());
  assert.equal(read(exchange, 'system.region.name'), 'local');
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    assert.equal(read(exchange, `system.interface.${name}`), addresses?.[0]?.address);
  }
});
