import type { StepConfig } from '../bundle/flow.ts';
import type { PlanRecorder } from '../debug/plan-recorder.ts';
import { nearest } from '../diagnostic.ts';
import { Fault, type FaultOrigin, flowFaults } from '../fault.ts';
import type { Exchange, Outcome } from '../message/exchange.ts';
import type { Step } from '../policies/policy.ts';
import { StoreFailure } from '../state/store-failure.ts';
import type { CompiledPolicy } from './compiled-policy.ts';
import { bufferable, type FlowCompiler } from './flow-compiler.ts';
import { withPayloads } from './payload.ts';
import { resumable } from './resume.ts';
import { nothing } from './sequence.ts';

/** A Step element: its policy under its condition. */
export function compileStep(config: StepConfig, compiler: FlowCompiler): Step {
  return resumable(config.Name?.text ?? '', compileAttachment(config, compiler), compiler.parts);
}

function compileAttachment(config: StepConfig, compiler: FlowCompiler): Step {
  const name = config.Name?.text;
  if (name === undefined || name === '') {
    compiler.parts.diagnostics.error('ST001', config.at, '<Step> names no policy.', 'Add <Name>POLICY</Name> to it.');
    return nothing;
  }
  const policy = compiler.parts.policy(name);
  if (policy === undefined) {
    const { policies, unreadable } = compiler.parts.bundle;
    // Its file is faulty, which is reported there.
    if (unreadable.has(name) || policies.has(name)) return nothing;
    const known = [...policies.keys()];
    const [best] = nearest(name, known);
    const hint =
      best === undefined
        ? known.length === 0
          ? 'The bundle has no policies.'
          : `Policies here: ${known.slice(0, 12).join(', ')}.`
        : `Did you mean "${best}"?`;
    compiler.parts.diagnostics.error(
      'BN010',
      config.Name?.at ?? config.at,
      `There is no policy named "${name}" in this bundle.`,
      hint,
    );
    return nothing;
  }
  const { recorder } = compiler.parts;
  if (recorder !== undefined) return recordedStep(config, policy, recorder, compiler);
  const run = policySteps(policy, compiler);
  if (config.Condition === undefined || run === nothing) return run;
  const condition = compiler.parts.condition(config.Condition.text, config.Condition.at);
  if (condition === undefined) return nothing;
  if (condition.constant === true) return run;
  if (condition.constant === false) return nothing;
  const { test } = condition;
  return withPayloads(
    (exchange) => (test(exchange) ? run(exchange) : undefined),
    bufferable(condition.needs, compiler.scope),
  );
}

/** The same with each run noted, and each time it does not run. */
function recordedStep(
  config: StepConfig,
  policy: CompiledPolicy,
  recorder: PlanRecorder,
  compiler: FlowCompiler,
): Step {
  const { name, element, file, line, continueOnError } = policy;
  const site = { policy: name, type: element, file, line, continueOnError, condition: config.Condition?.text };
  if (!policy.enabled) return recorder.step(site, undefined, undefined);
  const run = policySteps({ ...policy, step: recorder.failing(site, policy.step) }, compiler);
  if (config.Condition === undefined) return recorder.step(site, run, undefined);
  const condition = compiler.parts.condition(config.Condition.text, config.Condition.at);
  if (condition === undefined) return nothing;
  return withPayloads(recorder.step(site, run, condition.test), bufferable(condition.needs, compiler.scope));
}

/** A policy as a step: payloads first, its failure marked, `continueOnError` and time limit folded in. */
function policySteps(policy: CompiledPolicy, compiler: FlowCompiler): Step {
  if (!policy.enabled) return nothing;
  let step = withPayloads(policy.step, bufferable(policy.needs, compiler.scope));
  if (compiler.parts.timed) step = timed(step, `apigee.metrics.policy.${policy.name}.timeTaken`);
  step = policy.continueOnError ? continuing(step, policy) : marking(step, policy);
  return compiler.scope.hasDeadline ? withinDeadline(step) : step;
}

function marking(step: Step, policy: CompiledPolicy): Step {
  return (exchange) => {
    let outcome: Outcome;
    try {
      outcome = step(exchange);
    } catch (error) {
      throw markFailed(exchange, error, policy);
    }
    if (outcome === undefined) return undefined;
    return outcome.then(undefined, (error: unknown) => {
      throw markFailed(exchange, error, policy);
    });
  };
}

function continuing(step: Step, policy: CompiledPolicy): Step {
  const swallow = (exchange: Exchange, error: unknown): void => {
    if (!(error instanceof Fault || error instanceof StoreFailure)) throw error;
    markFailed(exchange, error, policy);
    if (error instanceof StoreFailure) return;
    if (error.endsFlow) throw error;
    // RaiseFault has put its response in place already; the flow goes on without it.
    if (error.carriesResponse && exchange.fault === undefined) exchange.error = undefined;
  };
  return (exchange) => {
    let outcome: Outcome;
    try {
      outcome = step(exchange);
    } catch (error) {
      return swallow(exchange, error);
    }
    return outcome === undefined ? undefined : outcome.then(undefined, (error: unknown) => swallow(exchange, error));
  };
}

/** @returns what the step fails with: a store out of reach is a fault like others, which fault rules can handle */
function markFailed(exchange: Exchange, failure: unknown, policy: CompiledPolicy): unknown {
  const error = failure instanceof StoreFailure ? new Fault(flowFaults.storeUnavailable) : failure;
  if (error instanceof Fault && error.origin === undefined) error.origin = originOf(policy);
  for (const prefix of policy.failedPrefixes) {
    exchange.setVariable(`${prefix}.${policy.name}.failed`, true);
    // The reference shows fault rule conditions without the policy's name too.
    exchange.setVariable(`${prefix}.failed`, true);
  }
  return error;
}

function originOf(policy: CompiledPolicy): FaultOrigin {
  return { policy: policy.name, element: policy.element, file: policy.file, line: policy.line };
}

/** `api.timeout` is checked after every policy. */
function withinDeadline(step: Step): Step {
  const check = (exchange: Exchange): void => {
    if (Date.now() > exchange.deadline && exchange.fault === undefined) throw new Fault(flowFaults.apiTimedOut);
  };
  return (exchange) => {
    const outcome = step(exchange);
    if (outcome !== undefined) return outcome.then(() => check(exchange));
    check(exchange);
    return undefined;
  };
}

function timed(step: Step, variable: string): Step {
  const note = (exchange: Exchange, start: bigint): void => {
    exchange.setVariable(variable, Number(process.hrtime.bigint() - start));
  };
  return (exchange) => {
    const start = process.hrtime.bigint();
    const outcome = step(exchange);
    if (outcome !== undefined) return outcome.then(() => note(exchange, start));
    note(exchange, start);
    return undefined;
  };
}
