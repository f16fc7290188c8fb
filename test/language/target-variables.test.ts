import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Exchange, Phase, type TargetCall } from '../../runtime/message/exchange.ts';
import { exchangeOf } from '../support/exchange.ts';
import { read, readsAs, remove, write } from '../support/variables.ts';

function called(
  url: string | undefined = 'https://backend.test:8443/api/v2',
  known: Partial<TargetCall> = {},
): Exchange {
  const exchange = exchangeOf({ uri: '/v1/x?q=1', targetUrl: url });
  if (exchange.target !== undefined) Object.assign(exchange.target, known);
  return exchange;
}

readsAs('before the target flow', exchangeOf(), [
  ['target.name', undefined],
  ['target.url', undefined],
  ['target.evaluated.url', undefined],
  ['target.basepath', undefined],
  ['target.scheme', undefined],
  ['target.ssl.enabled', undefined],
  ['target.host', undefined],
  ['target.port', undefined],
  ['target.copy.pathsuffix', undefined],
  ['target.copy.queryparams', undefined],
  ['target.header.host', undefined],
  ['target.sent.start.timestamp', undefined],
  ['loadbalancing.targetserver', undefined],
]);

readsAs('target request flow', called(), [
  ['target.name', 'default'],
  ['target.url', 'https://backend.test:8443/api/v2'],
  ['target.evaluated.url', 'https://backend.test:8443/api/v2'],
  ['target.basepath', '/api/v2'],
  ['target.scheme', 'https'],
  ['target.ssl.enabled', true],
  ['target.host', undefined],
  ['target.ip', undefined],
  ['target.port', undefined],
  ['target.copy.pathsuffix', true],
  ['target.copy.queryparams', true],
  ['target.header.host', undefined],
  ['target.expectedcn', undefined],
  ['target.cn', undefined],
  ['target.sent.start.timestamp', -1],
  ['target.sent.start.time', ''],
  ['target.received.start.timestamp', -1],
  ['loadbalancing.targetserver', undefined],
  ['loadbalancing.failedservers', []],
  ['loadbalancing.isfallback', false],
  ['request.url', undefined],
]);

const returned = called('', {
  host: 'b1.test',
  ip: '192.0.2.1',
  port: 8443,
  scheme: 'https',
  basePath: '/base',
  server: 'one',
  failedServers: ['two'],
  isFallback: true,
  sentStart: 1377112607413,
  sentEnd: 1377112607414,
  receivedStart: 1377112607513,
  receivedEnd: 1377112608413,
  certificate: new Map([
    ['target.cn', 'b1.test'],
    ['target.organization.unit', 'ops'],
  ]),
});
returned.phase = Phase.targetResponse;

readsAs('target response flow', returned, [
  ['target.url', undefined],
  ['target.basepath', '/base'],
  ['target.scheme', 'https'],
  ['target.host', 'b1.test'],
  ['target.ip', '192.0.2.1'],
  ['target.port', 8443],
  ['target.cn', 'b1.test'],
  ['target.organization.unit', 'ops'],
  ['target.state', undefined],
  ['target.sent.start.timestamp', 1377112607413],
  ['target.sent.end.timestamp', 1377112607414],
  ['target.received.start.timestamp', 1377112607513],
  ['target.received.end.time', 'Wed, 21 Aug 2013 19:16:48 UTC'],
  ['loadbalancing.targetserver', 'one'],
  ['loadbalancing.failedservers', ['two']],
  ['loadbalancing.isfallback', true],
  // Without the port, as documented.
  ['request.url', 'https://b1.test/v1/x?q=1'],
]);

test('a target URL without a path has no base path', () => {
  assert.equal(read(called('http://h'), 'target.basepath'), undefined);
  assert.equal(read(called('http://h?q=1'), 'target.basepath'), undefined);
  assert.equal(read(called('http://h/?q=1'), 'target.basepath'), '/');
});

test('target.url is written in the target request flow only', () => {
  const exchange = called();
  write(exchange, 'target.url', 'http://other/y');
  assert.equal(read(exchange, 'target.url'), 'http://other/y');
  assert.equal(exchange.target?.setUrl, 'http://other/y');
  assert.equal(exchange.target?.queryAtUrl, 'q=1');
  write(exchange, 'target.evaluated.url', 'http://third/z');
  assert.equal(read(exchange, 'target.url'), 'http://third/z');
  exchange.phase = Phase.targetResponse;
  write(exchange, 'target.url', 'http://late');
  assert.equal(read(exchange, 'target.url'), 'http://third/z');
  const early = exchangeOf();
  write(early, 'target.url', 'http://early');
  assert.equal(read(early, 'target.url'), undefined);
});

test('the copy switches take booleans and their texts, at any time', () => {
  for (const [name, field] of [
    ['target.copy.pathsuffix', 'copyPathSuffix'],
    ['target.copy.queryparams', 'copyQueryParams'],
  ] as const) {
    const exchange = called();
    for (const [value, expected] of [
      [false, false],
      ['true', true],
      [' FALSE ', false],
      ['nonsense', false],
      [true, true],
    ] as const) {
      write(exchange, name, value);
      assert.equal(read(exchange, name), expected);
    }
    const early = exchangeOf();
    write(early, name, 'false');
    assert.equal(early[field], false);
  }
});

test('target.header.host and the expected name are written and removed', () => {
  const exchange = called();
  for (const name of ['target.header.host', 'target.expectedcn', 'variable.expectedcn']) {
    write(exchange, name, 'other.test');
    assert.equal(read(exchange, name), 'other.test');
  }
  assert.equal(exchange.target?.expectedCn, 'other.test');
  remove(exchange, 'target.header.host');
  assert.equal(read(exchange, 'target.header.host'), undefined);
});
