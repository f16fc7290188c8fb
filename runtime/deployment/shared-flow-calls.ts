import { type Environment, flowHookNames } from '../bundle/environment.ts';
import { nearest, wholeFile } from '../diagnostic.ts';
import type { Snapshot } from './snapshot.ts';
import { findingAt, spotOf } from './spot.ts';
import type { CrossFinding } from './static-calls.ts';

/**
 * Warns of shared flows that are called or attached but not deployed, and of shared flows that call each other in a
 * circle: in bundles that are new, and in those whose shared flow went away.
 * @param isNew whether a bundle, `apiproxy/NAME` or `sharedflowbundle/NAME`, is new or changed
 */
export function checkSharedFlows(
  snapshot: Snapshot,
  previous: Snapshot | undefined,
  environment: Environment,
  isNew: (about: string) => boolean,
): CrossFinding[] {
  return [
    ...missingFlows(snapshot, previous, isNew),
    ...missingHooks(snapshot, previous, environment),
    ...circles(snapshot, isNew),
  ];
}

function missingFlows(
  { compiled, sharedFlows }: Snapshot,
  previous: Snapshot | undefined,
  isNew: (about: string) => boolean,
): CrossFinding[] {
  const findings: CrossFinding[] = [];
  for (const [about, { flowCalls }] of compiled) {
    for (const { flow, at } of flowCalls) {
      if (sharedFlows.has(flow) || (!isNew(about) && previous?.sharedFlows.has(flow) !== true)) continue;
      const [best] = nearest(flow, sharedFlows.keys());
      const later = 'It may be deployed later; until then the step raises flow.SharedFlowNotFound.';
      const hint = best === undefined ? later : `Did you mean "${best}"?`;
      const message = `Shared flow "${flow}" is not deployed.`;
      findings.push({ about, finding: findingAt(at, 'warning', 'ZH071', message, hint) });
    }
  }
  return findings;
}

function missingHooks(
  { sharedFlows }: Snapshot,
  previous: Snapshot | undefined,
  environment: Environment,
): CrossFinding[] {
  const findings: CrossFinding[] = [];
  for (const name of flowHookNames) {
    const hook = environment.flowHooks.get(name);
    if (hook === undefined || sharedFlows.has(hook.sharedFlow)) continue;
    const before = previous?.flowHooks[name]?.sharedFlow;
    if (before === hook.sharedFlow && previous?.sharedFlows.has(before) !== true) continue;
    const at = spotOf(wholeFile(`environments/${environment.name}/flowhooks.json`));
    const message = `${name} names shared flow "${hook.sharedFlow}", which is not deployed: every call will fail.`;
    const hint = 'Deploy the shared flow, or take the hook out.';
    findings.push({ about: undefined, finding: findingAt(at, 'warning', 'ZH071', message, hint) });
  }
  return findings;
}

function circles({ compiled }: Snapshot, isNew: (about: string) => boolean): CrossFinding[] {
  const findings: CrossFinding[] = [];
  const done = new Set<string>();
  const walk = (name: string, path: readonly string[]): void => {
    const about = `sharedflowbundle/${name}`;
    if (done.has(name)) return;
    for (const { flow, at } of compiled.get(about)?.flowCalls ?? []) {
      const names = [...path, name];
      const start = names.indexOf(flow);
      if (start === -1) {
        walk(flow, names);
        continue;
      }
      const circle = names.slice(start);
      if (!circle.some((one) => isNew(`sharedflowbundle/${one}`))) continue;
      const message = `These shared flows call each other in a circle: ${[...circle, flow].join(' -> ')}.`;
      const hint = 'Without a condition that ends it, the call fails with flow.SharedFlowLoopDetected.';
      findings.push({ about, finding: findingAt(at, 'warning', 'ZH072', message, hint) });
    }
    done.add(name);
  };
  for (const { kind, name } of compiled.values()) if (kind === 'sharedflowbundle') walk(name, []);
  return findings;
}
