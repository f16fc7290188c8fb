import type { Named } from '../bundle/bundle.ts';
import type { TargetEndpointConfig } from '../bundle/target.ts';
import type { PlanRecorder } from '../debug/plan-recorder.ts';
import { Fault, flowFaults } from '../fault.ts';
import { type Exchange, type Outcome, Phase } from '../message/exchange.ts';
import type { Step } from '../policies/policy.ts';
import { compileFaultRules } from './fault-rules.ts';
import type { FlowCompiler } from './flow-compiler.ts';
import { type CompiledFlows, compileFlows } from './flows.ts';
import { hookSteps } from './hook.ts';
import { withPayloads } from './payload.ts';
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
  const kind = config.config.LocalTargetConnection === undefined ? 'http' : 'local';
  const recorder = compiler.parts.recorder;
  const connect = (call: Step): Step => recorder?.target(config.name, kind, call) ?? call;
  return targetSide(target, flows, rules, hasDeadline, connect);
}

/** The target side of a RouteRule's URL: no target flows, no fault rules. */
export function bareTargetSide(target: Target, hasDeadline: boolean, recorder: PlanRecorder | undefined): Step {
  const connect = (call: Step): Step => recorder?.target('', 'http', call) ?? call;
  return targetSide(target, { request: nothing, response: nothing }, undefined, hasDeadline, connect);
}

/** @param around puts the recording around the call, if there is one */
function targetSide(
  target: Target,
  flows: CompiledFlows,
  rules: Step | undefined,
  hasDeadline: boolean,
  around: (call: Step) => Step,
): Step {
  const enter: Step = (exchange) => {
    exchange.phase = Phase.targetRequest;
    exchange.faultRules = rules;
    target.begin(exchange);
  };
  const connect: Step = withPayloads(
    around((exchange) => target.connect(exchange)),
    target.needs,
  );
  return sequence([
    enter,
    hookSteps.PreTargetFlowHook,
    flows.request,
    hasDeadline ? checkDeadline : nothing,
    connect,
    (exchange) => received(exchange, target),
    flows.response,
    hookSteps.PostTargetFlowHook,
  ]);
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
