import { type BundleId, idOfText, idText } from '../state/revisions.ts';
import type { Put } from './bundle-state.ts';
import type { Deployment } from './deploy.ts';
import type { DeploymentParts } from './deployment-parts.ts';
import type { DirectoryDeployer } from './directory-deployer.ts';

/** Back to what the directory holds. Stored revisions stay: they can be deployed again. */
export async function resetDeployment(parts: DeploymentParts, directory: DirectoryDeployer): Promise<Deployment> {
  const { active, state, contents } = parts;
  const puts: Put[] = [];
  for (const [key] of directory.allHeld()) {
    const id = idOfText(key);
    const seen = state.seen(id);
    if (seen === undefined || servesDirectory(parts, id, seen.digest)) continue;
    const loaded = await contents.latestInDirectory(id, seen.digest, seen.revision);
    const { revision, since, digest } = seen;
    if (loaded !== undefined) puts.push({ loaded, origin: 'directory', revision, since, digest });
  }
  const back = new Set(puts.map(({ loaded }) => idText(loaded.bundle)));
  const remove = [...active.all()]
    .filter(({ serving, latest }) => {
      const key = idText(latest.result);
      return !back.has(key) && (serving?.put.origin === 'api' || !directory.allHeld().has(key));
    })
    .map(({ latest }): BundleId => ({ kind: latest.result.kind, name: latest.result.name }));
  const files = state.contract === undefined ? undefined : directory.environment;
  const next = files === undefined ? undefined : await parts.environment.prepare(files);
  const deployment = await active.apply({
    puts,
    remove,
    ...(next === undefined ? {} : { environment: next.environment }),
    refuse: 'nothing',
    record: (batch) => {
      next?.record(batch);
      for (const [key] of [...state.allDecisions()]) state.decide(idOfText(key), undefined, batch);
      if (state.contract !== undefined) state.setContract(undefined, batch);
    },
  });
  next?.take();
  return deployment;
}

function servesDirectory({ active, state }: DeploymentParts, id: BundleId, digest: string): boolean {
  return active.known(id)?.serving?.put.digest === digest && state.decision(id) === undefined;
}
