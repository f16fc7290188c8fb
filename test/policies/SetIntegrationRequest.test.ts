import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange } from '../../runtime/message/exchange.ts';
import { SetIntegrationRequest } from '../../runtime/policies/SetIntegrationRequest.ts';
import { exchangeOf } from '../support/exchange.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

const where = (project: string): string => `${project}<IntegrationName ref="name">orders</IntegrationName>
  <IntegrationRegion>europe-west1</IntegrationRegion><ApiTrigger>api_trigger/orders</ApiTrigger>`;

function setting(inner: string, project = '<ProjectId>p1</ProjectId>') {
  return compilePolicy(
    SetIntegrationRequest,
    `<SetIntegrationRequest name="SIR">${where(project)}${inner}</SetIntegrationRequest>`,
  );
}

async function made(
  inner: string,
  variables: Readonly<Record<string, unknown>> = {},
  project?: string,
): Promise<Exchange> {
  const exchange = exchangeOf({ variables });
  await setting(`${inner}<Request>my.request</Request>`, project).step(exchange);
  return exchange;
}

const body = (exchange: Exchange): { inputParameters: unknown } =>
  JSON.parse(String(exchange.read('my.request.content')));

test('the request is a message with the path and payload of the service', async () => {
  const exchange = await made('');
  assert.equal(exchange.read('my.request.verb'), 'POST');
  assert.equal(exchange.read('my.request.path'), '/v1/projects/p1/locations/europe-west1/integrations/orders:execute');
  assert.deepEqual(body(exchange), { triggerId: 'api_trigger/orders', inputParameters: {} });
});

test('variables win over texts, and the organization is the usual project', async () => {
  const exchange = await made('', { name: 'returns' }, '');
  assert.equal(
    exchange.read('my.request.path'),
    '/v1/projects/org/locations/europe-west1/integrations/returns:execute',
  );
  const scheduled = await made('<ScheduleTime ref="t">2030-01-01T00:00:00Z</ScheduleTime>', {
    t: '2031-01-01T00:00:00Z',
  });
  assert.match(String(scheduled.read('my.request.path')), /:schedule$/);
  assert.match(String(scheduled.read('my.request.content')), /"scheduleTime":"2031-01-01T00:00:00Z"/);
});

test('parameters of every type', async () => {
  const exchange = await made(
    `<Parameters>
      <Parameter name="s" type="string">some text</Parameter><Parameter name="i" type="integer" ref="count">1</Parameter>
      <Parameter name="d" type="double">1.5</Parameter><Parameter name="b" type="boolean">true</Parameter>
      <Parameter name="j" type="json">{"a":[1]}</Parameter><Parameter name="untyped">x</Parameter>
      <Parameter name="absent" ref="nothing"/>
      <ParameterArray name="ints" type="integer"><Value ref="count">1</Value><Value>2</Value></ParameterArray>
      <ParameterArray name="texts" type="string" ref="list"><Value>1</Value></ParameterArray>
    </Parameters>`,
    { count: 7, list: ['a', 'b'] },
  );
  assert.deepEqual(body(exchange).inputParameters, {
    s: { stringValue: 'some text' },
    i: { intValue: '7' },
    d: { doubleValue: 1.5 },
    b: { booleanValue: true },
    j: { jsonValue: '{"a":[1]}' },
    untyped: { stringValue: 'x' },
    ints: { intArray: { intValues: ['7', '2'] } },
    texts: { stringArray: { stringValues: ['a', 'b'] } },
  });
});

test('values that do not fit', async () => {
  for (const [type, value] of [
    ['integer', 'x'],
    ['double', ''],
    ['boolean', 'yes'],
    ['json', '{'],
  ] as const) {
    const parameter = `<Parameters><Parameter name="p" type="${type}" ref="v"/></Parameters>`;
    const fault = await faultOf(setting(parameter).step, exchangeOf({ variables: { v: value } }));
    assert.equal(fault.code, 'steps.setintegrationrequest.InvalidParameter', type);
  }
  const fault = await faultOf(setting('').step, exchangeOf({ variables: { name: '../x' } }));
  assert.equal(fault.code, 'steps.setintegrationrequest.IncompleteRequest');
});

test('mistakes', () => {
  const { diagnostics } = compilePolicy(SetIntegrationRequest, '<SetIntegrationRequest name="SIR"/>');
  assert.deepEqual([...new Set(diagnostics.map((one) => one.code))], ['ZH012']);
});
