import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Message } from '../../runtime/message/message.ts';
import { createConnections } from '../../runtime/target/connections.ts';
import { parseSuccessCodes } from '../../runtime/target/success-codes.ts';
import { addedQuery, encodeBytes, encodeText, joinPath, parseTargetUrl } from '../../runtime/target/target-url.ts';
import { exchangeOf, responseOf } from '../support/exchange.ts';
import { startOrigin } from '../support/origin-server.ts';
import { faultOfCall } from '../support/target.ts';

test('success.codes', () => {
  const table: [string | undefined, number, boolean][] = [
    [undefined, 200, false],
    [undefined, 302, false],
    [undefined, 404, true],
    ['', 500, true],
    ['1xx,2xx,3xx,404, 5XX', 404, false],
    ['1xx,2xx,3xx,404, 5XX', 503, false],
    ['1xx,2xx,3xx,404, 5XX', 403, true],
    ['404', 200, true],
    ['20x', 204, false],
    ['20x', 210, true],
    ['nonsense', 200, false],
  ];
  for (const [list, status, expected] of table)
    assert.equal(parseSuccessCodes(list)(status), expected, `${list} ${status}`);
});

test('target URLs', () => {
  const table: [string, string | undefined][] = [
    ['http://h/p?q#f', 'http://h h 80 /p q'],
    ['HTTPS://H:8443', 'https://h:8443 h 8443  '],
    ['http://[::1]:81/a', 'http://[::1]:81 ::1 81 /a '],
    ['http://user:pass@h/a', 'http://h h 80 /a '],
    ['https://h:443/a b', 'https://h h 443 /a%20b '],
    ['ftp://h/', undefined],
    ['/path', undefined],
    ['http://', undefined],
    ['http://h:99999/', undefined],
    ['http://h\\@evil/', undefined],
    ['http://a b/', undefined],
  ];
  for (const [text, expected] of table) {
    const url = parseTargetUrl(text);
    const found = url && `${url.origin} ${url.host} ${url.port} ${url.path} ${url.query}`;
    assert.equal(found, expected, text);
  }
});

test('joints and encodings', () => {
  assert.equal(joinPath('/a/', '/b'), '/a/b');
  assert.equal(joinPath('/a', 'b'), '/a/b');
  assert.equal(joinPath('/a/', ''), '/a/');
  assert.equal(addedQuery('a=1&b=2', 'a=1'), 'b=2');
  assert.equal(addedQuery('a=1', 'a=1'), '');
  assert.equal(addedQuery('b=2', 'a=1'), '');
  assert.equal(encodeText('é\r\n%20'), '%C3%A9%0D%0A%20');
  assert.equal(encodeBytes('\xc3\xa9'), '%C3%A9');
});

test('httpClient sends to its URL, and to this runtime in memory', async () => {
  const server = await startOrigin();
  const connections = createConnections();
  const request = Message.request();
  request.verb = 'POST';
  request.content = 'x';
  const response = await connections.httpClient(exchangeOf(), request, `${server.url}/a?b=1`);
  const seen = JSON.parse(response.content);
  assert.deepEqual([seen.method, seen.url, seen.body], ['POST', '/a?b=1', 'x']);
  const endpoint = {
    ...exchangeOf().endpoint,
    basePath: '/inner',
    run: (called: ReturnType<typeof exchangeOf>) => {
      called.response = responseOf({ body: called.request.uri });
    },
  };
  const caller = exchangeOf({ directory: { endpointByPath: () => endpoint } });
  const own = await connections.httpClient(caller, Message.request(), 'http://localhost:8080/inner/x?y=1');
  assert.equal(own.content, '/inner/x?y=1');
  assert.equal(caller.localCalls, 1);
  const fault = await faultOfCall(connections.httpClient(exchangeOf(), Message.request(), 'nowhere'));
  assert.equal(fault.code, 'protocol.http.InvalidPath');
  connections.close();
  await server.close();
});
