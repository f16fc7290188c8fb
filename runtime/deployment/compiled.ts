import { formatBasePath } from '../bundle/base-path.ts';
import type { Bundle, BundleKind } from '../bundle/bundle.ts';
import type { ProxyPlan } from '../flow/proxy-plan.ts';
import type { CompiledSharedFlow } from '../flow/shared-flow.ts';
import { elementsOf, textOf } from '../xml/element.ts';
import { type Spot, spotOf } from './spot.ts';
import type { Uses } from './uses.ts';

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
  /** Where its LocalTargetConnection stands; the bundle itself when it has none. */
  readonly localCallAt: Spot;
  /** Whether it names `target.url`: then what is called is known only when a request runs. */
  readonly setsTargetUrl: boolean;
  readonly flowCalls: readonly SharedFlowCall[];
  readonly uses: Uses;
}

/** Reads off a bundle what outlives it. */
export function compiledOf(bundle: Bundle, made: Pick<Compiled, 'plan' | 'sharedFlow'>, uses: Uses): Compiled {
  const { kind, name, revision, digest } = bundle;
  const local = bundle.targetEndpoints.find((target) => target.config.LocalTargetConnection !== undefined);
  return {
    kind,
    name,
    revision,
    digest,
    ...made,
    claims: claimsOf(bundle),
    localCallAt: spotOf(local?.config.LocalTargetConnection?.at ?? bundle.at),
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
