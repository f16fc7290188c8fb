import type { ConditionalFlowConfig, DirectionConfig, StepConfig, UnconditionalFlowConfig } from '../bundle/flow.ts';
import { type BodyNeed, BodyNeed as Need } from '../message/body-need.ts';
import type { Exchange } from '../message/exchange.ts';
import type { Step } from '../policies/policy.ts';
import { policiesOf, responsePolicies } from './attachments.ts';
import { bufferable, type FlowCompiler } from './flow-compiler.ts';
import { withPayloads } from './payload.ts';
import { resumeUnless } from './resume.ts';
import { nothing, sequence } from './sequence.ts';
import { compileStep } from './step.ts';
import { verdict } from './verdict.ts';

/** PreFlow, conditional flows and PostFlow of an endpoint. Apigee: flow configuration reference. */

export type Direction = 'Request' | 'Response';
export type Side = 'proxy' | 'target';

interface FlowsConfig {
  readonly PreFlow: UnconditionalFlowConfig | undefined;
  readonly Flows: { readonly Flow: readonly ConditionalFlowConfig[] } | undefined;
  readonly PostFlow: UnconditionalFlowConfig | undefined;
}

export interface CompiledFlows {
  readonly request: Step;
  readonly response: Step;
}

/** PreFlow, then the first conditional flow whose condition holds, then PostFlow; request and response apart. */
export function compileFlows(config: FlowsConfig, side: Side, compiler: FlowCompiler): CompiledFlows {
  const conditions = new FlowConditions(config.Flows?.Flow ?? [], compiler);
  const one = (direction: Direction, start: Step, beforePostFlow: Step): Step =>
    sequence([
      start,
      unconditional('PreFlow', config.PreFlow, direction, side, compiler),
      conditions.firstMatching(direction, side),
      beforePostFlow,
      unconditional('PostFlow', config.PostFlow, direction, side, compiler),
    ]);
  const resume = resumeUnless(responsePolicies(config), compiler.parts);
  const resumeLate = resumeUnless(policiesOf([config.PostFlow]), compiler.parts);
  return { request: one('Request', nothing, nothing), response: one('Response', resume, resumeLate) };
}

export function compileDirection(config: DirectionConfig | undefined, compiler: FlowCompiler): Step {
  return config === undefined ? nothing : compileSteps(config, compiler);
}

/** Steps in the order they are written; `Policy` is the old spelling of `Step`. */
export function compileSteps(
  config: { readonly Step: readonly StepConfig[]; readonly Policy: readonly StepConfig[] },
  compiler: FlowCompiler,
): Step {
  const steps = [...config.Step, ...config.Policy].sort((a, b) => a.at.offset - b.at.offset);
  return sequence(steps.map((step) => compileStep(step, compiler)));
}

function unconditional(
  name: string,
  config: UnconditionalFlowConfig | undefined,
  direction: Direction,
  side: Side,
  compiler: FlowCompiler,
): Step {
  return directedFlow(name, config, direction, side, compiler);
}

function directedFlow(
  name: string,
  config: UnconditionalFlowConfig | ConditionalFlowConfig | undefined,
  direction: Direction,
  side: Side,
  compiler: FlowCompiler,
): Step {
  const step = compileDirection(config?.[direction], compiler);
  if (step === nothing) return nothing;
  const { recorder } = compiler.parts;
  const heard = direction === 'Request' ? 'request' : 'response';
  return namedFlow(name, config?.Description?.text, side, recorder?.flow(name, side, heard, step) ?? step);
}

/** Leaves the flow's name and description where flow variables read them. */
export function namedFlow(name: string, description: string | undefined, side: Side, step: Step): Step {
  if (step === nothing) return nothing;
  const enter =
    side === 'proxy'
      ? (exchange: Exchange) => {
          exchange.flowName = exchange.proxyFlowName = name;
          exchange.flowDescription = exchange.proxyFlowDescription = description;
        }
      : (exchange: Exchange) => {
          exchange.flowName = exchange.targetFlowName = name;
          exchange.flowDescription = exchange.targetFlowDescription = description;
        };
  return (exchange) => {
    enter(exchange);
    return step(exchange);
  };
}

/** The conditional flows of an endpoint. Their conditions are evaluated for the request and again for the response. */
class FlowConditions {
  readonly #flows: readonly ConditionalFlowConfig[];
  readonly #tests: ((exchange: Exchange) => boolean)[] = [];
  readonly #compiler: FlowCompiler;
  #needs: BodyNeed = Need.none;

  constructor(flows: readonly ConditionalFlowConfig[], compiler: FlowCompiler) {
    this.#flows = flows;
    this.#compiler = compiler;
    let always: ConditionalFlowConfig | undefined;
    for (const flow of flows) {
      this.#warnIfHidden(flow, always);
      const text = flow.Condition?.text.trim() ?? '';
      if (text === '') always = flow;
      const condition =
        flow.Condition === undefined || text === ''
          ? undefined
          : compiler.parts.condition(flow.Condition.text, flow.Condition.at);
      this.#needs |= condition?.needs ?? Need.none;
      this.#tests.push(verdict('flow', flow.name?.text ?? '', flow.Condition, condition, compiler));
    }
  }

  firstMatching(direction: Direction, side: Side): Step {
    const runs = this.#flows.map((flow) => directedFlow(flow.name?.text ?? '', flow, direction, side, this.#compiler));
    if (runs.every((run) => run === nothing)) return nothing;
    return withPayloads(firstHolding(this.#tests, runs), bufferable(this.#needs, this.#compiler.scope));
  }

  #warnIfHidden(flow: ConditionalFlowConfig, before: ConditionalFlowConfig | undefined): void {
    if (before === undefined) return;
    const { diagnostics } = this.#compiler.parts;
    const message = `This flow never runs: flow "${before.name?.text ?? ''}" before it has no condition and always matches.`;
    diagnostics.warning('FL001', flow.at, message, 'Give the earlier flow a condition, or move it to the end.');
  }
}

function firstHolding(tests: readonly ((exchange: Exchange) => boolean)[], runs: readonly Step[]): Step {
  return (exchange) => {
    for (let index = 0; index < tests.length; index++) {
      if (tests[index]?.(exchange)) return runs[index]?.(exchange);
    }
    return undefined;
  };
}
