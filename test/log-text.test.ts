import assert from 'node:assert/strict';
import { it } from 'node:test';
import { requestText } from '../runtime/log-text.ts';
import { type RequestLine, requestJson } from '../runtime/request-line.ts';

const got: RequestLine = {
  client: '127.0.0.1',
  method: 'GET',
  path: '/shop/products/42',
  proxy: 'shop',
  endpoint: 'default',
  status: 200,
  milliseconds: 3.14,
};

/** An access log line, and its text. */
const facts: readonly [RequestLine, string][] = [
  [got, 'GET /shop/products/42  shop  200  3.1 ms'],
  [{ ...got, chain: 'shop -> catalog -> stock' }, 'GET /shop/products/42  shop -> catalog -> stock  200  3.1 ms'],
  [{ ...got, status: 499, aborted: true }, 'GET /shop/products/42  shop  499  3.1 ms  the client left'],
  [
    {
      client: '127.0.0.1',
      method: 'GET',
      path: '/nothing',
      status: 404,
      fault: 'messaging.adaptors.http.flow.ApplicationNotFound',
    },
    'GET /nothing  404\n  messaging.adaptors.http.flow.ApplicationNotFound',
  ],
  [
    { ...got, status: 500, fault: 'steps.raisefault.RaiseFault', policy: 'RF', at: 'a/policies/RF.xml:1' },
    'GET /shop/products/42  shop  500  3.1 ms\n  shop: steps.raisefault.RaiseFault by RF (a/policies/RF.xml:1)',
  ],
  [
    {
      ...got,
      chain: 'shop -> stock',
      status: 500,
      fault: 'messaging.adaptors.http.flow.ErrorResponseCode',
      cause: { proxy: 'stock', fault: 'steps.raisefault.RaiseFault', policy: 'RF', at: 'a/policies/RF.xml:1' },
    },
    'GET /shop/products/42  shop -> stock  500  3.1 ms\n' +
      '  stock: steps.raisefault.RaiseFault by RF (a/policies/RF.xml:1)\n' +
      '  shop: messaging.adaptors.http.flow.ErrorResponseCode',
  ],
  [{ ...got, path: '/a\u001b[2Jb' }, 'GET /a\ufffd[2Jb  shop  200  3.1 ms'],
];

for (const [fields, text] of facts) {
  it(text.split('\n')[0] ?? '', () => assert.equal(requestText(fields, false), text));
}

it('colours are used only when asked for', () => {
  assert.ok(requestText(got, true).includes('\u001b[32m200\u001b[0m'));
});

it('the same line as JSON is what a general serializer would write', () => {
  for (const [line] of facts) {
    const time = '2026-01-02T03:04:05.678Z';
    const general = JSON.stringify({ level: 30, time, ...line, msg: 'request' });
    assert.deepEqual(JSON.parse(requestJson(line, time)), JSON.parse(general));
    assert.match(requestJson(line, time), /^[ -~]+\n$/);
  }
});
