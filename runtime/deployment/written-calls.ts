import type { Bundle, Named, PolicySource } from '../bundle/bundle.ts';
import type { Place } from '../diagnostic.ts';
import type { LocalCall } from '../flow/target.ts';
import { elementsOf, textOf, type XmlElement } from '../xml/element.ts';

/** A local call as a bundle writes it. */
export interface WrittenCall {
  /** The policy that makes it; undefined for a TargetEndpoint. */
  readonly policy: string | undefined;
  readonly call: LocalCall;
  readonly at: Place;
  /** The path as written, when a template stands in it: `call` has what is before. */
  readonly template: string | undefined;
}

/**
 * The local calls of each endpoint of a proxy that are more than the literal ones of its targets, by endpoint: those of
 * policies, of shared flows too, and paths with a template behind a literal beginning.
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
        const path = config.LocalTargetConnection?.Path;
        return path?.text.includes('{') ? pathCall(path.text, undefined, path.at) : [];
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
    if (policy !== undefined) calls.push(...callsOf(policy));
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
  if (root.name === 'ServiceCallout')
    return namedChildren(root, localConnection).flatMap((one) => localCall(one, name));
  if (root.name !== 'ProxyChain') return [];
  const services = namedChildren(root, 'Services').flatMap((list) => namedChildren(list, 'Service'));
  return services.flatMap((service) => serviceCalls(service, name));
}

const localConnection = 'LocalTargetConnection';

/** A service of a ProxyChain names a proxy, a path, or `local:///path`. */
function serviceCalls(service: XmlElement, policy: string): WrittenCall[] {
  return elementsOf(service).flatMap((child) => {
    if (child.name === 'LocalTarget' || child.name === localConnection) return localCall(child, policy);
    const text = textOf(child).trim();
    if (child.name === 'Path') return pathCall(text, policy, child.place);
    if (child.name !== 'URI' || !/^local:\/\/\//i.test(text)) return [];
    return pathCall(text.slice('local://'.length), policy, child.place);
  });
}

function localCall(local: XmlElement, policy: string): WrittenCall[] {
  const proxy = childText(local, 'APIProxy');
  const endpoint = childText(local, 'ProxyEndpoint');
  const at = elementsOf(local)[0]?.place ?? local.place;
  if (proxy === '') return pathCall(childText(local, 'Path'), policy, at);
  if (`${proxy}${endpoint}`.includes('{')) return [];
  const call = { proxy, endpoint: endpoint === '' ? undefined : endpoint };
  return [{ policy, call, at, template: undefined }];
}

function pathCall(path: string, policy: string | undefined, at: Place): WrittenCall[] {
  const literal = path.replace(/\{[\s\S]*$/, '');
  if (!literal.startsWith('/')) return [];
  if (literal === path) return [{ policy, call: { path }, at, template: undefined }];
  // The last segment goes on in the template.
  const whole = literal.slice(0, literal.lastIndexOf('/'));
  return whole === '' ? [] : [{ policy, call: { path: whole }, at, template: path }];
}

function childText(element: XmlElement, name: string): string {
  const [child] = namedChildren(element, name);
  return child === undefined ? '' : textOf(child).trim();
}

function namedChildren(element: XmlElement, name: string): XmlElement[] {
  return elementsOf(element).filter((child) => child.name === name);
}
