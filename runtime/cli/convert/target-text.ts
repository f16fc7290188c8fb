import type { Route } from './apisix-route.ts';
import { type Upstream, usualTimeout } from './apisix-upstream.ts';
import { type PlannedStep, type RoutePlan, stepText } from './route-plan.ts';
import { type Xml, xml } from './xml-text.ts';

/** The target of a route, and the policies that run before it and behind it. */
export function targetEndpoint(
  name: string,
  basePath: string,
  route: Route,
  plan: RoutePlan,
): { readonly endpoint: Xml; readonly policies: readonly Xml[] } {
  const { upstream } = route;
  const before: PlannedStep[] = [...plan.toTarget];
  const call = upstream === undefined ? undefined : callSettings(name, upstream, plan);
  if (call !== undefined) before.push({ policy: call });
  const path = plan.path ?? basePath;
  const preFlow = xml('PreFlow', [xml('Request', before.map(stepText)), xml('Response', plan.response.map(stepText))], {
    name: 'PreFlow',
  });
  const timeout = route.timeout ?? upstream?.timeout ?? { connect: usualTimeout, read: usualTimeout };
  const properties = [
    // Every answer is passed on, and changed, as an answer: statuses are no faults in APISIX.
    property('success.codes', '1xx,2xx,3xx,4xx,5xx'),
    property('connect.timeout.millis', String(Math.max(1, Math.round(timeout.connect * 1000)))),
    property('io.timeout.millis', String(Math.max(1, Math.round(timeout.read * 1000)))),
  ];
  const connection = xml('HTTPTargetConnection', [
    xml('Properties', properties),
    upstream === undefined ? undefined : loadBalancer(upstream),
    path === '' ? undefined : xml('Path', path),
  ]);
  return {
    endpoint: xml('TargetEndpoint', [preFlow, connection], { name }),
    policies: [...before, ...plan.response].map((step) => step.policy),
  };
}

function property(name: string, value: string): Xml {
  return xml('Property', value, { name });
}

/** APISIX sends the client's Host, and the whole path unless it is rewritten. */
function callSettings(name: string, { host }: Upstream, plan: RoutePlan): Xml | undefined {
  const text =
    plan.host ?? (host.kind === 'fixed' ? host.text : host.kind === 'pass' ? '{request.header.host}' : undefined);
  const variables = [
    ...(text === undefined ? [] : [['target.header.host', text] as const]),
    ...(plan.path === undefined ? [] : [['target.copy.pathsuffix', 'false'] as const]),
  ];
  if (variables.length === 0) return undefined;
  const assignments = variables.map(([variable, value]) =>
    xml('AssignVariable', [xml('Name', variable), xml('Template', value)]),
  );
  return xml('AssignMessage', [...assignments, xml('IgnoreUnresolvedVariables', 'true')], { name: `AM-Call-${name}` });
}

function loadBalancer({ nodes, missing, algorithm, retries }: Upstream): Xml {
  const best = Math.max(...nodes.map((node) => node.priority));
  const weights = new Set(nodes.map((node) => node.weight));
  const isWeighted = algorithm === 'RoundRobin' && weights.size > 1;
  const servers = nodes.map((node) => {
    const weight = isWeighted ? xml('Weight', String(node.weight)) : undefined;
    return xml('Server', [weight, node.priority < best ? xml('IsFallback', 'true') : undefined], { name: node.name });
  });
  return xml('LoadBalancer', [
    xml('Algorithm', isWeighted ? 'Weighted' : algorithm),
    ...servers,
    ...missing.map((name) => xml('Server', [], { name })),
    retries ? undefined : xml('RetryEnabled', 'false'),
  ]);
}
