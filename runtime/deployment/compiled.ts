import { formatBasePath } from '../bundle/base-path.ts';
import type { Bundle, BundleKind } from '../bundle/bundle.ts';
import type { LoadedBundle } from '../bundle/load.ts';
import type { ProxyPlan } from '../flow/proxy-plan.ts';
import type { CompiledSharedFlow } from '../flow/shared-flow.ts';
import type { LocalCall } from '../flow/target.ts';
import { elementsOf, textOf } from '../xml/element.ts';
import { type Spot, spotOf } from './spot.ts';
import type { Uses } from './uses.ts';
import { writtenCalls } from './written-calls.ts';

/** A base path that a bundle declares. */
export interface Claim {
  readonly proxy: string;
  readonly basePath: string;
  readonly endpoint: string;
  readonly at: Spot;
}

export interface SharedFlowCall {
  readonly flow: string;
  readonly at: Spot;
}

/** What must be known of a compiled bundle once its source is gone: no part of it holds on to the files. */
export interface Compiled {
  readonly kind: BundleKind;
  readonly name: string;
  readonly revision: string;
  readonly digest: string;
  /** Of a proxy. */
  readonly plan: ProxyPlan | undefined;
  /** Of a shared flow bundle. */
  readonly sharedFlow: CompiledSharedFlow | undefined;
  readonly claims: readonly Claim[];
  /** Where it calls other proxies, by `localCallKey`. */
  readonly localCallsAt: ReadonlyMap<string, Spot>;
  /** The literal local calls of its own policies, by the name of the endpoint whose flows have them. */
  readonly policyCalls: ReadonlyMap<string, readonly LocalCall[]>;
  /** Its base configuration. */
  readonly at: Spot;
  /** Whether it names `target.url`: then what is called is known only when a request runs. */
  readonly setsTargetUrl: boolean;
  readonly flowCalls: readonly SharedFlowCall[];
  readonly uses: Uses;
  /** Only its endpoints are known so far; gives all of it, for the check that is still to come. */
  readonly unchecked?: (() => LoadedBundle) | undefined;
}

/** Reads off a bundle what outlives it. */
export function compiledOf(bundle: Bundle, made: Pick<Compiled, 'plan' | 'sharedFlow'>, uses: Uses): Compiled {
  const { kind, name, revision, digest } = bundle;
  const ofPolicies = policyCallsOf(bundle);
  return {
    kind,
    name,
    revision,
    digest,
    ...made,
    claims: claimsOf(bundle),
    localCallsAt: new Map([...ofPolicies.places, ...localCallsOf(bundle)]),
    policyCalls: ofPolicies.calls,
    at: spotOf(bundle.at),
    setsTargetUrl: mentionsTargetUrl(bundle),
    flowCalls: flowCallsOf(bundle),
    uses,
  };
}

export function claimsOf(bundle: Bundle): Claim[] {
  return bundle.proxyEndpoints.map(({ name, config: { HTTPProxyConnection } }) => ({
    proxy: bundle.name,
    basePath: formatBasePath(HTTPProxyConnection.BasePath?.text ?? '/'),
    endpoint: name,
    at: spotOf(HTTPProxyConnection.BasePath?.at ?? HTTPProxyConnection.at),
  }));
}

/** What tells the literal calls of one bundle apart. */
export function localCallKey(call: LocalCall): string {
  return 'path' in call ? `path ${call.path}` : `proxy ${call.proxy} ${call.endpoint ?? ''}`;
}

function localCallsOf(bundle: Bundle): Map<string, Spot> {
  const places = new Map<string, Spot>();
  for (const { config } of bundle.targetEndpoints) {
    const { APIProxy, ProxyEndpoint, Path } = config.LocalTargetConnection ?? {};
    const named = APIProxy !== undefined && APIProxy.text !== '';
    const leaf = named ? APIProxy : Path;
    if (leaf === undefined) continue;
    const endpoint = ProxyEndpoint?.text === '' ? undefined : ProxyEndpoint?.text;
    places.set(localCallKey(named ? { proxy: leaf.text, endpoint } : { path: leaf.text }), spotOf(leaf.at));
  }
  return places;
}

function policyCallsOf(bundle: Bundle): { calls: Compiled['policyCalls']; places: Compiled['localCallsAt'] } {
  const calls = new Map<string, LocalCall[]>();
  const places = new Map<string, Spot>();
  for (const [endpoint, written] of writtenCalls(bundle, new Map())) {
    const literal = written.filter((one) => one.policy !== undefined && one.template === undefined);
    if (literal.length > 0)
      calls.set(
        endpoint,
        literal.map(({ call }) => call),
      );
    for (const { call, at } of literal) places.set(localCallKey(call), spotOf(at));
  }
  return { calls, places };
}

function mentionsTargetUrl(bundle: Bundle): boolean {
  return (
    [...bundle.policies.values()].some((policy) => policy.root.place.source.text.includes('target.url')) ||
    [...bundle.resources.values()].some(
      ({ type, bytes }) => type === 'jsc' && Buffer.from(bytes).includes('target.url'),
    )
  );
}

function flowCallsOf(bundle: Bundle): SharedFlowCall[] {
  const calls: SharedFlowCall[] = [];
  for (const { root } of bundle.policies.values()) {
    if (root.name !== 'FlowCallout') continue;
    const named = elementsOf(root).find((child) => child.name === 'SharedFlowBundle');
    if (named === undefined) continue;
    const flow = textOf(named).trim();
    if (flow !== '') calls.push({ flow, at: spotOf(named.place) });
  }
  return calls;
}
