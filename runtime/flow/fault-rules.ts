import type { DefaultFaultRuleConfig, FaultRuleConfig } from '../bundle/flow.ts';
import { BodyNeed } from '../message/body-need.ts';
import type { Exchange, Outcome } from '../message/exchange.ts';
import type { Step } from '../policies/policy.ts';
import { bufferable, type FlowCompiler } from './flow-compiler.ts';
import { compileSteps } from './flows.ts';
import { withPayloads } from './payload.ts';
import { nothing } from './sequence.ts';
import { verdict } from './verdict.ts';

/** Fault rules of an endpoint. Apigee: handling faults. */

interface FaultRulesConfig {
  readonly FaultRules: { readonly FaultRule: readonly FaultRuleConfig[] } | undefined;
  readonly DefaultFaultRule: DefaultFaultRuleConfig | undefined;
}

interface Rule {
  readonly test: (exchange: Exchange) => boolean;
  readonly step: Step;
}

/**
 * Runs the first rule whose condition holds, in the order the endpoint kind asks for; when none does, or it says
 * AlwaysEnforce, the default rule. Undefined when there is nothing to run.
 * @param order a ProxyEndpoint looks at its last rule first, a TargetEndpoint at its first
 */
export function compileFaultRules(
  config: FaultRulesConfig,
  order: 'lastFirst' | 'firstFirst',
  compiler: FlowCompiler,
): Step | undefined {
  const needs: { body: BodyNeed } = { body: BodyNeed.none };
  const side = order === 'lastFirst' ? 'proxy' : 'target';
  const rules = (config.FaultRules?.FaultRule ?? []).map((rule) => compileRule(rule, side, compiler, needs));
  if (order === 'lastFirst') rules.reverse();
  const fallback =
    config.DefaultFaultRule === undefined
      ? undefined
      : compileRule(config.DefaultFaultRule, side, compiler, needs, true);
  if (rules.length === 0 && fallback === undefined) return undefined;
  warnOfSeveralWithoutCondition(config.FaultRules?.FaultRule ?? [], compiler);
  const enforced = config.DefaultFaultRule?.AlwaysEnforce?.text ?? false;
  return withPayloads(ruleRunner(rules, fallback, enforced), bufferable(needs.body, compiler.scope));
}

function ruleRunner(rules: readonly Rule[], fallback: Rule | undefined, enforced: boolean): Step {
  return (exchange) => runRules(exchange, rules, fallback, enforced);
}

function runRules(exchange: Exchange, rules: readonly Rule[], fallback: Rule | undefined, enforced: boolean): Outcome {
  for (const rule of rules) {
    if (!rule.test(exchange)) continue;
    // A rule that raises a fault leaves here by throwing: the default rule does not run after it.
    const outcome = rule.step(exchange);
    if (!enforced) return outcome;
    return outcome === undefined
      ? runFallback(exchange, fallback)
      : outcome.then(() => runFallback(exchange, fallback));
  }
  return runFallback(exchange, fallback);
}

function runFallback(exchange: Exchange, fallback: Rule | undefined): Outcome {
  return fallback?.test(exchange) ? fallback.step(exchange) : undefined;
}

function compileRule(
  config: FaultRuleConfig | DefaultFaultRuleConfig,
  side: 'proxy' | 'target',
  compiler: FlowCompiler,
  needs: { body: BodyNeed },
  isDefault = false,
): Rule {
  const condition =
    config.Condition === undefined || config.Condition.text.trim() === ''
      ? undefined
      : compiler.parts.condition(config.Condition.text, config.Condition.at);
  needs.body |= condition?.needs ?? BodyNeed.none;
  const step = compileSteps(config, compiler);
  if (step === nothing && condition === undefined) {
    const message = `Fault rule "${config.name?.text ?? ''}" has no steps; faults it handles get the default answer.`;
    compiler.parts.diagnostics.warning('FR002', config.at, message);
  }
  const name = config.name?.text ?? '';
  return {
    test: verdict('faultRule', name, config.Condition, condition, compiler),
    step: compiler.parts.recorder?.faultRule(name, side, isDefault, step) ?? step,
  };
}

function warnOfSeveralWithoutCondition(rules: readonly FaultRuleConfig[], compiler: FlowCompiler): void {
  const bare = rules.filter((rule) => (rule.Condition?.text.trim() ?? '') === '');
  const [, second] = bare;
  if (second === undefined) return;
  const message = 'Several fault rules have no condition; only one of them can ever run.';
  compiler.parts.diagnostics.warning(
    'FR001',
    second.at,
    message,
    'Give each a condition, for example fault.name = "...".',
  );
}
