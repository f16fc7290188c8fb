import type { Bundle } from '../bundle/bundle.ts';
import { type Environment, flowHookNames } from '../bundle/environment.ts';
import { type Diagnostics, nearest, type Place, wholeFile } from '../diagnostic.ts';
import { elementsOf, textOf } from '../xml/element.ts';
import type { Snapshot } from './snapshot.ts';

interface FlowCall {
  readonly flow: string;
  readonly at: Place;
}

/** Warns of shared flows that are called or attached but not deployed, and of shared flows that call each other in a circle. */
export function checkSharedFlows(
  snapshot: Snapshot,
  bundles: readonly Bundle[],
  environment: Environment,
  diagnostics: Diagnostics,
): void {
  const known = snapshot.sharedFlows;
  const calls = new Map(bundles.map((bundle) => [bundle, callsOf(bundle)]));
  for (const { flow, at } of [...calls.values()].flat()) {
    if (known.has(flow)) continue;
    const [best] = nearest(flow, known.keys());
    const later = 'It may be deployed later; until then the step raises flow.SharedFlowNotFound.';
    const hint = best === undefined ? later : `Did you mean "${best}"?`;
    diagnostics.warning('ZH071', at, `Shared flow "${flow}" is not deployed.`, hint);
  }
  for (const name of flowHookNames) {
    const hook = environment.flowHooks.get(name);
    if (hook === undefined || known.has(hook.sharedFlow)) continue;
    const place = wholeFile(`environments/${environment.name}/flowhooks.json`);
    const message = `${name} names shared flow "${hook.sharedFlow}", which is not deployed: every call will fail.`;
    diagnostics.warning('ZH071', place, message, 'Deploy the shared flow, or take the hook out.');
  }
  checkCircles(calls, diagnostics);
}

function callsOf(bundle: Bundle): FlowCall[] {
  const calls: FlowCall[] = [];
  for (const { root } of bundle.policies.values()) {
    if (root.name !== 'FlowCallout') continue;
    const named = elementsOf(root).find((child) => child.name === 'SharedFlowBundle');
    if (named === undefined) continue;
    const flow = textOf(named).trim();
    if (flow !== '') calls.push({ flow, at: named.place });
  }
  return calls;
}

function checkCircles(calls: ReadonlyMap<Bundle, readonly FlowCall[]>, diagnostics: Diagnostics): void {
  const next = new Map<string, readonly FlowCall[]>();
  for (const [bundle, own] of calls) if (bundle.kind === 'sharedflowbundle') next.set(bundle.name, own);
  const done = new Set<string>();
  const walk = (name: string, path: readonly string[]): void => {
    if (done.has(name)) return;
    for (const { flow, at } of next.get(name) ?? []) {
      const names = [...path, name];
      const start = names.indexOf(flow);
      if (start === -1) {
        walk(flow, names);
        continue;
      }
      const circle = [...names.slice(start), flow].join(' -> ');
      const hint = 'Without a condition that ends it, the call fails with flow.SharedFlowLoopDetected.';
      diagnostics.warning('ZH072', at, `These shared flows call each other in a circle: ${circle}.`, hint);
    }
    done.add(name);
  };
  for (const name of next.keys()) walk(name, []);
}
