import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Fault, flowFaults } from '../../runtime/fault.ts';
import { defaultError, handleFault } from '../../runtime/flow/faulted.ts';
import { Body } from '../../runtime/message/body.ts';
import { type Exchange, Phase } from '../../runtime/message/exchange.ts';
import type { Message } from '../../runtime/message/message.ts';
import { RaiseFault } from '../../runtime/policies/RaiseFault.ts';
import { type ExchangeOptions, exchangeOf, responseOf } from '../support/exchange.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

function policyOf(inner: string) {
  return compilePolicy(RaiseFault, `<RaiseFault name="RF-1">${inner}</RaiseFault>`);
}

async function raised(inner: string, exchange: Exchange): Promise<Fault> {
  const fault = await faultOf(policyOf(inner).step, exchange);
  assert.equal(fault.code, 'steps.raisefault.RaiseFault');
  assert.equal(fault.faultName, 'RaiseFault');
  assert.equal(fault.carriesResponse, true);
  return fault;
}

function shown(message: Message | undefined): string {
  if (message === undefined) return 'none';
  const { raw } = message.headers;
  const fields: string[] = [];
  for (let at = 0; at < raw.length; at += 2) fields.push(`${raw[at]}: ${raw[at + 1]}`);
  return [`${message.status} ${message.reason}`, ...fields, '', message.content].join('\n');
}

const plainBody =
  '{"fault":{"faultstring":"Raising fault. Fault name : RF-1","detail":{"errorcode":"steps.raisefault.RaiseFault"}}}';

interface Row {
  readonly name: string;
  readonly policy: string;
  readonly before?: ExchangeOptions;
  readonly error: string;
}

const rows: readonly Row[] = [
  {
    name: 'answers with its status, reason, headers and payload',
    policy: `<FaultResponse><Set><Headers><Header name="x-why">{request.queryparam.why}</Header></Headers>
      <Payload contentType="application/json">{"error":"{request.queryparam.why}"}</Payload>
      <StatusCode>422</StatusCode><ReasonPhrase>Unprocessable</ReasonPhrase></Set></FaultResponse>`,
    before: { uri: '/v1?why=bad' },
    error: '422 Unprocessable\nx-why: bad\nContent-Type: application/json\n\n{"error":"bad"}',
  },
  {
    name: 'without a payload has the standard body',
    policy: '<FaultResponse><Set><StatusCode>403</StatusCode></Set></FaultResponse>',
    error: `403 Forbidden\nContent-Type: application/json\n\n${plainBody}`,
  },
  {
    name: 'bare is a 500',
    policy: '',
    error: `500 Internal Server Error\nContent-Type: application/json\n\n${plainBody}`,
  },
  {
    name: 'with an empty payload has an empty body',
    policy: '<FaultResponse><Set><StatusCode>200</StatusCode><Payload/></Set></FaultResponse>',
    error: '200 OK\n\n',
  },
  {
    name: 'ignores unresolved variables unless told not to',
    policy: '<FaultResponse><Set><Payload>[{none}]</Payload><StatusCode>{none}</StatusCode></Set></FaultResponse>',
    error: '500 Internal Server Error\n\n[]',
  },
  {
    name: 'shortens its text with ShortFaultReason',
    policy: '<ShortFaultReason>true</ShortFaultReason>',
    error: `500 Internal Server Error\nContent-Type: application/json\n\n${plainBody.replace('Raising fault. Fault name : ', '')}`,
  },
  {
    name: 'runs its actions in document order',
    policy: `<FaultResponse><Set><Headers><Header name="a">1</Header></Headers></Set><AssignVariable><Name>v</Name><Value>2</Value></AssignVariable>
      <Add><Headers><Header name="a">{v}</Header></Headers></Add><Set><Payload/></Set></FaultResponse>`,
    error: '500 Internal Server Error\na: 1\na: 2\n\n',
  },
  {
    name: 'copies from the current message',
    policy: '<FaultResponse><Copy><Headers/></Copy><Copy source="request"><Payload/></Copy></FaultResponse>',
    before: { headers: { a: '1' }, body: 'p' },
    error: '500 Internal Server Error\na: 1\n\np',
  },
  {
    name: 'leaves the response of the target behind',
    policy: '<FaultResponse><Set><Payload>new</Payload><StatusCode>502</StatusCode></Set></FaultResponse>',
    before: { phase: Phase.proxyResponse, response: responseOf({ headers: { a: '1' }, body: 'old' }) },
    error: '502 Bad Gateway\n\nnew',
  },
];

describe('RaiseFault', () => {
  for (const { name, policy, before, error } of rows) {
    it(name, async () => {
      const exchange = exchangeOf(before);
      await raised(policy, exchange);
      assert.equal(shown(exchange.error), error);
      assert.equal(exchange.read('raisefault.failed'), true);
    });
  }

  it('lets go of the response of the target that nobody will read', async () => {
    let cancelled = 0;
    const source = {
      declaredLength: undefined,
      start: () => undefined,
      pause: () => undefined,
      resume: () => undefined,
      cancel: () => {
        cancelled++;
      },
    };
    const body = Body.ofSource(source, { bytes: 10, tooBig: flowFaults.responseTooBig });
    const exchange = exchangeOf({ phase: Phase.proxyResponse, response: responseOf({ body }) });
    const fault = await raised('', exchange);
    assert.equal(cancelled, 0);
    handleFault(exchange, fault);
    assert.equal(cancelled, 1);
    assert.equal(shown(exchange.error), `500 Internal Server Error\nContent-Type: application/json\n\n${plainBody}`);
  });

  it('shares nothing between calls', async () => {
    const policy = policyOf('<FaultResponse><Add><Headers><Header name="a">1</Header></Headers></Add></FaultResponse>');
    const first = exchangeOf();
    const second = exchangeOf();
    await faultOf(policy.step, first);
    await faultOf(policy.step, second);
    assert.equal(shown(first.error), shown(second.error));
    assert.equal(
      shown(second.error),
      `500 Internal Server Error\nContent-Type: application/json\na: 1\n\n${plainBody}`,
    );
  });

  for (const policy of [
    '<IgnoreUnresolvedVariables>false</IgnoreUnresolvedVariables><FaultResponse><Set><Payload>{none}</Payload></Set></FaultResponse>',
    '<FaultResponse><IgnoreUnresolvedVariables>false</IgnoreUnresolvedVariables><Set><Payload>{none}</Payload></Set></FaultResponse>',
  ]) {
    it('can fail itself', async () => {
      const exchange = exchangeOf();
      const fault = await faultOf(policyOf(policy).step, exchange);
      assert.equal(fault.code, 'steps.raisefault.UnresolvedVariable');
      assert.equal(fault.faultstring, 'RaiseFault[RF-1]: unable to resolve variable none');
      assert.equal(fault.carriesResponse, false);
      assert.equal(exchange.error, undefined);
    });
  }

  it('takes AssignTo with a warning', () => {
    const policy = '<AssignTo createNew="false"/><FaultResponse><AssignTo>request</AssignTo></FaultResponse>';
    assert.deepEqual(
      policyOf(policy).diagnostics.map((one) => [one.severity, one.code]),
      [
        ['warning', 'ZH113'],
        ['warning', 'ZH113'],
      ],
    );
  });
});

describe('RaiseFault in a fault rule', () => {
  it('replaces another error', async () => {
    const exchange = exchangeOf();
    exchange.fault = new Fault({ code: 'steps.x.Y', status: 401, text: 'no' });
    exchange.error = defaultError(exchange.fault);
    await raised('<FaultResponse><Set><Headers><Header name="a">1</Header></Headers></Set></FaultResponse>', exchange);
    assert.equal(
      shown(exchange.error),
      `500 Internal Server Error\nContent-Type: application/json\na: 1\n\n${plainBody}`,
    );
  });

  it('replaces the error of a target, which goes through as it came otherwise', async () => {
    const response = responseOf({ status: 503, headers: { a: '1' }, body: 'from the target' });
    const exchange = exchangeOf({ phase: Phase.targetResponse, response });
    exchange.fault = new Fault(flowFaults.errorResponseCode);
    exchange.fault.carriesResponse = true;
    exchange.error = response;
    await raised('<FaultResponse><Set><StatusCode>502</StatusCode></Set></FaultResponse>', exchange);
    assert.equal(shown(exchange.error), `502 Bad Gateway\nContent-Type: application/json\n\n${plainBody}`);
  });

  it('writes over what another RaiseFault made, and keeps the rest', async () => {
    const exchange = exchangeOf();
    const first = `<FaultResponse><Set><Headers><Header name="a">1</Header><Header name="b">1</Header></Headers>
      <Payload contentType="text/plain">first</Payload><StatusCode>422</StatusCode></Set></FaultResponse>`;
    exchange.fault = await raised(first, exchange);
    const second = `<FaultResponse><Add><Headers><Header name="a">2</Header></Headers></Add>
      <Set><Headers><Header name="b">2</Header></Headers><StatusCode>409</StatusCode></Set></FaultResponse>`;
    await raised(second, exchange);
    assert.equal(shown(exchange.error), '409 Conflict\na: 1\nb: 2\nContent-Type: text/plain\na: 2\n\nfirst');
  });
});
