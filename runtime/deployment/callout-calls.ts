import type { Bundle, Named, PolicySource } from '../bundle/bundle.ts';
import type { LocalCall } from '../flow/target.ts';
import { elementsOf, textOf, type XmlElement } from '../xml/element.ts';

/** A local call that a ServiceCallout makes, as written. */
export interface CalloutCall {
  readonly policy: string;
  readonly call: LocalCall;
}

/** The literal local calls of the ServiceCallouts that each endpoint of a proxy runs, by endpoint; shared flows included. */
export function calloutCalls(
  proxy: Bundle,
  sharedFlows: ReadonlyMap<string, Bundle>,
): ReadonlyMap<string, readonly CalloutCall[]> {
  return new Map(
    proxy.proxyEndpoints.map((endpoint) => {
      const targets = new Set(endpoint.config.RouteRule.map((rule) => rule.TargetEndpoint?.text));
      const parts = [endpoint, ...proxy.targetEndpoints.filter((target) => targets.has(target.name))];
      return [endpoint.name, inParts(proxy, parts, sharedFlows, new Set())];
    }),
  );
}

function inParts(
  bundle: Bundle,
  parts: readonly Named<unknown>[],
  sharedFlows: ReadonlyMap<string, Bundle>,
  visited: Set<Bundle>,
): CalloutCall[] {
  const names = new Set(parts.flatMap((part) => stepNames(part.at.source.text)));
  const calls: CalloutCall[] = [];
  for (const name of names) {
    const policy = bundle.policies.get(name);
    if (policy?.root.name === 'ServiceCallout') calls.push(...callsOf(policy));
    if (policy?.root.name !== 'FlowCallout') continue;
    const flow = sharedFlows.get(childText(policy.root, 'SharedFlowBundle'));
    if (flow === undefined || visited.has(flow)) continue;
    visited.add(flow);
    calls.push(...inParts(flow, flow.sharedFlows, sharedFlows, visited));
  }
  return calls;
}

function stepNames(xml: string): string[] {
  return [...xml.matchAll(/<Name>\s*([^<]+?)\s*<\/Name>/g)].map((match) => match[1] ?? '');
}

function callsOf({ name, root }: PolicySource): CalloutCall[] {
  const local = elementsOf(root).find((child) => child.name === 'LocalTargetConnection');
  if (local === undefined) return [];
  const [proxy, endpoint, path] = ['APIProxy', 'ProxyEndpoint', 'Path'].map((child) => childText(local, child));
  const isLiteral = (text: string | undefined): text is string =>
    text !== undefined && text !== '' && !/[{}]/.test(text);
  if (isLiteral(proxy))
    return [{ policy: name, call: { proxy, endpoint: isLiteral(endpoint) ? endpoint : undefined } }];
  return isLiteral(path) ? [{ policy: name, call: { path } }] : [];
}

function childText(element: XmlElement, name: string): string {
  const child = elementsOf(element).find((one) => one.name === name);
  return child === undefined ? '' : textOf(child).trim();
}
