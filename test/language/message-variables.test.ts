import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { flowFaults } from '../../runtime/fault.ts';
import { bodyNeed, writeNeed } from '../../runtime/language/variables.ts';
import { Body, type BodySource } from '../../runtime/message/body.ts';
import { BodyNeed } from '../../runtime/message/body-need.ts';
import { type Exchange, Phase } from '../../runtime/message/exchange.ts';
import { exchangeOf, responseOf } from '../support/exchange.ts';
import { read, readsAs, write } from '../support/variables.ts';

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

readsAs('request', request(), [
  ['request.verb', 'POST'],
  ['request.version', '1.1'],
  ['request.path', '/v1/p/1'],
  ['request.uri', '/v1/p/1?a=hello&b=lovely%20day&a=w+x&e=&f'],
  ['request.querystring', 'a=hello&b=lovely%20day&a=w+x&e=&f'],
  ['request.url', undefined],
  ['request.transportid', 'http'],
  ['request.content', form],
  ['request.content.as.base64', Buffer.from(form).toString('base64')],
  ['request.content.as.url.safe.base64', Buffer.from(form).toString('base64url')],
  ['request.status.code', undefined],
  ['request.reason.phrase', undefined],
  ['request.nosuchpart', undefined],
  ['request.header.', undefined],

  ['request.header.host', 'api.example.com'],
  ['request.header.X-MULTI', 'public'],
  ['request.header.x-multi.1', 'public'],
  ['request.header.x-multi.2', 'maxage=16544'],
  ['request.header.x-multi.3', 'third'],
  ['request.header.x-multi.4', undefined],
  ['request.header.x-multi.0', undefined],
  ['request.header.x-multi.values', ['public', 'maxage=16544', 'third']],
  ['request.header.x-multi.values.count', 3],
  ['request.header.x-multi.values.string', 'public, maxage=16544, third'],
  ['request.header.date', 'Tue, 15 Nov 1994 08:12:31 GMT'],
  ['request.header.date.values.count', 1],
  ['request.header.cookie', 'a=1; b=2'],
  ['request.header.x.dotted', 'd'],
  ['request.header.x.dotted.1', 'd'],
  ['request.header.none', undefined],
  ['request.header.none.values', undefined],
  ['request.header.none.values.count', 0],
  ['request.header.none.values.string', undefined],
  ['request.headers.count', 7],
  ['request.headers.names', ['Host', 'Content-Type', 'X-Multi', 'Date', 'Cookie', 'X.Dotted', 'Content-Length']],
  ['request.headers.names.string', 'Host, Content-Type, X-Multi, Date, Cookie, X.Dotted, Content-Length'],

  ['request.queryparam.a', 'hello'],
  ['request.queryparam.a.1', 'hello'],
  ['request.queryparam.a.2', 'w x'],
  ['request.queryparam.a.3', undefined],
  ['request.queryparam.a.values', ['hello', 'w x']],
  ['request.queryparam.a.values.count', 2],
  ['request.queryparam.b', 'lovely day'],
  ['request.queryparam.e', ''],
  ['request.queryparam.f', ''],
  ['request.queryparam.A', undefined],
  ['request.queryparam.none.values.count', 0],
  ['request.queryparams.count', 4],
  ['request.queryparams.names', ['a', 'b', 'e', 'f']],
  ['request.queryparams.names.string', 'a, b, e, f'],

  ['request.formparam.a', '1'],
  ['request.formparam.a.2', 'ü'],
  ['request.formparam.a.values', ['1', 'ü']],
  ['request.formparam.a.values.count', 2],
  ['request.formparam.b', 'x y'],
  ['request.formparam.c', ''],
  ['request.formparam.none', undefined],
  ['request.formparams.count', 3],
  ['request.formparams.names', ['a', 'b', 'c']],
  ['request.formparams.names.string', 'a, b, c'],
  ['request.formstring', form],

  ['message.verb', 'POST'],
  ['message.path', '/v1/p/1'],
  ['message.queryparam.a', 'hello'],
  ['message.formparam.b', 'x y'],
  ['message.header.host', 'api.example.com'],
  ['message.content', form],
  ['message.version', '1.1'],
  ['message.status.code', undefined],

  ['response', undefined],
  ['response.content', undefined],
  ['response.status.code', undefined],
  ['response.header.host', undefined],
  ['error', undefined],
  ['error.content', undefined],
  ['error.status.code', undefined],
]);

const answered = exchangeOf({
  phase: Phase.targetResponse,
  headers: { host: 'h' },
  response: responseOf({
    status: 404,
    headers: { 'Set-Cookie': ['a=1, x', 'b=2'], 'Content-Type': 'text/plain' },
    body: 'not here',
  }),
});

readsAs('response', answered, [
  ['response.status.code', 404],
  ['response.reason.phrase', 'Not Found'],
  ['response.version', 'HTTP/1.1'],
  ['response.content', 'not here'],
  ['response.header.set-cookie', 'a=1, x'],
  ['response.header.set-cookie.2', 'b=2'],
  ['response.header.set-cookie.values.count', 2],
  ['response.headers.count', 2],
  ['response.verb', undefined],
  ['response.path', undefined],
  ['response.uri', undefined],
  ['response.querystring', undefined],
  ['response.queryparam.a', undefined],
  ['response.formparam.a', undefined],
  ['response.formstring', undefined],
  ['message.status.code', 404],
  ['message.content', 'not here'],
  ['message.header.set-cookie.2', 'b=2'],
  ['request.header.host', 'h'],
]);

test('the transport message is the message', () => {
  const exchange = request();
  assert.equal(read(exchange, 'request.transport.message'), exchange.request);
  assert.equal(read(exchange, 'response.transport.message'), undefined);
});

test('a payload that streams past is not visible', () => {
  const source: BodySource = {
    declaredLength: 3,
    start: () => undefined,
    pause: () => undefined,
    resume: () => undefined,
    cancel: () => undefined,
  };
  const body = Body.ofSource(source, { bytes: 10, tooBig: flowFaults.requestTooBig });
  const exchange = exchangeOf({ headers: { 'content-type': 'application/x-www-form-urlencoded' }, body });
  for (const part of ['content', 'content.as.base64', 'formparam.a', 'formparams.count', 'formstring']) {
    assert.equal(read(exchange, `request.${part}`), undefined, part);
  }
  write(exchange, 'request.formparam.a', 'x');
  assert.equal(exchange.request.body.inMemory, false);
});

test('compressed payloads are read as what they hold', () => {
  const packed = Buffer.from('H4sIAAAAAAAAA0tMSgYAwkEkNQMAAAA=', 'base64');
  const exchange = exchangeOf({ headers: { 'content-encoding': 'gzip' }, body: packed });
  assert.equal(read(exchange, 'request.content'), 'abc');
  assert.equal(read(exchange, 'request.content.as.base64'), 'YWJj');
});

const needs: readonly (readonly [name: string, read: BodyNeed, write: BodyNeed])[] = [
  ['request.content', BodyNeed.request, BodyNeed.none],
  ['request', BodyNeed.request, BodyNeed.none],
  ['request.formparam.a', BodyNeed.request, BodyNeed.request],
  ['request.formparam.a.2', BodyNeed.request, BodyNeed.request],
  ['request.formparams.count', BodyNeed.request, BodyNeed.none],
  ['request.header.a', BodyNeed.none, BodyNeed.none],
  ['request.queryparam.a', BodyNeed.none, BodyNeed.none],
  ['request.verb', BodyNeed.none, BodyNeed.none],
  ['request.transport.message', BodyNeed.request, BodyNeed.none],
  ['response.content', BodyNeed.response, BodyNeed.none],
  ['response.content.as.base64', BodyNeed.response, BodyNeed.none],
  ['message.content', BodyNeed.current, BodyNeed.none],
  ['error.content', BodyNeed.error, BodyNeed.none],
  ['my.content', BodyNeed.none, BodyNeed.none],
  ['proxy.pathsuffix', BodyNeed.none, BodyNeed.none],
];

suite('which payloads a name needs', () => {
  for (const [name, reading, writing] of needs) {
    test(name, () => {
      assert.equal(bodyNeed(name), reading);
      assert.equal(writeNeed(name), writing);
    });
  }
});
