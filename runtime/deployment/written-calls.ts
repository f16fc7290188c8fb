import type { Bundle, Named, PolicySource } from '../bundle/bundle.ts';
import type { LocalCall } from '../flow/target.ts';
import { elementsOf, textOf, type XmlElement } from '../xml/element.ts';

/** A local call as a bundle writes it. */
export interface WrittenCall {
  /** The ServiceCallout that makes it; undefined for a TargetEndpoint. */
  readonly policy: string | undefined;
  readonly call: LocalCall;
  /** The path as written, when a template stands in it: `call` has what is before. */
  readonly template: string | undefined;
}

/**
 * The local calls of each endpoint of a proxy that are more than the literal ones of its targets, by endpoint: those of
 * ServiceCallouts, of shared flows too, and paths with a template behind a literal beginning.
 */
export function writtenCalls(
  proxy: Bundle,
  sharedFlows: ReadonlyMap<string, Bundle>,
): ReadonlyMap<string, readonly WrittenCall[]> {
  return new Map(
    proxy.proxyEndpoints.map((endpoint) => {
      const targets = new Set(endpoint.config.RouteRule.map((rule) => rule.TargetEndpoint?.text));
      const routed = proxy.targetEndpoints.filter((target) => targets.has(target.name));
      const templated = routed.flatMap(({ config }) => {
        const path = config.LocalTargetConnection?.Path?.text ?? '';
        return path.includes('{') ? pathCall(path, undefined) : [];
      });
      return [endpoint.name, [...inParts(proxy, [endpoint, ...routed], sharedFlows, new Set()), ...templated]];
    }),
  );
}

function inParts(
  bundle: Bundle,
  parts: readonly Named<unknown>[],
  sharedFlows: ReadonlyMap<string, Bundle>,
  visited: Set<Bundle>,
): WrittenCall[] {
  const names = new Set(parts.flatMap((part) => stepNames(part.at.source.text)));
  const calls: WrittenCall[] = [];
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

function callsOf({ name, root }: PolicySource): WrittenCall[] {
  const local = elementsOf(root).find((child) => child.name === 'LocalTargetConnection');
  if (local === undefined) return [];
  const proxy = childText(local, 'APIProxy');
  const endpoint = childText(local, 'ProxyEndpoint');
  if (proxy === '') return pathCall(childText(local, 'Path'), name);
  if (`${proxy}${endpoint}`.includes('{')) return [];
  return [{ policy: name, call: { proxy, endpoint: endpoint === '' ? undefined : endpoint }, template: undefined }];
}

function pathCall(path: string, policy: string | undefined): WrittenCall[] {
  const literal = path.replace(/\{[\s\S]*$/, '');
  if (!literal.startsWith('/')) return [];
  if (literal === path) return [{ policy, call: { path }, template: undefined }];
  // The last segment goes on in the template.
  const whole = literal.slice(0, literal.lastIndexOf('/'));
  return whole === '' ? [] : [{ policy, call: { path: whole }, template: path }];
}

function childText(element: XmlElement, name: string): string {
  const child = elementsOf(element).find((one) => one.name === name);
  return child === undefined ? '' : textOf(child).trim();
}
