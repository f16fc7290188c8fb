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
    'POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi',
    [100, 200],
  ],
  [
    'a payload over the limit',
    'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\nhi',
    [413],
    'protocol.http.TooBigBody',
  ],
  ['two at once', `GET /echo?first HTTP/1.1\r\nHost: a\r\n\r\n${hidden}`, [200, 200], '/echo?hidden'],
  [
    'a request in the payload of a refused one',
    `POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}GET /echo?next HTTP/1.1\r\nHost: a\r\n\r\n`,
    [404, 200],
    '/echo?next',
  ],
];

test('the front door', async (door) => {
  const gateway = await startGateway(await bundleTree(echo));
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
