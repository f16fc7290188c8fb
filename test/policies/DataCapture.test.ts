import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadXPath } from '../../runtime/language/xpath.ts';
import { BodyNeed } from '../../runtime/message/body-need.ts';
import { DataCapture } from '../../runtime/policies/DataCapture.ts';
import { listed } from '../support/diagnostics.ts';
import { type ExchangeOptions, exchangeOf } from '../support/exchange.ts';
import { deepJson, hostileJson, hostileXml } from '../support/hostile.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

const xpath = await loadXPath();

function policyOf(inner: string) {
  return compilePolicy(DataCapture, `<DataCapture name="DC-1">${inner}</DataCapture>`, { compiler: { xpath } });
}

const capture = (collect: string) => `<Capture><DataCollector>dc</DataCollector>${collect}</Capture>`;

function captured(inner: string, before: ExchangeOptions): unknown {
  const calls: unknown[] = [];
  const hook = (_: unknown, policy: string, values: object, trace: boolean) => calls.push([policy, values, trace]);
  const exchange = exchangeOf({ ...before, surroundings: { capture: hook } });
  policyOf(inner).step(exchange);
  assert.equal(exchange.variables?.get('datacapture.DC-1.0.$'), undefined);
  const [[policy, values, trace] = []] = calls as [string, Record<string, unknown>, boolean][];
  assert.deepEqual([policy, trace], ['DC-1', false]);
  return values;
}

const json = { 'Content-Type': 'application/json' };
const xml = { 'Content-Type': 'text/xml' };
const form = { 'Content-Type': 'application/x-www-form-urlencoded' };

/** Collect, request, value. */
const facts: readonly [string, ExchangeOptions, unknown][] = [
  ['<Collect ref="v"/>', { variables: { v: 7 } }, '7'],
  ['<Collect ref="none" default="d"/>', {}, 'd'],
  ['<Collect ref="none"/>', {}, undefined],
  ['<Collect ref="v"/>', { variables: { v: 'x'.repeat(500) } }, 'x'.repeat(400)],
  ['<Collect default="d"><URIPath><Pattern>/foo/{$}</Pattern></URIPath></Collect>', { uri: '/v1/foo/7' }, '7'],
  ['<Collect default="d"><URIPath><Pattern>/foo/{$}</Pattern></URIPath></Collect>', { uri: '/v1/bar' }, 'd'],
  ['<Collect><QueryParam name="q"><Pattern>a{$}</Pattern></QueryParam></Collect>', { uri: '/v1?q=ab' }, 'b'],
  [
    '<Collect><Source>request</Source><Header name="h"><Pattern>{$}</Pattern></Header></Collect>',
    { headers: { h: 'x' } },
    'x',
  ],
  [
    '<Collect><FormParam name="f"><Pattern>{$}</Pattern></FormParam></Collect>',
    { verb: 'POST', headers: form, body: 'f=1' },
    '1',
  ],
  [
    '<Collect><JSONPayload><JSONPath>$.a.b</JSONPath></JSONPayload></Collect>',
    { verb: 'POST', headers: json, body: '{"a":{"b":1}}' },
    '1',
  ],
  [
    '<Collect default="d"><JSONPayload><JSONPath>$.c</JSONPath></JSONPayload></Collect>',
    { verb: 'POST', headers: json, body: '{}' },
    'd',
  ],
  [
    '<Collect default="d"><JSONPayload><JSONPath>$.__proto__</JSONPath></JSONPayload></Collect>',
    { verb: 'POST', headers: json, body: '{}' },
    'd',
  ],
  [
    '<Collect><XMLPayload><Namespaces><Namespace prefix="p">urn:p</Namespace></Namespaces><XPath>/p:a</XPath></XMLPayload></Collect>',
    { verb: 'POST', headers: xml, body: '<a xmlns="urn:p">1</a>' },
    '1',
  ],
  ['<Collect default="d"><Source>response</Source><Header name="h"><Pattern>{$}</Pattern></Header></Collect>', {}, 'd'],
];

describe('DataCapture', () => {
  for (const [collect, before, value] of facts) {
    it(collect, () => assert.deepEqual(captured(capture(collect), before), { dc: value }));
  }

  it('several collectors, named by text or attribute', () => {
    const inner = `${capture('<Collect ref="v"/>')}<Capture><DataCollector name="other" scope="x"/><Collect ref="w"/></Capture>`;
    assert.deepEqual(captured(inner, { variables: { v: 1, w: 2 } }), { dc: '1', other: '2' });
  });

  it('a value that is too long is a fault when asked for', async () => {
    const inner = `${capture('<Collect ref="v"/>')}<ThrowExceptionOnLimit>true</ThrowExceptionOnLimit>`;
    const fault = await faultOf(policyOf(inner).step, exchangeOf({ variables: { v: 'x'.repeat(401) } }));
    assert.deepEqual([fault.code, fault.status], ['steps.datacapture.LimitExceeded', 500]);
    assert.match(fault.faultstring, /^DataCapture\[DC-1\]: the value for dc is longer than 400 characters$/);
  });

  it('takes the payloads it reads', () => {
    const path = '<Collect><Source>request</Source><JSONPayload><JSONPath>$.a</JSONPath></JSONPayload></Collect>';
    assert.equal(policyOf(capture(path)).needs, BodyNeed.request);
    assert.equal(
      policyOf(capture('<Collect><URIPath><Pattern>/{$}</Pattern></URIPath></Collect>')).needs,
      BodyNeed.none,
    );
  });

  for (const { name, payload } of hostileXml) {
    it(`finds nothing in ${name}`, () => {
      const collect = '<Collect default="d"><XMLPayload><XPath>/none</XPath></XMLPayload></Collect>';
      assert.deepEqual(captured(capture(collect), { verb: 'POST', headers: xml, body: payload }), { dc: 'd' });
    });
  }
  for (const { name, payload } of [...hostileJson, ...deepJson]) {
    it(`finds nothing in ${name}`, () => {
      const collect = '<Collect default="d"><JSONPayload><JSONPath>$.none</JSONPath></JSONPayload></Collect>';
      assert.deepEqual(captured(capture(collect), { verb: 'POST', headers: json, body: payload }), { dc: 'd' });
    });
  }

  for (const [inner, expected] of [
    ['', ['warning ZH460']],
    [capture('<Collect/>'), ['warning ZH460']],
    ['<Capture><DataCollector/><Collect ref="v"/></Capture>', ['error ZH463']],
    ['<Capture><Collect ref="v"/></Capture>', ['error ZH012']],
    [capture('<Collect><URIPath><Pattern>/{</Pattern></URIPath></Collect>'), ['error ZH142']],
    [capture('<Collect><JSONPayload><JSONPath>$[</JSONPath></JSONPayload></Collect>'), ['error PO040']],
  ] as const) {
    it(`when the bundle is loaded: ${inner}`, () => {
      const found = listed(policyOf(inner).diagnostics).map((line) => line.split(' ').slice(1, 3).join(' '));
      assert.deepEqual(found, expected);
    });
  }
});
