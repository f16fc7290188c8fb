import { networkInterfaces } from 'node:os';
import { formatBasePath } from '../bundle/base-path.ts';
import type { Bundle, Named } from '../bundle/bundle.ts';
import type { ProxyEndpointConfig, RouteRuleConfig } from '../bundle/proxy.ts';
import { type Exchange, Phase } from '../message/exchange.ts';
import type { Step } from '../policies/policy.ts';
import { responsePolicies } from './attachments.ts';
import type { BundleCompiler } from './bundle-compiler.ts';
import { CompiledEndpoint } from './endpoint.ts';
import { compileEventFlow } from './event-flow.ts';
import { compileFaultRules } from './fault-rules.ts';
import { handleFault } from './faulted.ts';
import type { FlowCompiler } from './flow-compiler.ts';
import { compileDirection, compileFlows } from './flows.ts';
import { hookSteps } from './hook.ts';
import { readEndpointProperties } from './properties.ts';
import { requestThenRoute } from './resume.ts';
import { compileRouteRules } from './route-rules.ts';
import { guarded, nothing, sequence, skippable } from './sequence.ts';
import type { LocalCall, Target } from './target.ts';
import { bareTargetSide, compileTargetSide } from './target-endpoint.ts';

/** One proxy bundle, compiled: its endpoints, and the connections they hold. Immutable; knows no other proxy. */
export interface ProxyPlan {
  readonly name: string;
  readonly revision: string;
  readonly digest: string;
  readonly endpoints: readonly CompiledEndpoint[];
  readonly targets: readonly Target[];
}

export function compileProxy(bundle: Bundle, compiler: BundleCompiler): ProxyPlan {
  const targets = new Map<string, Target>();
  for (const endpoint of bundle.targetEndpoints) {
    const target = compiler.context.connections.target(endpoint, compiler);
    if (target !== undefined) targets.set(endpoint.name, target);
  }
  const all: Target[] = [...targets.values()];
  const endpoints = bundle.proxyEndpoints.map((endpoint) => compileEndpoint(bundle, endpoint, targets, all, compiler));
  if (endpoints.length === 0 && bundle.unreadable.size === 0) {
    const hint = 'Add proxies/default.xml with a <ProxyEndpoint>.';
    compiler.diagnostics.error('ZH023', bundle.at, `Proxy "${bundle.name}" has no ProxyEndpoint.`, hint);
  }
  warnOfUnusedTargets(bundle, compiler);
  compiler.finish();
  return { name: bundle.name, revision: bundle.revision, digest: bundle.digest, endpoints, targets: all };
}

function compileEndpoint(
  bundle: Bundle,
  endpoint: Named<ProxyEndpointConfig>,
  targets: ReadonlyMap<string, Target>,
  all: Target[],
  parts: BundleCompiler,
): CompiledEndpoint {
  const { config } = endpoint;
  const properties = readEndpointProperties(config.HTTPProxyConnection.Properties, parts.diagnostics);
  const compiler: FlowCompiler = { parts, scope: { ...properties, hasDeadline: properties.timeout !== 0 } };
  const flows = compileFlows(config, 'proxy', compiler);
  const sides = targetSides(bundle, targets, compiler);
  const route = compileRouteRules(config.RouteRule, sides, (rule) => urlSide(rule, all, compiler), compiler);
  const faultRules = compileFaultRules(config, 'lastFirst', compiler);
  const { recorder } = parts;
  const postClient = postClientFlow(config, compiler);
  const request = [
    properties.forwardedFor ? addForwardedFor(hostAddress()) : nothing,
    hookSteps.PreProxyFlowHook,
    flows.request,
  ];
  const atTargets = new Set(bundle.targetEndpoints.flatMap((target) => [...responsePolicies(target.config)]));
  const resuming = requestThenRoute(sequence(request), route, atTargets, parts);
  const program = sequence([
    skippable(resuming ?? sequence([...request, route])),
    enterProxyResponse(faultRules),
    flows.response,
    hookSteps.PostProxyFlowHook,
    compileEventFlow(config.EventFlow, 'proxy', faultRules, compiler),
  ]);
  return new CompiledEndpoint(
    bundle.name,
    bundle.revision,
    endpoint.name,
    formatBasePath(config.HTTPProxyConnection.BasePath?.text ?? '/'),
    bundle.properties,
    properties.requestLimit,
    callsOf(config, targets, sides),
    {
      run: guarded(program, recorder?.faulted(handleFault) ?? handleFault),
      finish: postClient === nothing ? undefined : guarded(postClient, reportLate),
      faultRules,
      timeout: properties.timeout,
    },
  );
}

function postClientFlow(config: ProxyEndpointConfig, compiler: FlowCompiler): Step {
  const step = compileDirection(config.PostClientFlow?.Response, compiler);
  if (step === nothing) return nothing;
  return compiler.parts.recorder?.flow('PostClientFlow', 'proxy', 'response', step) ?? step;
}

/** Property X-Forwarded-For: this host's address joins those the request has passed. Apigee: endpoint properties reference. */
function addForwardedFor(address: string): Step {
  return ({ request }) => {
    const before = request.headers.text('X-Forwarded-For');
    request.headers.set('X-Forwarded-For', before === undefined ? address : `${before}, ${address}`);
  };
}

function hostAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return all.find((one) => !one.internal && one.family === 'IPv4')?.address ?? '127.0.0.1';
}

/** The target side of a RouteRule's URL. */
function urlSide(rule: RouteRuleConfig, all: Target[], { parts, scope }: FlowCompiler): Step {
  const target = parts.context.connections.url(rule.URL?.text ?? '', rule.URL?.at ?? rule.at, parts);
  all.push(target);
  return bareTargetSide(target, scope.hasDeadline, { parts, scope });
}

function enterProxyResponse(faultRules: Step | undefined): Step {
  return (exchange) => {
    exchange.phase = Phase.proxyResponse;
    exchange.faultRules = faultRules;
  };
}

/** The answer is out: a failure of the PostClientFlow changes nothing for the client. */
function reportLate(exchange: Exchange, error: unknown): void {
  exchange.surroundings.report(error, exchange);
}

function targetSides(bundle: Bundle, targets: ReadonlyMap<string, Target>, compiler: FlowCompiler): Map<string, Step> {
  const sides = new Map<string, Step>();
  for (const endpoint of bundle.targetEndpoints) {
    const target = targets.get(endpoint.name);
    const { hasDeadline } = compiler.scope;
    sides.set(
      endpoint.name,
      target === undefined ? nothing : compileTargetSide(endpoint, target, hasDeadline, compiler),
    );
  }
  return sides;
}

function callsOf(
  config: ProxyEndpointConfig,
  targets: ReadonlyMap<string, Target>,
  sides: ReadonlyMap<string, Step>,
): LocalCall[] {
  const names = new Set(
    config.RouteRule.map((rule) => rule.TargetEndpoint?.text ?? '').filter((name) => sides.has(name)),
  );
  return [...names].flatMap((name) => targets.get(name)?.calls ?? []);
}

function warnOfUnusedTargets(bundle: Bundle, compiler: BundleCompiler): void {
  // A faulty endpoint file may hold the route.
  if (bundle.unreadable.size > 0) return;
  const routed = new Set(
    bundle.proxyEndpoints.flatMap((endpoint) => endpoint.config.RouteRule.map((rule) => rule.TargetEndpoint?.text)),
  );
  for (const target of bundle.targetEndpoints) {
    if (routed.has(target.name)) continue;
    const message = `No RouteRule leads to TargetEndpoint "${target.name}".`;
    compiler.diagnostics.warning('BN012', target.at, message, 'Route to it, or delete the file.');
  }
}
