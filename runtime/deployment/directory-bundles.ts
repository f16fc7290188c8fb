import type { LoadedBundle } from '../bundle/load.ts';
import type { DeployedState } from '../state/deployed.ts';
import { type BundleId, idOfText, idText } from '../state/revisions.ts';
import type { Seen } from '../state/seen.ts';
import type { Batch } from '../state/table.ts';
import type { Put } from './bundle-state.ts';
import type { DeployedBundle } from './deploy.ts';
import { named, readWhole } from './sources.ts';

/** Where the directory holds a bundle, good or faulty, and its digest when it was last read. */
export interface Held {
  readonly folder: string;
  readonly digest: string;
}

/** What a reading of the directory changes. */
export interface DirectoryPlan {
  readonly puts: readonly Put[];
  readonly remove: readonly BundleId[];
  /** What the API decided to serve and the directory's content did not change since; contents not read yet. */
  readonly decided: readonly BundleId[];
  /** What the directory holds now, by kind and name. */
  readonly held: ReadonlyMap<string, Held>;
  record(batch: Batch, bundles: readonly DeployedBundle[]): void;
}

/**
 * Compares a reading of the directory with what was seen before: new and changed content is deployed as a new revision
 * and overrides what the API decided; unchanged content leaves the decision alone.
 * @param held what it held at the last reading; undefined at start: then what the store remembers counts
 * @param next gives the number for a new revision, at least `written`
 */
export function planDirectory(
  bundles: readonly LoadedBundle[],
  state: DeployedState,
  held: ReadonlyMap<string, Held> | undefined,
  next: (id: BundleId, written: string) => number,
): DirectoryPlan {
  const puts: Put[] = [];
  const decided: BundleId[] = [];
  const now = new Map<string, Held>();
  for (const loaded of bundles) {
    const { bundle } = loaded;
    const { kind, name, folder, digest } = bundle;
    const id = { kind, name };
    const key = idText(id);
    now.set(key, { folder, digest });
    state.recognize(id, digest);
    const seen = state.seen(id);
    const isSame = (held === undefined ? seen : held.get(key))?.digest === digest;
    if (isSame && held !== undefined) continue;
    const decision = state.decision(id);
    if (isSame && decision?.directory === digest) {
      if (decision.revision !== null) decided.push(id);
      continue;
    }
    const isKnown = seen?.digest === digest;
    const revision = isKnown ? seen.revision : next(id, bundle.revision);
    const since = isKnown ? seen.since : Date.now();
    // Were it faulty, what the API decided on would go on serving: that must be known now.
    const whole = loaded.isBrief === true && decision !== undefined ? readWhole(loaded) : loaded;
    puts.push({ loaded: named(whole, name, revision), origin: 'directory', revision, since, digest });
  }
  const gone = goneFrom(now, state, held);
  const alone = held === undefined ? decidedAlone(now, state) : [];
  return {
    puts,
    remove: gone.filter((id) => servesFromDirectory(id, state)),
    decided: [...decided, ...alone],
    held: now,
    record: (batch, results) => {
      const byKey = new Map(results.map((one) => [idText(one), one]));
      for (const put of puts) recordPut(put, state, batch, byKey.get(idText(put.loaded.bundle)));
      for (const id of gone) recordGone(id, state, batch);
    },
  };
}

/** A faulty one is not taken note of: it is tried again at the next start, and its predecessor stays. */
function recordPut(put: Put, state: DeployedState, batch: Batch, result: DeployedBundle | undefined): void {
  const { kind, name } = put.loaded.bundle;
  const id = { kind, name };
  if (result?.state !== 'deployed') return;
  state.overrule(id, batch);
  const seen: Seen = { digest: put.digest, revision: put.revision, since: put.since };
  const before = state.seen(id);
  if (before?.digest !== seen.digest || before.revision !== seen.revision) state.setSeen(id, seen, batch);
}

function goneFrom(
  now: ReadonlyMap<string, Held>,
  state: DeployedState,
  held: ReadonlyMap<string, Held> | undefined,
): BundleId[] {
  const before = new Set([...[...state.allSeen()].map(([key]) => key), ...(held?.keys() ?? [])]);
  return [...before].filter((key) => !now.has(key)).map(idOfText);
}

/** Decisions about names that the directory does not hold. */
function decidedAlone(now: ReadonlyMap<string, Held>, state: DeployedState): BundleId[] {
  return [...state.allDecisions()]
    .filter(([key, { revision }]) => !now.has(key) && revision !== null)
    .map(([key]) => idOfText(key));
}

function servesFromDirectory(id: BundleId, state: DeployedState): boolean {
  const decision = state.decision(id);
  // Of several servers each may go on from the store with what another one's directory holds.
  if (state.isShared) return decision === undefined;
  return decision === undefined || decision.revision === state.seen(id)?.revision;
}

function recordGone(id: BundleId, state: DeployedState, batch: Batch): void {
  if (state.isShared) {
    state.setSeen(id, undefined, batch);
    return;
  }
  const decision = state.decision(id);
  const isOfApi = decision !== undefined && decision.revision !== null && !servesFromDirectory(id, state);
  state.decide(id, isOfApi ? { ...decision, directory: null } : undefined, batch);
  state.setSeen(id, undefined, batch);
}
