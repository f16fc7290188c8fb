import type { Bundle } from '../bundle/bundle.ts';
import { type Diagnostics, nearest, type Place } from '../diagnostic.ts';
import type { CompiledEndpoint } from '../flow/endpoint.ts';
import type { LocalCall } from '../flow/target.ts';
import type { Snapshot } from './snapshot.ts';

/** An edge of the call graph: an endpoint, and the endpoint it calls (undefined when that is not deployed). */
export interface CallEdge {
  readonly from: CompiledEndpoint;
  readonly to: CompiledEndpoint | undefined;
  readonly call: LocalCall;
}

/** Who calls whom by a literal LocalTargetConnection. */
export function callGraph(snapshot: Snapshot): CallEdge[] {
  const endpoints = [...snapshot.plans.values()].flatMap((plan) => plan.endpoints);
  return endpoints.flatMap((from) => from.calls.map((call) => ({ from, to: resolve(snapshot, call), call })));
}

function resolve(snapshot: Snapshot, call: LocalCall): CompiledEndpoint | undefined {
  const found =
    'path' in call
      ? snapshot.endpointByPath(call.path.replace(/\?.*$/, ''))
      : snapshot.endpointByName(call.proxy, call.endpoint);
  return [...snapshot.plans.values()].flatMap((plan) => plan.endpoints).find((endpoint) => endpoint === found);
}

/** Warns of local targets that are not there and of calls that come back to where they started. */
export function checkCalls(snapshot: Snapshot, bundles: ReadonlyMap<string, Bundle>, diagnostics: Diagnostics): void {
  const edges = callGraph(snapshot);
  for (const { from, to, call } of edges) {
    const caller = bundles.get(from.proxy);
    // `target.url`, set while a request runs, decides in place of what is written.
    if (to !== undefined || (caller !== undefined && mentionsTargetUrl(caller))) continue;
    const place = placeOf(from, bundles);
    if (place === undefined) continue;
    const wanted =
      'path' in call
        ? `path ${call.path}`
        : `proxy "${call.proxy}"${call.endpoint === undefined ? '' : `, endpoint "${call.endpoint}"`}`;
    const [best] = 'path' in call ? [] : nearest(call.proxy, snapshot.plans.keys());
    const hint =
      best === undefined ? 'It may be deployed later; until then the call answers 404.' : `Did you mean "${best}"?`;
    diagnostics.warning('ZH032', place, `LocalTargetConnection calls ${wanted}, which is not deployed.`, hint);
  }
  for (const cycle of cycles(edges)) {
    const [first] = cycle;
    const place = first === undefined ? undefined : placeOf(first, bundles);
    if (place === undefined) continue;
    const names = [...cycle, ...cycle.slice(0, 1)].map((endpoint) => endpoint.proxy).join(' -> ');
    const hint = 'Legal when the path changes on the way; a call with the same path is refused with 508.';
    diagnostics.warning('ZH033', place, `These proxies call each other in a circle: ${names}.`, hint);
  }
}

function mentionsTargetUrl(bundle: Bundle): boolean {
  return (
    [...bundle.policies.values()].some((policy) => policy.root.place.source.text.includes('target.url')) ||
    [...bundle.resources.values()].some(
      ({ type, bytes }) => type === 'jsc' && Buffer.from(bytes).includes('target.url'),
    )
  );
}

function placeOf(endpoint: CompiledEndpoint, bundles: ReadonlyMap<string, Bundle>): Place | undefined {
  const bundle = bundles.get(endpoint.proxy);
  const local = bundle?.targetEndpoints.find((target) => target.config.LocalTargetConnection !== undefined);
  return local?.config.LocalTargetConnection?.at ?? bundle?.at;
}

/** Each elementary circle once, starting where the walk first meets it. */
function cycles(edges: readonly CallEdge[]): CompiledEndpoint[][] {
  const next = new Map<CompiledEndpoint, CompiledEndpoint[]>();
  for (const { from, to } of edges) {
    if (to === undefined) continue;
    const known = next.get(from);
    if (known === undefined) next.set(from, [to]);
    else known.push(to);
  }
  const found: CompiledEndpoint[][] = [];
  const done = new Set<CompiledEndpoint>();
  for (const start of next.keys()) walk(start, [], next, done, found);
  return found;
}

function walk(
  at: CompiledEndpoint,
  path: readonly CompiledEndpoint[],
  next: ReadonlyMap<CompiledEndpoint, readonly CompiledEndpoint[]>,
  done: Set<CompiledEndpoint>,
  found: CompiledEndpoint[][],
): void {
  const index = path.indexOf(at);
  if (index !== -1) {
    found.push(path.slice(index));
    return;
  }
  if (done.has(at)) return;
  for (const to of next.get(at) ?? []) walk(to, [...path, at], next, done, found);
  done.add(at);
}
