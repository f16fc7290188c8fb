import { type BundleId, idText } from '../state/revisions.ts';
import type { Deployment } from './deploy.ts';
import type { DeploymentParts } from './deployment-parts.ts';
import { DeploymentRefusal, titleOf } from './refusal.ts';

export interface DeployOptions {
  /** Whether it may take the place of another revision that serves. */
  readonly override?: boolean;
  /** Put before the base paths of the bundle. */
  readonly basePath?: string;
}

/** @throws DeploymentRefusal notFound, alreadyDeployed, faulty, storage */
export async function deployStored(
  { active, state, contents, log }: DeploymentParts,
  id: BundleId,
  revision: number,
  { override = false, basePath }: DeployOptions,
): Promise<Deployment> {
  const put = await contents.put(id, revision, Date.now(), basePath);
  const serving = active.known(id)?.serving?.put;
  if (serving !== undefined && serving.revision !== revision && !override) {
    const message = `${titleOf(id)} has revision ${serving.revision} deployed already; deploy with override=true to replace it.`;
    throw new DeploymentRefusal('alreadyDeployed', message);
  }
  const seen = state.seen(id);
  const keep = await contents.keepDirectory(id, revision);
  if (keep === undefined) {
    const fields = { bundle: idText(id), revision: seen?.revision };
    log.warn(fields, 'the directory has changed since it was read: the revision that is replaced cannot be kept');
  }
  // Directories of other servers need not hold it: they are told, and read it from the store.
  const isDirectory = put.origin === 'directory' && basePath === undefined && !state.isShared;
  const decision = { revision, since: put.since, basePath, directory: seen?.digest ?? null };
  return active.apply({
    puts: [put],
    remove: [],
    refuse: 'faulty',
    record: (batch) => {
      if (put.origin !== 'directory' || state.isShared) keep?.(batch);
      state.decide(id, isDirectory ? undefined : decision, batch);
    },
  });
}

/** @throws DeploymentRefusal notFound, notDeployed, storage */
export async function undeployServing(
  { active, state, contents }: DeploymentParts,
  id: BundleId,
  revision: number | undefined,
): Promise<Deployment> {
  const known = active.known(id);
  if (known === undefined && contents.list(id).length === 0) {
    throw new DeploymentRefusal('notFound', `There is no ${titleOf(id)}.`);
  }
  const serving = known?.serving?.put;
  if (serving === undefined || (revision !== undefined && serving.revision !== revision)) {
    const what = revision === undefined ? titleOf(id) : `Revision ${revision} of ${titleOf(id)}`;
    throw new DeploymentRefusal('notDeployed', `${what} is not deployed.`);
  }
  return active.apply({
    puts: [],
    remove: [id],
    refuse: 'nothing',
    record: (batch) => state.decideNone(id, batch),
  });
}
