import type { Fault } from '../fault.ts';
import { type Exchange, Phase } from '../message/exchange.ts';
import { readOnly, type Variable } from './variable.ts';

/** The fault of an error flow. Apigee: flow variables reference, `error` and `fault`. Null outside an error flow. */
export const errorVariables: ReadonlyMap<string, Variable> = new Map([
  ['is.error', readOnly((exchange) => exchange.isError)],
  ['error.message', ofFault((fault) => fault.faultstring)],
  ['error.state', ofFault((_, exchange) => exchange.phase)],
  ['fault.name', ofFault((fault) => fault.faultName)],
  ['fault.reason', ofFault((fault) => fault.detailReason ?? fault.faultstring)],
  ['fault.category', ofFault(category)],
  ['fault.subcategory', ofFault((fault) => (category(fault) === 'Step' ? undefined : fault.faultName))],
  ['fault.type', ofFault(category)],
  ['apigee.edge.execution.fault_code', ofFault((fault) => fault.code)],
  ['apigee.edge.execution.fault_policy_name', ofFault((fault) => fault.origin?.policy)],
  ['apigee.edge.execution.fault_flow_name', ofFault((_, exchange) => exchange.flowName || undefined)],
  ['apigee.edge.execution.fault_flow_state', ofFault((_, exchange) => flowStates.get(exchange.phase))],
  ['apigee.edge.execution.is_policy_error', ofFault((fault) => Number(category(fault) === 'Step'))],
  ['apigee.edge.execution.is_target_error', ofFault((fault) => Number(isTargetError(fault)))],
  ['apigee.edge.execution.is_apigee_fault', ofFault((fault) => Number(!isTargetError(fault)))],
]);

const flowStates: ReadonlyMap<Phase, string> = new Map([
  [Phase.proxyRequest, 'PROXY_REQ_FLOW'],
  [Phase.targetRequest, 'TARGET_REQ_FLOW'],
  [Phase.targetResponse, 'TARGET_RESP_FLOW'],
  [Phase.proxyResponse, 'PROXY_RESP_FLOW'],
  [Phase.postClient, 'PROXY_POST_RESP_FLOW'],
]);

function ofFault(read: (fault: Fault, exchange: Exchange) => unknown): Variable {
  return readOnly((exchange) => (exchange.fault === undefined ? undefined : read(exchange.fault, exchange)));
}

/** Apigee: fault handling, fault taxonomy. Policies are steps. */
function category(fault: Fault): string {
  if (fault.code.startsWith('steps.') || fault.origin !== undefined) return 'Step';
  if (transportFaults.has(fault.faultName)) return 'Transport';
  return fault.faultName === 'InternalServerError' ? 'System' : 'Messaging';
}

const transportFaults: ReadonlySet<string> = new Set([
  'GatewayTimeout',
  'NoResolvedHost',
  'ServiceUnavailable',
  'SslHandshakeFailed',
  'UnexpectedEOFAtTarget',
]);

/** The target answered with an error, as opposed to a fault that arose here. */
function isTargetError(fault: Fault): boolean {
  return fault.faultName === 'ErrorResponseCode';
}
