import type { Bundle } from '../bundle/bundle.ts';
import type { CompiledEndpoint } from '../flow/endpoint.ts';
import type { LocalCall } from '../flow/target.ts';
import type { Snapshot } from './snapshot.ts';
import { type WrittenCall, writtenCalls } from './written-calls.ts';

/** Who calls whom, as far as the bundles say it in so many words: for people and for programs. */
export interface CallMap {
  readonly nodes: readonly CallNode[];
  readonly calls: readonly Call[];
}

export interface CallNode {
  /** The proxy's name; with several endpoints `PROXY/ENDPOINT`. */
  readonly id: string;
  readonly proxy: string;
  readonly endpoint: string;
  readonly basePath: string;
}

export interface Call {
  readonly from: string;
  /** Undefined: what is called is not deployed. */
  readonly to: string | undefined;
  /** What is called, as written: a name, `PROXY/ENDPOINT`, or a path, which may hold a template. */
  readonly wanted: string;
  /** The policy that calls; undefined for a TargetEndpoint. */
  readonly policy: string | undefined;
  /** Whether the call is part of a circle. */
  readonly loop: boolean;
}

export function callMap(snapshot: Snapshot, bundles: readonly Bundle[]): CallMap {
  const plans = [...snapshot.plans.values()];
  const endpoints = plans.flatMap((plan) => plan.endpoints);
  const isSingle = new Map(plans.map((plan) => [plan.name, plan.endpoints.length === 1]));
  const idOf = ({ proxy, name }: { readonly proxy: string; readonly name: string }): string =>
    isSingle.get(proxy) === true ? proxy : `${proxy}/${name}`;
  const proxies = new Map(bundles.filter((one) => one.kind === 'apiproxy').map((one) => [one.name, one]));
  const flows = new Map(bundles.filter((one) => one.kind === 'sharedflowbundle').map((one) => [one.name, one]));
  const nodes = endpoints.map((endpoint) => ({
    id: idOf(endpoint),
    proxy: endpoint.proxy,
    endpoint: endpoint.name,
    basePath: endpoint.basePath === '' ? '/' : endpoint.basePath,
  }));
  const plain = endpoints.flatMap((endpoint) =>
    localCalls(endpoint, proxies.get(endpoint.proxy), flows).flatMap(({ call, policy, template }) => {
      const found = snapshot.endpointOf(call);
      // What a template makes of it is known only when a request runs: it is not missing.
      if (found === undefined && template !== undefined) return [];
      return [{ from: idOf(endpoint), to: found && idOf(found), wanted: template ?? wantedText(call), policy }];
    }),
  );
  const unique = [...new Map(plain.map((one) => [JSON.stringify(one), one])).values()];
  return { nodes, calls: unique.map((call) => ({ ...call, loop: isLoop(call, unique) })) };
}

function localCalls(
  endpoint: CompiledEndpoint,
  bundle: Bundle | undefined,
  flows: ReadonlyMap<string, Bundle>,
): Omit<WrittenCall, 'at'>[] {
  const written = bundle === undefined ? [] : (writtenCalls(bundle, flows).get(endpoint.name) ?? []);
  return [...written, ...endpoint.calls.map((call) => ({ call, policy: undefined, template: undefined }))];
}

function wantedText(call: LocalCall): string {
  if ('path' in call) return call.path;
  return call.endpoint === undefined ? call.proxy : `${call.proxy}/${call.endpoint}`;
}

interface Edge {
  readonly from: string;
  readonly to: string | undefined;
}

/** Whether what is called leads back to the caller. */
function isLoop({ from, to }: Edge, edges: readonly Edge[]): boolean {
  if (to === undefined) return false;
  const reached = new Set([to]);
  for (const at of reached) {
    for (const edge of edges) if (edge.from === at && edge.to !== undefined) reached.add(edge.to);
  }
  return reached.has(from);
}
