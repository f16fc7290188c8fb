import { type Diagnostics, nearest, type Place } from '../diagnostic.ts';
import type { BundleKind } from './bundle.ts';
import type { LoadedEnvironment } from './environment-files.ts';
import type { LoadedBundle } from './read-bundle.ts';

/** Of two bundles of one kind and name the first in path order stays; a proxy and a shared flow may share a name. */
export function withoutDuplicates(bundles: readonly LoadedBundle[], diagnostics: Diagnostics): LoadedBundle[] {
  const kept = new Map<string, LoadedBundle>();
  for (const one of bundles) {
    const { kind, name, folder, at } = one.bundle;
    const key = `${kind}/${name}`;
    const first = kept.get(key);
    if (first === undefined) {
      kept.set(key, one);
      continue;
    }
    if (first.bundle.digest === one.bundle.digest) {
      const message = `${titles[kind]} "${name}" of ${folder} is the same as that of ${first.bundle.folder}, which is used.`;
      diagnostics.warning('ZH060', at, message, 'Remove the copy.');
      continue;
    }
    const message = `${titles[kind]} "${name}" of ${folder} is left out: ${first.bundle.folder} has that name already.`;
    const hint = 'Give one of them another name, or deploy it on its own under one with deploy --name NAME.';
    diagnostics.error('ZH060', at, message, hint);
  }
  return [...kept.values()];
}

const titles: Readonly<Record<BundleKind, string>> = { apiproxy: 'Proxy', sharedflowbundle: 'Shared flow' };

/** Names that `deployments.json` lists and no bundle has. */
export function checkDeployments(
  bundles: readonly LoadedBundle[],
  { deploymentList }: LoadedEnvironment,
  diagnostics: Diagnostics,
): void {
  if (deploymentList === undefined) return;
  const named = (kind: BundleKind): string[] =>
    bundles.filter(({ bundle }) => bundle.kind === kind).map(({ bundle }) => bundle.name);
  reportMissing('proxy', deploymentList.proxies, named('apiproxy'), diagnostics);
  reportMissing('shared flow', deploymentList.sharedFlows, named('sharedflowbundle'), diagnostics);
}

function reportMissing(
  what: string,
  listed: ReadonlyMap<string, Place>,
  known: readonly string[],
  diagnostics: Diagnostics,
): void {
  for (const [name, at] of listed) {
    if (known.includes(name)) continue;
    const [best] = nearest(name, known);
    const hint = best === undefined ? `Add its bundle, or take it off the list.` : `Did you mean "${best}"?`;
    diagnostics.error('ZH056', at, `There is no ${what} "${name}" to deploy.`, hint);
  }
}
