import type { Log } from '../log.ts';
import type { DeployedState } from '../state/deployed.ts';
import type { BundleId, Revisions } from '../state/revisions.ts';
import type { Active } from './active.ts';
import type { EnvironmentKeeper } from './environment-keeper.ts';
import type { RevisionContents } from './revision-content.ts';

/** What the ways to change a deployment work on. Each of them runs alone. */
export interface DeploymentParts {
  readonly active: Active;
  readonly state: DeployedState;
  readonly revisions: Revisions;
  readonly contents: RevisionContents;
  readonly environment: EnvironmentKeeper;
  readonly log: Log;
}

/** The number for a new revision: none that was given before, and the one that is written when that is higher. */
export function nextRevision({ revisions, state, active }: DeploymentParts, id: BundleId, written = '1'): number {
  const next = Math.max(
    revisions.next(id),
    (state.seen(id)?.revision ?? 0) + 1,
    (active.known(id)?.serving?.put.revision ?? 0) + 1,
  );
  const number = /^\d{1,9}$/.test(written) ? Number(written) : 0;
  return Math.max(next, number);
}
