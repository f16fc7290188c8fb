import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { SetVariableError } from '../../runtime/language/variables.ts';
import { type Exchange, Phase } from '../../runtime/message/exchange.ts';
import { Message } from '../../runtime/message/message.ts';
import { exchangeOf, responseOf } from '../support/exchange.ts';
import { read, remove, write } from '../support/variables.ts';

const form = 'a=1&b=x+y&a=%C3%BC&c';

function request(): Exchange {
  return exchangeOf({
    verb: 'POST',
    uri: '/v1/p/1?a=hello&b=lovely%20day&a=w+x&e=&f',
    headers: [
      ...['Host', 'api.example.com', 'Content-Type', 'application/x-www-form-urlencoded; charset=utf-8'],
      ...['X-Multi', 'public, maxage=16544', 'x-multi', 'third', 'Date', 'Tue, 15 Nov 1994 08:12:31 GMT'],
      ...['Cookie', 'a=1; b=2', 'X.Dotted', 'd', 'Content-Length', '21'],
    ],
    body: form,
  });
}

// Name, value written, and what is read back.
const writes: readonly (readonly [name: string, value: unknown, expected: unknown])[] = [
  ['request.verb', 'PUT', 'PUT'],
  ['request.path', '/new', '/new'],
  ['message.version', '1.0', '1.0'],
  ['request.content', 'new', 'new'],
  ['request.content', 5, '5'],
  ['request', 'text', Symbol('checked below')],
  ['request.header.x-new', 'v', 'v'],
  ['request.header.X-MULTI', 'one', 'one'],
  ['request.header.x-multi.2', 'other', 'other'],
  ['request.header.x-multi.9', 'last', undefined],
  ['request.queryparam.a', 'x y&z', 'x y&z'],
  ['request.queryparam.a.2', 'second', 'second'],
  ['request.queryparam.new', '', ''],
  ['request.formparam.a', 'ü', 'ü'],
  ['request.formparam.new', 'n', 'n'],
];

suite('writing parts of the request', () => {
  for (const [name, value, expected] of writes) {
    if (typeof expected === 'symbol') continue;
    test(`${name} = ${String(value)}`, () => {
      const exchange = request();
      write(exchange, name, value);
      assert.deepEqual(read(exchange, name), expected);
    });
  }
});

test('writes show where they belong', () => {
  const exchange = request();
  write(exchange, 'request.header.x-multi.2', 'second');
  assert.deepEqual(read(exchange, 'request.header.x-multi.values'), ['public', 'second', 'third']);
  write(exchange, 'request.header.x-multi.9', 'fourth');
  assert.equal(read(exchange, 'request.header.x-multi.values.string'), 'public, second, third, fourth');
  write(exchange, 'request.header.x-list', ['a', 'b']);
  assert.equal(read(exchange, 'request.header.x-list.values.count'), 2);
  write(exchange, 'request.queryparam.b', 'ä b');
  assert.equal(read(exchange, 'request.querystring'), 'a=hello&b=%C3%A4+b&a=w+x&e=&f');
  assert.equal(read(exchange, 'request.uri'), '/v1/p/1?a=hello&b=%C3%A4+b&a=w+x&e=&f');
  write(exchange, 'request.formparam.b', 'z');
  assert.equal(read(exchange, 'request.content'), 'a=1&b=z&a=%C3%BC&c');
  write(exchange, 'request.path', '/other?only=1');
  assert.equal(read(exchange, 'request.uri'), '/other?only=1');
  write(exchange, 'request', 'whole');
  assert.equal(read(exchange, 'request.content'), 'whole');
  write(exchange, 'message.content', 'through message');
  assert.equal(read(exchange, 'request.content'), 'through message');
});

test('writes to a response', () => {
  const exchange = exchangeOf({ phase: Phase.proxyResponse, response: responseOf({ headers: { etag: '"1"' } }) });
  write(exchange, 'response.status.code', '201');
  write(exchange, 'response.reason.phrase', 'Made');
  write(exchange, 'response.content', '{}');
  write(exchange, 'response.header.x', 'y');
  write(exchange, 'response.version', 'HTTP/1.0');
  assert.equal(read(exchange, 'response.status.code'), 201);
  assert.equal(read(exchange, 'response.reason.phrase'), 'Made');
  assert.equal(read(exchange, 'message.content'), '{}');
  assert.equal(read(exchange, 'message.header.x'), 'y');
  assert.equal(read(exchange, 'response.version'), 'HTTP/1.0');
  remove(exchange, 'response.reason.phrase');
  assert.equal(read(exchange, 'response.reason.phrase'), 'Created');
  write(exchange, 'response.verb', 'GET');
  write(exchange, 'response.path', '/x');
  write(exchange, 'response.queryparam.a', 'x');
  assert.equal(read(exchange, 'response.verb'), undefined);
  assert.equal(read(exchange, 'response.uri'), undefined);
  for (const status of ['abc', 99, 1000, '', 200.5]) {
    assert.throws(
      () => write(exchange, 'response.status.code', status),
      (error) => error instanceof SetVariableError && error.variable === 'response.status.code',
    );
  }
  assert.equal(read(exchange, 'response.status.code'), 201);
});

test('removals', () => {
  const exchange = request();
  for (const name of ['request.header.date', 'request.queryparam.a', 'request.formparam.a', 'request.content']) {
    remove(exchange, name);
    assert.equal(read(exchange, name) || undefined, undefined, name);
  }
  assert.equal(read(exchange, 'request.querystring'), 'b=lovely%20day&e=&f');
  remove(exchange, 'request.header.x-multi.2');
  assert.deepEqual(read(exchange, 'request.header.x-multi.values'), ['public', 'third']);
  remove(exchange, 'request.header.x-multi.7');
  assert.equal(read(exchange, 'request.header.x-multi.values.count'), 2);
  write(exchange, 'request.header.x-multi', null);
  assert.equal(read(exchange, 'request.header.x-multi'), undefined);
});

test('messages in variables have the same parts', () => {
  const exchange = exchangeOf();
  const message = responseOf({ status: 202, headers: { 'x-a': '1, 2' }, body: 'b=1' });
  write(exchange, 'sc.answer', message);
  assert.equal(read(exchange, 'sc.answer'), message);
  assert.equal(read(exchange, 'sc.answer.status.code'), 202);
  assert.equal(read(exchange, 'sc.answer.content'), 'b=1');
  assert.equal(read(exchange, 'sc.answer.header.X-A.2'), '2');
  assert.equal(read(exchange, 'sc.answer.header.x-a.values.count'), 2);
  assert.equal(read(exchange, 'sc.answer.nosuch'), undefined);
  assert.equal(read(exchange, 'sc.other.content'), undefined);
  write(exchange, 'sc.answer.header.x-b', 'new');
  assert.equal(message.headers.value('x-b'), 'new');
  write(exchange, 'sc.answer.content', 'changed');
  assert.equal(message.content, 'changed');
  remove(exchange, 'sc.answer.header.x-a');
  assert.equal(read(exchange, 'sc.answer.header.x-a'), undefined);
  // A variable of exactly that name goes before the part.
  exchange.setVariable('sc.answer.content', 'own');
  assert.equal(read(exchange, 'sc.answer.content'), 'own');
  remove(exchange, 'sc.answer.content');
  assert.equal(read(exchange, 'sc.answer.content'), 'changed');
  write(exchange, 'sc.answer.flag', 'beside the message');
  assert.equal(read(exchange, 'sc.answer.flag'), 'beside the message');
});

test('a request message in a variable', () => {
  const exchange = exchangeOf();
  const message = Message.request();
  write(exchange, 'sc.request', message);
  write(exchange, 'sc.request.verb', 'PATCH');
  write(exchange, 'sc.request.path', '/p?a=1');
  write(exchange, 'sc.request.queryparam.b', '2');
  write(exchange, 'sc.request.formparam.f', 'v w');
  assert.equal(read(exchange, 'sc.request.uri'), '/p?a=1&b=2');
  assert.equal(read(exchange, 'sc.request.content'), 'f=v+w');
  assert.equal(read(exchange, 'sc.request.header.content-type'), 'application/x-www-form-urlencoded');
});

test('a message takes the place of the request or the response', () => {
  const exchange = request();
  const other = Message.request();
  other.verb = 'DELETE';
  other.path = '/other';
  other.content = 'theirs';
  other.headers.set('x', 'y');
  const own = exchange.request;
  write(exchange, 'request', other);
  assert.equal(exchange.request, own);
  assert.equal(read(exchange, 'request.verb'), 'DELETE');
  assert.equal(read(exchange, 'request.header.x'), 'y');
  assert.equal(read(exchange, 'request.header.host'), undefined);
  assert.equal(read(exchange, 'request.content'), 'theirs');
  write(exchange, 'request.header.x', 'z');
  assert.equal(other.headers.value('x'), 'y');
  assert.throws(() => write(exchange, 'request', Message.response()), SetVariableError);
  assert.throws(() => write(exchange, 'response', other), SetVariableError);
});

test('response in the request flow is a custom variable', () => {
  const exchange = exchangeOf();
  const message = responseOf({ status: 203, body: 'callout' });
  write(exchange, 'response', message);
  assert.equal(exchange.response, undefined);
  assert.equal(read(exchange, 'response.status.code'), 203);
  assert.equal(read(exchange, 'response.content'), 'callout');
  assert.equal(read(exchange, 'message.verb'), 'GET');
  exchange.phase = Phase.proxyResponse;
  exchange.response = responseOf({ status: 200 });
  assert.equal(read(exchange, 'response.status.code'), 200);
});
