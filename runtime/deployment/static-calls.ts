import { type Diagnostic, nearest } from '../diagnostic.ts';
import type { CompiledEndpoint } from '../flow/endpoint.ts';
import type { LocalCall } from '../flow/target.ts';
import { type Compiled, localCallKey } from './compiled.ts';
import type { Snapshot } from './snapshot.ts';
import { findingAt, type Spot } from './spot.ts';

/** An edge of the call graph: an endpoint, and the endpoint it calls (undefined when that is not deployed). */
export interface CallEdge {
  readonly from: CompiledEndpoint;
  readonly to: CompiledEndpoint | undefined;
  readonly call: LocalCall;
}

/** A finding about how bundles fit together, and the bundle it is about: `apiproxy/NAME`, undefined for a flow hook. */
export interface CrossFinding {
  readonly about: string | undefined;
  readonly finding: Diagnostic;
}

/** Who calls whom by what is written literally, in targets and in policies. */
export function callGraph(snapshot: Snapshot): CallEdge[] {
  const endpoints = [...snapshot.plans.values()].flatMap((plan) => plan.endpoints);
  return endpoints.flatMap((from) => {
    const ofPolicies = snapshot.compiled.get(`apiproxy/${from.proxy}`)?.policyCalls.get(from.name) ?? [];
    return [...from.calls, ...ofPolicies].map((call) => ({ from, to: snapshot.endpointOf(call), call }));
  });
}

/**
 * Warns of local targets that are not there and of calls that come back to where they started: in bundles that are new,
 * and in those whose target went away.
 * @param isNew whether a bundle, `apiproxy/NAME`, is new or changed
 */
export function checkCalls(
  snapshot: Snapshot,
  previous: Snapshot | undefined,
  isNew: (about: string) => boolean,
): CrossFinding[] {
  const edges = callGraph(snapshot);
  const missing = edges.flatMap((edge) => missingTarget(edge, snapshot, previous, isNew) ?? []);
  const circles = cycles(edges, (endpoint) => isNew(`apiproxy/${endpoint.proxy}`)).flatMap((cycle) => {
    const about = `apiproxy/${cycle[0]?.proxy}`;
    const caller = snapshot.compiled.get(about);
    if (caller === undefined) return [];
    const names = [...cycle, ...cycle.slice(0, 1)].map((endpoint) => endpoint.proxy).join(' -> ');
    const message = `These proxies call each other in a circle: ${names}.`;
    const hint = 'Legal when the path changes on the way; a call with the same path is refused with 508.';
    const call = edges.find((edge) => edge.from === cycle[0] && edge.to === (cycle[1] ?? cycle[0]))?.call;
    const at = call === undefined ? caller.at : placeOf(call, caller);
    return [{ about, finding: findingAt(at, 'warning', 'ZH033', message, hint) }];
  });
  return [...missing, ...circles];
}

function placeOf(call: LocalCall, caller: Compiled): Spot {
  return caller.localCallsAt.get(localCallKey(call)) ?? caller.at;
}

function missingTarget(
  { from, to, call }: CallEdge,
  snapshot: Snapshot,
  previous: Snapshot | undefined,
  isNew: (about: string) => boolean,
): CrossFinding | undefined {
  const about = `apiproxy/${from.proxy}`;
  const caller = snapshot.compiled.get(about);
  // `target.url`, set while a request runs, decides in place of what is written.
  if (to !== undefined || caller === undefined || caller.setsTargetUrl) return undefined;
  if (!isNew(about) && previous?.endpointOf(call) === undefined) return undefined;
  const wanted =
    'path' in call
      ? `path ${call.path}`
      : `proxy "${call.proxy}"${call.endpoint === undefined ? '' : `, endpoint "${call.endpoint}"`}`;
  const [best] = 'path' in call ? [] : nearest(call.proxy, snapshot.plans.keys());
  const hint =
    best === undefined ? 'It may be deployed later; until then the call answers 404.' : `Did you mean "${best}"?`;
  const message = `A local call goes to ${wanted}, which is not deployed.`;
  return { about, finding: findingAt(placeOf(call, caller), 'warning', 'ZH032', message, hint) };
}

/** Each elementary circle with a wanted endpoint once, starting where the walk first meets it. */
function cycles(edges: readonly CallEdge[], isWanted: (endpoint: CompiledEndpoint) => boolean): CompiledEndpoint[][] {
  const next = new Map<CompiledEndpoint, CompiledEndpoint[]>();
  for (const { from, to } of edges) {
    if (to === undefined) continue;
    const known = next.get(from);
    if (known === undefined) next.set(from, [to]);
    else known.push(to);
  }
  const found: CompiledEndpoint[][] = [];
  const done = new Set<CompiledEndpoint>();
  for (const start of next.keys()) if (isWanted(start)) walk(start, [], next, done, found);
  return found.filter((cycle) => cycle.some(isWanted));
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
