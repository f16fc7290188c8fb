import type { RouteRuleConfig } from '../bundle/proxy.ts';
import { nearest } from '../diagnostic.ts';
import { Fault, flowFaults } from '../fault.ts';
import { Body } from '../message/body.ts';
import { BodyNeed } from '../message/body-need.ts';
import type { Exchange } from '../message/exchange.ts';
import { Headers } from '../message/headers.ts';
import { Message } from '../message/message.ts';
import type { Step } from '../policies/policy.ts';
import { bufferable, type FlowCompiler } from './flow-compiler.ts';
import { withPayloads } from './payload.ts';
import { verdict } from './verdict.ts';

/** What a rule leads to: the whole target side of a call as one step. */
export type Routes = ReadonlyMap<string, Step>;

interface Rule {
  readonly name: string;
  readonly target: string;
  readonly test: (exchange: Exchange) => boolean;
  readonly step: Step;
}

/**
 * The first rule whose condition holds decides; a rule without a target answers from the proxy itself.
 * Apigee: understanding routes.
 * @param targets target sides by TargetEndpoint name
 * @param urlRoute makes the target side of a rule's URL
 */
export function compileRouteRules(
  configs: readonly RouteRuleConfig[],
  targets: Routes,
  urlRoute: (rule: RouteRuleConfig) => Step,
  compiler: FlowCompiler,
): Step {
  let needs: BodyNeed = BodyNeed.none;
  let unconditional: RouteRuleConfig | undefined;
  const { diagnostics } = compiler.parts;
  const rules: Rule[] = configs.map((config) => {
    if (unconditional !== undefined) {
      const message = `This RouteRule is never reached: "${unconditional.name?.text ?? ''}" before it has no condition.`;
      diagnostics.warning('PD003', config.at, message, 'Move the rule without a condition to the end.');
    }
    const text = config.Condition?.text.trim() ?? '';
    if (text === '') unconditional ??= config;
    const condition =
      config.Condition === undefined || text === ''
        ? undefined
        : compiler.parts.condition(config.Condition.text, config.Condition.at);
    needs |= condition?.needs ?? BodyNeed.none;
    const target = config.TargetEndpoint?.text ?? '';
    return {
      name: config.name?.text ?? '',
      target,
      test: verdict('route', config.name?.text ?? '', config.Condition, condition, compiler),
      step: recorded(config, target, compileRule(config, target, targets, urlRoute, compiler), compiler),
    };
  });
  return withPayloads(firstOf(rules), bufferable(needs, compiler.scope));
}

function recorded(config: RouteRuleConfig, target: string, step: Step, { parts }: FlowCompiler): Step {
  return parts.recorder?.route(config.name?.text ?? '', target, step) ?? step;
}

function firstOf(rules: readonly Rule[]): Step {
  return (exchange) => {
    for (const rule of rules) {
      if (!rule.test(exchange)) continue;
      exchange.routeName = rule.name;
      exchange.routeTarget = rule.target;
      return rule.step(exchange);
    }
    throw new Fault(flowFaults.routeFailed);
  };
}

function compileRule(
  config: RouteRuleConfig,
  target: string,
  targets: Routes,
  urlRoute: (rule: RouteRuleConfig) => Step,
  compiler: FlowCompiler,
): Step {
  const { diagnostics } = compiler.parts;
  if (config.IntegrationEndpoint !== undefined) {
    const { at } = config.IntegrationEndpoint;
    diagnostics.warning(
      'ZH022',
      at,
      'IntegrationEndpoint needs the cloud; this route raises a fault.',
      'Route to a TargetEndpoint instead.',
    );
    return () => {
      throw new Fault(flowFaults.targetMissing, 'IntegrationEndpoint is not available in this runtime');
    };
  }
  if (config.URL !== undefined && config.URL.text !== '') return urlRoute(config);
  if (target === '') return nullRoute;
  const step = targets.get(target);
  if (step !== undefined) return step;
  if (compiler.parts.bundle.unreadable.has(target)) return nullRoute;
  const [best] = nearest(target, targets.keys());
  const known = [...targets.keys()];
  const hint =
    best !== undefined
      ? `Did you mean "${best}"?`
      : known.length > 0
        ? `Target endpoints here: ${known.join(', ')}.`
        : 'Add a file to targets/, or remove <TargetEndpoint> for an answer without a target.';
  const message = `RouteRule "${config.name?.text ?? ''}" leads to TargetEndpoint "${target}", which this bundle does not have.`;
  diagnostics.error('PD001', config.TargetEndpoint?.at ?? config.at, message, hint);
  return () => {
    throw new Fault(flowFaults.targetMissing);
  };
}

/** No target is called: the response starts as 200 with the request's payload and Content-Type. zerohop's choice. */
function nullRoute(exchange: Exchange): void {
  const { request } = exchange;
  const fields: string[] = [];
  if (!request.body.isEmpty) {
    for (const name of ['Content-Type', 'Content-Encoding']) {
      const value = request.headers.line(name);
      if (value !== undefined) fields.push(name, value);
    }
  }
  exchange.response = new Message('response', new Headers(fields), Body.empty);
  exchange.response.adoptBody(request.body);
}
