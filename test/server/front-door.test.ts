import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bundleTree, noTarget, preFlow, proxy, proxyEndpoint, step } from '../support/bundle-tree.ts';
import { startGateway } from '../support/gateway.ts';
import { sendRaw, statusesIn } from '../support/raw.ts';

const hidden = 'GET /echo?hidden HTTP/1.1\r\nHost: a\r\n\r\n';

/** Request bytes, the statuses they get, and a text that the answer holds. RFC 9112; limits: docs/operating.md. */
const rows: readonly (readonly [name: string, bytes: string, statuses: readonly number[], holds?: string])[] = [
  ['a plain request', 'GET /echo HTTP/1.1\r\nHost: a\r\n\r\n', [200], 'GET /echo'],
  ['no Host', 'GET /echo HTTP/1.1\r\n\r\n', [400]],
  ['two equal Hosts', 'GET /echo HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n', [400], 'protocol.http.DuplicateHeader'],
  ['a Host with a blank', 'GET /echo HTTP/1.1\r\nHost: a b\r\n\r\n', [400]],
  [
    'a length and chunks',
    `POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
    [400],
  ],
  ['two lengths', `POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n${hidden}`, [400]],
  ['a signed length', `POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n${hidden}`, [400]],
  ['an unknown coding', `POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n${hidden}`, [501]],
  [
    'a coding before chunked',
    'POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    [501],
  ],
  [
    'a chunk longer than its size',
    `POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n${hidden}`,
    // Nothing reads the payload, so the answer is out before the broken chunk is met.
    [200, 400],
  ],
  ['an absolute target', 'GET http://real.example/echo HTTP/1.1\r\nHost: a\r\n\r\n', [200], 'host=real.example'],
  ['an asterisk', 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n', [400]],
  ['CONNECT', 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n', [405]],
  ['a fragment', 'GET /echo?q=1#x HTTP/1.1\r\nHost: a\r\n\r\n', [200], 'GET /echo?q=1 '],
  ['a path that leaves its proxy', 'GET /echo/../other HTTP/1.1\r\nHost: a\r\n\r\n', [400], 'protocol.http.BadPath'],
  ['the same, encoded', 'GET /echo/%2e%2E/other HTTP/1.1\r\nHost: a\r\n\r\n', [400]],
  ['HTTP/2.0 on HTTP/1.1', 'GET /echo HTTP/2.0\r\nHost: a\r\n\r\n', [505]],
  ['a long target', `GET /echo?${'a'.repeat(17_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, [414], 'protocol.http.TooBigLine'],
  ['a target of 7,000', `GET /echo?${'a'.repeat(7000)} HTTP/1.1\r\nHost: a\r\n\r\n`, [200]],
  [
    'a long header',
    `GET /echo HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`,
    [431],
    'protocol.http.TooBigHeaders',
  ],
  ['a folded header', 'GET /echo HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n', [400]],
  ['a blank before the colon', 'GET /echo HTTP/1.1\r\nHost : a\r\n\r\n', [400]],
  ['bare line feeds', 'GET /echo HTTP/1.1\nHost: a\n\n', [400]],
  [
    'an upgrade',
    'GET /echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    [200],
    'upgrade=.',
  ],
  ['a nominated header', 'GET /echo HTTP/1.1\r\nHost: a\r\nConnection: X-Mark\r\nX-Mark: 1\r\n\r\n', [200], 'mark=.'],
  ['a platform header', 'GET /echo HTTP/1.1\r\nHost: a\r\nX-Apigee-Mark: 1\r\n\r\n', [200], 'platform=.'],
  [
    'an expectation',
    'POST /read HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi',
    [100, 200],
    'payload=hi.',
  ],
  [
    'an expectation whose payload nobody reads',
    `POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
    [200],
    'Connection: close',
  ],
  [
    'an expectation that is too large',
    `POST /read HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 20000000\r\n\r\n`,
    [413],
  ],
  ['an unknown expectation', `GET /echo HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n`, [417]],
  [
    'an expectation from HTTP/1.0',
    'POST /read HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi',
    [200],
  ],
  ['nonsense behind a request', 'GET /echo HTTP/1.1\r\nHost: a\r\n\r\nnonsense\r\n\r\n', [200, 400]],
  [
    'CONNECT behind a request',
    'GET /echo HTTP/1.1\r\nHost: a\r\n\r\nCONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n',
    [200, 405],
  ],
  [
    'an upgrade to HTTP/2 with a payload',
    `POST /read HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nContent-Length: 2\r\n\r\nhi${hidden}`,
    [200],
    'payload=hi.',
  ],
  [
    'bytes behind a WebSocket that no target takes',
    `GET /echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n${hidden}`,
    [200],
  ],
  [
    'a payload over the limit',
    'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\nhi',
    [413],
    'protocol.http.TooBigBody',
  ],
  ['two at once', `GET /echo?first HTTP/1.1\r\nHost: a\r\n\r\n${hidden}`, [200, 200], '/echo?hidden'],
  ['a length in hexadecimal', `POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\n${hidden}`, [400]],
  ['an empty length', `POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \r\n\r\n${hidden}`, [400]],
  ['a length with letters', `POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5x\r\n\r\n${hidden}`, [400]],
  ['a length of two values', `POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 6\r\n\r\n${hidden}`, [400]],
  [
    'a length beyond all numbers',
    `POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n${hidden}`,
    [400],
  ],
  ['a negative length', `POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n${hidden}`, [400]],
  [
    'identity as coding',
    `POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${hidden}`,
    [501],
  ],
  [
    'chunked twice',
    `POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n${hidden}`,
    [400],
  ],
  [
    'a coding after chunked',
    `POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n${hidden}`,
    [400],
  ],
  [
    'chunked with a letter more',
    `POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\x0b\r\n\r\n0\r\n\r\n${hidden}`,
    [400],
  ],
  [
    'two codings',
    `POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${hidden}`,
    [400],
  ],
  [
    'a chunk size 0x5',
    `POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n${hidden}`,
    [400],
  ],
  [
    'a chunk size +5',
    `POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n${hidden}`,
    [400],
  ],
  [
    'a chunk size 5_0',
    `POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5_0\r\nhello\r\n0\r\n\r\n${hidden}`,
    [400],
  ],
  [
    'an empty chunk size',
    `POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\r\nhello\r\n0\r\n\r\n${hidden}`,
    [400],
  ],
  [
    'a chunk size beyond all numbers',
    `POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello\r\n0\r\n\r\n${hidden}`,
    [400],
  ],
  [
    'a chunk size that ends in a line feed',
    `POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n${hidden}`,
    [400],
  ],
  [
    'a chunk that ends in a line feed',
    `POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n${hidden}`,
    [400],
  ],
  [
    'a chunk that ends in nothing',
    `POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello0\r\n\r\n${hidden}`,
    [400],
  ],
  [
    'a chunk that is longer than it says',
    `POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n${hidden}`,
    [400],
  ],
  [
    'a blank before a chunk size',
    `POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n 5\r\nhello\r\n0\r\n\r\n${hidden}`,
    [400],
  ],
  [
    'chunks',
    'POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;name=value\r\nhello\r\n0\r\n\r\n',
    [200],
    'payload=hello.',
  ],
  [
    'trailers',
    'POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Mark: 1\r\nHost: b\r\n\r\n',
    [200],
    'host=a. mark=. payload=hello.',
  ],
  [
    'a length as trailer',
    'POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Mark: 1\r\nHost: b\r\nContent-Length: 7\r\n\r\n',
    [400],
  ],
  [
    'a request after chunks',
    'POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /echo?next HTTP/1.1\r\nHost: a\r\n\r\n',
    [200, 200],
    '/echo?next',
  ],
  [
    'a chunk extension of a megabyte',
    `POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;${'a'.repeat(1_000_000)}\r\nhello\r\n0\r\n\r\n${hidden}`,
    [413],
  ],
  [
    'chunks from HTTP/1.0',
    `POST /echo HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
    [200],
  ],
  [
    'HTTP/1.0 that stays',
    'GET /echo HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\nGET /echo?next HTTP/1.0\r\nHost: a\r\n\r\n',
    [200, 200],
    '/echo?next',
  ],
  ['HTTP/1.0', `GET /echo HTTP/1.0\r\nHost: a\r\n\r\n${hidden}`, [200], 'Connection: close'],
  [
    'a request after the last one',
    `GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n${hidden}`,
    [200],
    'Connection: close',
  ],
  ['bytes after CONNECT', `CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n${hidden}`, [405]],
  ['two different Hosts', 'GET /echo HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', [400]],
  ['a Host with a path', 'GET /echo HTTP/1.1\r\nHost: a/b\r\n\r\n', [400]],
  ['a Host with a user', 'GET /echo HTTP/1.1\r\nHost: u@a\r\n\r\n', [400]],
  ['a Host with a bad port', 'GET /echo HTTP/1.1\r\nHost: a:b\r\n\r\n', [400]],
  ['a Host with a fragment', 'GET /echo HTTP/1.1\r\nHost: a#b\r\n\r\n', [400]],
  ['a Host with a backslash', 'GET /echo HTTP/1.1\r\nHost: a\\b\r\n\r\n', [400]],
  ['HTTP/1.1 with a digit more', 'GET /echo HTTP/1.12\r\nHost: a\r\n\r\n', [400]],
  ['HTTP/0.9', 'GET /echo\r\n\r\n', [505]],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400]],
  ['TLS', '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03', [400]],
  ['an unknown verb', 'FOO /echo HTTP/1.1\r\nHost: a\r\n\r\n', [400]],
  ['a target with a blank', 'GET /echo /b HTTP/1.1\r\nHost: a\r\n\r\n', [400]],
  ['a header without a name', 'GET /echo HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n', [400]],
  ['a header without a colon', 'GET /echo HTTP/1.1\r\nHost: a\r\nmark\r\n\r\n', [400]],
  ['a zero byte in a header', 'GET /echo HTTP/1.1\r\nHost: a\r\nX-Mark: a\x00b\r\n\r\n', [400]],
  ['a carriage return in a header', 'GET /echo HTTP/1.1\r\nHost: a\r\nX-Mark: a\rb\r\n\r\n', [400]],
  ['an empty header', 'GET /echo HTTP/1.1\r\nHost: a\r\nX-Other:\r\nX-Mark: 1\r\n\r\n', [200], 'mark=1.'],
  ['empty lines before a request', '\r\n\r\nGET /echo HTTP/1.1\r\nHost: a\r\n\r\n', [200], 'GET /echo'],
  [
    'HEAD',
    'HEAD /echo HTTP/1.1\r\nHost: a\r\n\r\nGET /echo?next HTTP/1.1\r\nHost: a\r\n\r\n',
    [200, 200],
    '/echo?next',
  ],
  [
    'a request in the payload of a refused one',
    `POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}GET /echo?next HTTP/1.1\r\nHost: a\r\n\r\n`,
    [404, 200],
    '/echo?next',
  ],
];

test('the front door', async (door) => {
  const gateway = await startGateway(await bundleTree({ ...echo, ...read }));
  for (const [name, bytes, statuses, holds = ''] of rows) {
    await door.test(`answers ${name} with ${statuses.join(', ')}`, async () => {
      const answers = await sendRaw(gateway.port, bytes);
      assert.deepEqual(statusesIn(answers), statuses, answers);
      assert.ok(answers.includes(holds), answers);
      if (!statuses.includes(200) || holds.includes('hidden')) return;
      assert.ok(!answers.includes('hidden'), 'hidden bytes were run as a request');
    });
  }

  await door.test('keeps all of 2,500 headers', async () => {
    const many = Array.from({ length: 2500 }, (_, index) => `A${index}: b`).join('\r\n');
    const answers = await sendRaw(gateway.port, `GET /echo HTTP/1.1\r\nHost: a\r\n${many}\r\nLast: here\r\n\r\n`);
    assert.match(answers, /last=here\./);
  });
});

const text =
  '{request.verb} {request.uri} host={request.header.host}. upgrade={request.header.upgrade}. mark={request.header.x-mark}. platform={request.header.x-apigee-mark}. last={request.header.last}.';

const echo = proxy(
  'echo',
  proxyEndpoint('/echo', preFlow(step('AM')) + noTarget),
  `<AssignMessage name="AM"><Set><Payload contentType="text/plain">${text}</Payload></Set><IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables></AssignMessage>`,
);

const read = proxy(
  'read',
  proxyEndpoint('/read', preFlow(step('AM')) + noTarget),
  '<AssignMessage name="AM"><Set><Payload contentType="text/plain">host={request.header.host}. mark={request.header.x-mark}. payload={request.content}.</Payload></Set><IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables></AssignMessage>',
);
