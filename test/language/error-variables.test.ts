import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault, flowFaults } from '../../runtime/fault.ts';
import { type Exchange, Phase } from '../../runtime/message/exchange.ts';
import { exchangeOf, responseOf } from '../support/exchange.ts';
import { read, readsAs, write } from '../support/variables.ts';

function failed(): Exchange {
  const exchange = exchangeOf({ phase: Phase.proxyResponse, response: responseOf({ status: 200, body: 'fine' }) });
  exchange.fault = new Fault({ code: 'steps.raisefault.RaiseFault', status: 500, text: 'Raising fault' }, 'It failed');
  exchange.fault.origin = { policy: 'RF-1', element: 'RaiseFault', file: 'policies/RF-1.xml', line: 1 };
  exchange.error = responseOf({ status: 418, reason: 'Teapot', headers: { 'x-e': 'e' }, body: 'oops' });
  exchange.flowName = 'PostFlow';
  return exchange;
}

readsAs('error flow', failed(), [
  ['is.error', true],
  ['error.content', 'oops'],
  ['error.status.code', 418],
  ['error.reason.phrase', 'Teapot'],
  ['error.header.x-e', 'e'],
  ['error.state', Phase.proxyResponse],
  ['error.message', 'It failed'],
  ['message.status.code', 418],
  ['message.content', 'oops'],
  ['response.content', 'fine'],
  ['fault.name', 'RaiseFault'],
  ['fault.reason', 'It failed'],
  ['fault.category', 'Step'],
  ['fault.type', 'Step'],
  ['fault.subcategory', undefined],
  ['apigee.edge.execution.fault_code', 'steps.raisefault.RaiseFault'],
  ['apigee.edge.execution.fault_policy_name', 'RF-1'],
  ['apigee.edge.execution.fault_flow_name', 'PostFlow'],
  ['apigee.edge.execution.fault_flow_state', 'PROXY_RESP_FLOW'],
  ['apigee.edge.execution.is_policy_error', 1],
  ['apigee.edge.execution.is_target_error', 0],
  ['apigee.edge.execution.is_apigee_fault', 1],
]);

readsAs('a fault outside policies', faulted(flowFaults.gatewayTimeout), [
  ['fault.name', 'GatewayTimeout'],
  ['fault.category', 'Transport'],
  ['apigee.edge.execution.is_policy_error', 0],
  ['apigee.edge.execution.fault_policy_name', undefined],
]);

readsAs('an error answer of the target', faulted(flowFaults.errorResponseCode), [
  ['fault.name', 'ErrorResponseCode'],
  ['fault.category', 'Messaging'],
  ['apigee.edge.execution.is_target_error', 1],
  ['apigee.edge.execution.is_apigee_fault', 0],
]);

function faulted(kind: (typeof flowFaults)[keyof typeof flowFaults]): Exchange {
  const exchange = exchangeOf();
  exchange.fault = new Fault(kind);
  return exchange;
}

readsAs('no error', exchangeOf(), [
  ['is.error', false],
  ['error.message', undefined],
  ['error.state', undefined],
  ['fault.name', undefined],
  ['fault.category', undefined],
  ['apigee.edge.execution.fault_code', undefined],
]);

test('writes to the pending error', () => {
  const exchange = failed();
  write(exchange, 'error.content', 'mended');
  write(exchange, 'error.header.x-e', 'f');
  write(exchange, 'error.status.code', 503);
  assert.equal(read(exchange, 'message.content'), 'mended');
  assert.equal(read(exchange, 'message.header.x-e'), 'f');
  assert.equal(read(exchange, 'message.status.code'), 503);
  assert.equal(read(exchange, 'response.content'), 'fine');
  const plain = exchangeOf();
  write(plain, 'error.content', 'nowhere');
  write(plain, 'response.content', 'nowhere');
  assert.equal(read(plain, 'error.content'), undefined);
  assert.equal(read(plain, 'response.content'), undefined);
});
