import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Fault, flowFaults } from '../../runtime/fault.ts';
import { createVariableAccess, SetVariableError } from '../../runtime/language/variables.ts';
import type { Exchange } from '../../runtime/message/exchange.ts';
import { exchangeOf, responseOf } from '../support/exchange.ts';
import { read, remove, write } from '../support/variables.ts';

function request(): Exchange {
  return exchangeOf({
    verb: 'POST',
    uri: '/v1/p/1?a=hello&a=world',
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-multi': '1, 2' },
    body: 'a=1',
  });
}

function failed(): Exchange {
  const exchange = exchangeOf({ response: responseOf() });
  exchange.fault = new Fault(flowFaults.gatewayTimeout);
  exchange.error = responseOf({ status: 504 });
  return exchange;
}

const caller = exchangeOf({ endpoint: { proxy: 'caller' } });

// Silence, not an error, and no effect. Nobody forges what the chain says.
const readOnly = [
  ...[
    'client.ip',
    'client.local',
    'client.host',
    'client.scheme',
    'proxy.chain',
    'proxy.chain.depth',
    'proxy.client.ip',
  ],
  ...['proxy.basepath', 'proxy.pathsuffix', 'proxy.name', 'proxy.url', 'apiproxy.name', 'apiproxy.revision'],
  ...['organization.name', 'environment.name', 'messageid', 'client.received.start.timestamp', 'is.error'],
  ...[
    'fault.name',
    'error.message',
    'route.name',
    'target.name',
    'target.basepath',
    'target.host',
    'current.flow.name',
  ],
  ...['request.uri', 'request.querystring', 'request.url', 'request.headers.count', 'request.headers.names'],
  ...['request.header.x-multi.values', 'request.header.x-multi.values.count', 'request.header.x-multi.values.string'],
  ...['request.queryparam.a.values', 'request.queryparams.count', 'request.formparams.names', 'request.formstring'],
  ...[
    'request.content.as.base64',
    'request.transportid',
    'propertyset.config.region',
    'system.time.zone',
    'system.uuid',
  ],
  ...[
    'loadbalancing.targetserver',
    'tls.protocol',
    'client.cn',
    'virtualhost.name',
    'apigee.edge.execution.fault_code',
  ],
];

suite('names that only the runtime writes', () => {
  for (const name of readOnly) {
    test(name, () => {
      for (const exchange of [
        request(),
        exchangeOf({ targetUrl: 'http://h/p' }),
        exchangeOf({ parent: caller }),
        failed(),
      ]) {
        const before = read(exchange, name);
        const others = new Map(exchange.variables);
        write(exchange, name, 'forged');
        write(exchange, name, undefined);
        remove(exchange, name);
        assert.deepEqual(read(exchange, name), before);
        assert.deepEqual(new Map(exchange.variables), others);
      }
    });
  }
});

test('custom variables keep the type of their value', () => {
  const exchange = exchangeOf();
  const list = ['a'];
  for (const value of ['text', '', 0, 1.5, true, false, list, { a: 1 }, 10n]) {
    write(exchange, 'my.variable', value);
    assert.equal(read(exchange, 'my.variable'), value);
  }
  assert.equal(read(exchange, 'my'), undefined);
  assert.equal(read(exchange, 'My.variable'), undefined);
  write(exchange, 'my.variable', null);
  assert.equal(read(exchange, 'my.variable'), undefined);
  write(exchange, 'my.variable', 'again');
  remove(exchange, 'my.variable');
  remove(exchange, 'my.variable');
  assert.equal(read(exchange, 'my.variable'), undefined);
});

test('names of the language are no names of variables', () => {
  const exchange = exchangeOf();
  for (const name of [
    'constructor',
    '__proto__',
    'hasOwnProperty',
    'toString',
    'request.__proto__',
    'propertyset.__proto__',
  ]) {
    assert.equal(read(exchange, name), undefined, name);
    if (name.startsWith('propertyset.')) continue;
    write(exchange, name, 'x');
    assert.equal(read(exchange, name), 'x', name);
  }
});

test('a name below a single value cannot be set', () => {
  const exchange = exchangeOf();
  write(exchange, 'a.b', 'scalar');
  assert.throws(
    () => write(exchange, 'a.b.c', 'x'),
    (error) =>
      error instanceof SetVariableError && error.variable === 'a.b.c' && /a\.b already holds/.test(error.message),
  );
  assert.throws(() => write(exchange, 'a.b.c.d', 'x'), SetVariableError);
  write(exchange, 'a.bc', 'x');
  write(exchange, 'a', 'above');
  assert.equal(read(exchange, 'a.b'), 'scalar');
  // What is there already can be changed.
  write(exchange, 'a.b', 'new');
  assert.equal(read(exchange, 'a.b'), 'new');
  write(exchange, 'o', { x: 1 });
  write(exchange, 'o.y', 'below an object');
  assert.equal(read(exchange, 'o.y'), 'below an object');
});

test('variables by names known late', () => {
  const access = createVariableAccess();
  const exchange = request();
  assert.equal(access.read(exchange, 'request.verb'), 'POST');
  for (let index = 0; index < 3000; index++) access.write(exchange, `n${index}`, index);
  assert.equal(access.read(exchange, 'n0'), 0);
  assert.equal(access.read(exchange, 'n2999'), 2999);
  access.remove(exchange, 'n0');
  assert.equal(exchange.read('n0'), undefined);
  exchange.write('proxy.chain', 'forged');
  assert.equal(exchange.read('proxy.chain'), '');
});
