import { after } from 'node:test';
import { zipSync } from 'fflate';
import { load } from '../../runtime/bundle/load.ts';
import type { Deployment } from '../../runtime/deployment/deploy.ts';
import { Deployments } from '../../runtime/deployment/deployments.ts';
import { Engines } from '../../runtime/deployment/engines.ts';
import { DeploymentRefusal } from '../../runtime/deployment/refusal.ts';
import type { Log } from '../../runtime/log.ts';
import { Consumers } from '../../runtime/state/consumers.ts';
import type { BundleId } from '../../runtime/state/revisions.ts';
import type { Store } from '../../runtime/state/store.ts';
import { createConnections } from '../../runtime/target/connections.ts';
import type { Files } from './bundle-tree.ts';

/** Deployments without sockets: what serves is asked of the snapshot. */
export interface OpenDeployments {
  readonly deployments: Deployments;
  readonly first: Deployment;
  /** Reads the folder again and deploys what is new. */
  reload(): Promise<Deployment>;
  /** `NAME revision R` of the proxy that takes a path. */
  at(path: string): string | undefined;
}

/** As a server does when it starts: the same store again is a restart. */
export async function openDeployments(
  store: Store,
  folder: string,
  environment?: string,
  revisionsKept = 3,
): Promise<OpenDeployments> {
  const connections = createConnections();
  const engines = new Engines('quickjs');
  const ground = { store, connections, engines, consumers: new Consumers() };
  const deployments = await Deployments.open({ ground, revisionsKept, log: quiet });
  after(async () => {
    await deployments.close();
    await connections.close();
    await engines.close();
  });
  const read = () => load(folder, { environment });
  return {
    deployments,
    first: await deployments.start(await read()),
    reload: async () => deployments.reloadDirectory(await read()),
    at: (path) => {
      const endpoint = deployments.serving.current.endpointByPath(path);
      return endpoint && `${endpoint.proxy} revision ${endpoint.revision}`;
    },
  };
}

export const quiet: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  request: () => undefined,
  isLevelEnabled: () => false,
};

export function apiproxy(name: string): BundleId {
  return { kind: 'apiproxy', name };
}

/** A zip of files; paths as they are. */
export function zipOf(files: Files): Uint8Array {
  return zipSync(Object.fromEntries(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)])));
}

/** Stores and deploys a bundle, as clients of the API do. @returns its revision */
export async function importAndDeploy(deployments: Deployments, files: Files): Promise<number> {
  const upload = await deployments.readUpload(zipOf(files));
  const { id, revision } = await deployments.importRevision(upload);
  await deployments.deployRevision(id, revision, { override: true });
  return revision;
}

/** Why a change was refused. */
export async function refusalOf(change: Promise<unknown>): Promise<DeploymentRefusal> {
  const outcome = await change.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof DeploymentRefusal) return outcome;
  throw new Error('The change was not refused', { cause: outcome });
}
