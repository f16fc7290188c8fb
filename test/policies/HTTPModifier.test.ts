import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BodyNeed } from '../../runtime/message/body-need.ts';
import { type Exchange, Phase } from '../../runtime/message/exchange.ts';
import { HTTPModifier } from '../../runtime/policies/HTTPModifier.ts';
import { listed } from '../support/diagnostics.ts';
import { type ExchangeOptions, exchangeOf, responseOf } from '../support/exchange.ts';
import { deepJson, hostileJson, hostileXml } from '../support/hostile.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

function policyOf(inner: string) {
  return compilePolicy(HTTPModifier, `<HTTPModifier name="HM-1">${inner}</HTTPModifier>`);
}

function run(inner: string, before: ExchangeOptions = {}): Exchange {
  const exchange = exchangeOf(before);
  assert.equal(policyOf(inner).step(exchange), undefined);
  return exchange;
}

const header = (name: string, value: string) => `<Headers><Header name="${name}">${value}</Header></Headers>`;

/** Policy, request before, start line and fields after. */
const facts: readonly [string, ExchangeOptions, string][] = [
  [
    `<Remove><Headers><Header name="a"/></Headers></Remove><Set><Verb>POST</Verb>${header('b', '{request.verb}')}</Set><Add>${header('b', 'c')}</Add>`,
    { headers: { a: '1', k: '2' } },
    'POST /v1|k,2,b,POST,b,c',
  ],
  [`<Set>${header('a', 'x')}</Set><Remove><Headers><Header name="a"/></Headers></Remove>`, {}, 'GET /v1|'],
  [
    '<Set><QueryParams><QueryParam name="q">{v}</QueryParam></QueryParams></Set>',
    { uri: '/v1?q=1&r=2', variables: { v: 'x y' } },
    'GET /v1?q=x+y&r=2|',
  ],
  ['<Set><Path>/p/{request.verb}</Path></Set>', {}, 'GET /p/GET|'],
  ['<Remove><QueryParams/></Remove>', { uri: '/v1?q=1' }, 'GET /v1|'],
  ['<Remove/>', { uri: '/v1?q=1', headers: { a: '1' } }, 'GET /v1?q=1|a,1'],
  [
    `<Set>${header('a', '[{none}]')}</Set><IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables>`,
    {},
    'GET /v1|a,[]',
  ],
];

describe('HTTPModifier', () => {
  for (const [inner, before, after] of facts) {
    it(inner, () => {
      const { request } = run(inner, before);
      assert.equal(`${request.verb} ${request.uri}|${request.headers.raw.join(',')}`, after);
    });
  }

  it('form parameters are written into the payload', () => {
    const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const add = '<Add><FormParams><FormParam name="b">2</FormParam></FormParams></Add>';
    assert.equal(run(add, { verb: 'POST', headers: type, body: 'a=1' }).request.content, 'a=1&b=2');
  });

  it('a response gets a status and keeps its payload', () => {
    const set = `<AssignTo>response</AssignTo><Set><StatusCode>206</StatusCode>${header('x', '1')}</Set>`;
    const { response } = run(set, { phase: Phase.targetResponse, response: responseOf({ body: 'p' }) });
    assert.deepEqual([response?.status, response?.headers.line('x'), response?.content], [206, '1', 'p']);
  });

  it('lets a payload stream past', () => {
    assert.equal(policyOf(`<Set>${header('a', '1')}</Set>`).needs, BodyNeed.none);
  });

  for (const { name, payload } of [...hostileXml, ...hostileJson, ...deepJson]) {
    it(`does not look at ${name}`, () => {
      const { request } = run(`<Set>${header('a', '1')}</Set>`, { verb: 'POST', body: payload });
      assert.equal(request.body.length, Buffer.byteLength(payload));
    });
  }
});

describe('HTTPModifier fails on', () => {
  for (const [inner, before, code, text] of [
    [
      `<Set>${header('a', '{none}')}</Set>`,
      {},
      'UnresolvedVariable',
      'HTTPModifier[HM-1]: unable to resolve variable none',
    ],
    [
      '<AssignTo>v</AssignTo><Set><Verb>GET</Verb></Set>',
      { variables: { v: 'x' } },
      'VariableOfNonMsgType',
      'HTTPModifier[HM-1]: value of variable v is not of type Message',
    ],
    [
      '<Set><Verb>{v}</Verb></Set>',
      { variables: { v: 'a b' } },
      'SetVariableFailed',
      'HTTPModifier[HM-1]: Verb is "a b", expected a verb',
    ],
  ] as const) {
    it(inner, async () => {
      const createNew = inner.replace('<AssignTo>', '<AssignTo createNew="false">');
      const fault = await faultOf(policyOf(createNew).step, exchangeOf(before));
      assert.deepEqual([fault.code, fault.status, fault.faultstring], [`steps.httpmodifier.${code}`, 500, text]);
    });
  }
});

describe('HTTPModifier when the bundle is loaded', () => {
  for (const [inner, expected] of [
    ['', ['warning PO034']],
    ['<Remove/>', ['warning PO034']],
    ['<Set><Payload>x</Payload><Verb>GET</Verb></Set>', ['warning ZH010']],
    ['<Copy/><Set><Verb>GET</Verb></Set>', ['warning ZH010']],
    ['<Remove><Headers><Header name="a.0"/></Headers></Remove>', ['error ZH105']],
  ] as const) {
    it(inner, () => {
      const found = listed(policyOf(inner).diagnostics).map((line) => line.split(' ').slice(1, 3).join(' '));
      assert.deepEqual(found, expected);
    });
  }
});
