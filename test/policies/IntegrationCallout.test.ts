import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { IntegrationCallout } from '../../runtime/policies/IntegrationCallout.ts';
import { SetIntegrationRequest } from '../../runtime/policies/SetIntegrationRequest.ts';
import { exchangeOf } from '../support/exchange.ts';
import { googleStandIn, type StandIn } from '../support/google.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

let google: StandIn;
before(async () => {
  google = await googleStandIn();
});
after(() => google.close());

const request = `<SetIntegrationRequest name="SIR"><ProjectId>p1</ProjectId><IntegrationName>orders</IntegrationName>
  <IntegrationRegion>europe-west1</IntegrationRegion><ApiTrigger>api_trigger/orders</ApiTrigger></SetIntegrationRequest>`;
const prepare = compilePolicy(SetIntegrationRequest, request).step;

function calling(inner = '', compiler = google.compiler) {
  return compilePolicy(IntegrationCallout, `<IntegrationCallout name="IC">${inner}</IntegrationCallout>`, { compiler });
}

test('runs the integration and keeps its answer', async () => {
  google.answers.set('execute', { status: 200, body: { executionId: 'e1', outputParameters: { total: 7 } } });
  const exchange = exchangeOf();
  await prepare(exchange);
  await calling('<Response>answer</Response>').step(exchange);
  const asked = google.asked.at(-1);
  assert.equal(asked?.url, '/v1/projects/p1/locations/europe-west1/integrations/orders:execute');
  assert.deepEqual(asked?.body, { triggerId: 'api_trigger/orders', inputParameters: {} });
  assert.equal(asked?.authorization, 'Bearer T');
  assert.equal(exchange.read('answer.status.code'), 200);
  assert.match(String(exchange.read('answer.content')), /"total":7/);
  assert.equal(exchange.read('integration.request.content'), '');
});

test('asynchronously, and the request kept', async () => {
  google.answers.set('schedule', { status: 200, body: { executionInfoIds: ['e2'] } });
  const exchange = exchangeOf();
  await prepare(exchange);
  const inner = '<AsyncExecution>true</AsyncExecution><Request clearPayload="false">integration.request</Request>';
  await calling(inner).step(exchange);
  assert.match(google.asked.at(-1)?.url ?? '', /orders:schedule$/);
  assert.match(String(exchange.read('integration.response.content')), /e2/);
  assert.match(String(exchange.read('integration.request.content')), /api_trigger/);
});

test('failures', async () => {
  google.answers.set('execute', { status: 403, body: { error: 'no' } });
  const exchange = exchangeOf();
  await prepare(exchange);
  const refused = await faultOf(calling().step, exchange);
  assert.equal(refused.code, 'steps.integrationcallout.ExecutionFailed');
  assert.match(refused.faultstring, /the answer has status 403$/);
  assert.equal(exchange.read('integration.response.status.code'), 403);
  await prepare(exchange);
  assert.equal((await faultOf(calling('', google.unreachable).step, exchange)).code, refused.code);
  const none = await faultOf(calling('<Request>nothing</Request>').step, exchange);
  assert.equal(none.code, 'steps.integrationcallout.RequestVariableNotFound');
});

test('no source of tokens is told', () => {
  const { diagnostics } = compilePolicy(IntegrationCallout, '<IntegrationCallout name="IC"/>');
  assert.deepEqual(
    diagnostics.map((one) => one.code),
    ['ZH637'],
  );
});
