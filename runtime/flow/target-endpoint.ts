import type { Named } from '../bundle/bundle.ts';
import type { TargetEndpointConfig } from '../bundle/target.ts';
import { Fault, flowFaults } from '../fault.ts';
import { type Exchange, type Outcome, Phase } from '../message/exchange.ts';
import type { Step } from '../policies/policy.ts';
import { responsePolicies } from './attachments.ts';
import { compileEventFlow } from './event-flow.ts';
import { compileFaultRules } from './fault-rules.ts';
import type { FlowCompiler } from './flow-compiler.ts';
import { type CompiledFlows, compileFlows } from './flows.ts';
import { hookSteps } from './hook.ts';
import { withPayloads } from './payload.ts';
import { requestThenResponse } from './resume.ts';
import { nothing, sequence } from './sequence.ts';
import type { Target } from './target.ts';

/** The target side of a call: hook, request flow, the call, response flow, hook. Apigee: API proxy flow sequence. */
export function compileTargetSide(
  config: Named<TargetEndpointConfig>,
  target: Target,
  hasDeadline: boolean,
  compiler: FlowCompiler,
): Step {
  const flows = compileFlows(config.config, 'target', compiler);
  const rules = compileFaultRules(config.config, 'firstFirst', compiler);
  const events = compileEventFlow(config.config.EventFlow, 'target', rules, compiler);
  const attached = compiler.parts.responseCaches.size === 0 ? undefined : responsePolicies(config.config);
  const kind = config.config.LocalTargetConnection === undefined ? 'http' : 'local';
  const connect = recordedCall(config.name, kind, target, compiler);
  return targetSide(target, flows, rules, hasDeadline, connect, attached, events);
}

/** The target side of a RouteRule's URL: no target flows, no fault rules. */
export function bareTargetSide(target: Target, hasDeadline: boolean, compiler: FlowCompiler): Step {
  const connect = recordedCall('', 'http', target, compiler);
  const attached = compiler.parts.responseCaches.size === 0 ? undefined : new Set<string>();
  return targetSide(target, { request: nothing, response: nothing }, undefined, hasDeadline, connect, attached);
}

function recordedCall(name: string, kind: 'http' | 'local', target: Target, { parts }: FlowCompiler): Step {
  const call: Step = (exchange) => target.connect(exchange);
  return parts.recorder?.target(name, kind, call) ?? call;
}

/** @param attached policies of its response flows; undefined when no response can be put in place of the target's */
function targetSide(
  target: Target,
  flows: CompiledFlows,
  rules: Step | undefined,
  hasDeadline: boolean,
  call: Step,
  attached: ReadonlySet<string> | undefined,
  events: Step = nothing,
): Step {
  const enter: Step = (exchange) => {
    exchange.phase = Phase.targetRequest;
    exchange.faultRules = rules;
    target.begin(exchange);
  };
  const connect: Step = withPayloads(call, target.needs);
  const request = [
    enter,
    hookSteps.PreTargetFlowHook,
    flows.request,
    hasDeadline ? checkDeadline : nothing,
    events === nothing ? nothing : asksForPlainText,
    connect,
    (exchange: Exchange) => received(exchange, target),
    events,
  ];
  const response = [flows.response, hookSteps.PostTargetFlowHook];
  if (attached === undefined) return sequence([...request, ...response]);
  const enterResponse = (exchange: Exchange): void => {
    exchange.phase = Phase.targetResponse;
    exchange.faultRules = rules;
  };
  return requestThenResponse(sequence(request), sequence(response), enterResponse, attached);
}

/** Events have to be read: the target is not to compress them. */
function asksForPlainText({ request }: Exchange): void {
  if (request.headers.has('accept-encoding')) request.headers.remove('Accept-Encoding');
}

function checkDeadline(exchange: Exchange): void {
  if (Date.now() > exchange.deadline) throw new Fault(flowFaults.apiTimedOut);
}

/**
 * A response whose status is no success raises an error in the target response: `error` is the response as it came.
 * Apigee: handling faults, success.codes.
 * @throws Fault messaging.adaptors.http.flow.ErrorResponseCode
 */
function received(exchange: Exchange, target: Target): Outcome {
  exchange.phase = Phase.targetResponse;
  const { response } = exchange;
  if (response === undefined || !target.isError(response.status)) return undefined;
  exchange.error = response;
  const fault = new Fault({ ...flowFaults.errorResponseCode, status: response.status });
  fault.carriesResponse = true;
  throw fault;
}
