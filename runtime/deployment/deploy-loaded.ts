import type { Bundle } from '../bundle/bundle.ts';
import type { Environment } from '../bundle/environment.ts';
import type { Loaded, LoadedBundle } from '../bundle/load.ts';
import { Resources } from '../state/resources.ts';
import { type Deployment, deploy, type Ground } from './deploy.ts';
import { loadKeyValueMaps } from './environment-maps.ts';

/** All that was read, deployed once: nothing was before, nothing is remembered. */
export async function deployLoaded(loaded: Loaded, ground: Ground): Promise<Deployment> {
  const { environment } = loaded;
  await loadKeyValueMaps(environment, ground.store);
  ground.consumers.follow(await Resources.open(ground.store, environment));
  const deployment = await deploy({ put: listed(loaded), remove: [] }, environment, ground);
  return { ...deployment, diagnostics: [...deployment.diagnostics, ...loaded.diagnostics.list] };
}

/** The bundles that `deployments.json` lists; without that file all. */
export function listed({ bundles, environment }: Pick<Loaded, 'bundles' | 'environment'>): LoadedBundle[] {
  return bundles.filter(({ bundle }) => isListed(bundle, environment));
}

function isListed(bundle: Bundle, { deployments }: Environment): boolean {
  if (deployments === undefined) return true;
  return (bundle.kind === 'apiproxy' ? deployments.proxies : deployments.sharedFlows).has(bundle.name);
}
