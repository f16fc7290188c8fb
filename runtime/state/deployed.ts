import { type BundleId, idText } from './revisions.ts';
import { openSeenBundles, type Seen, type SeenBundles } from './seen.ts';
import type { Store } from './store.ts';
import { type Batch, Table } from './table.ts';

/** What was decided by the API: stands until the directory's content changes. */
export interface Decision {
  /** The revision that serves; null: none does. */
  readonly revision: number | null;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Put before the base paths of the bundle. */
  readonly basePath?: string | undefined;
  /** Digest of what the directory held then; null: nothing of that name. */
  readonly directory: string | null;
}

/** The active contract: what the last deploy of the emulator's API brought. */
export interface Contract {
  readonly revision: number;
  readonly environment: string;
  /** Base64 of a zip: the files of the environments. */
  readonly files: string;
}

/**
 * What serves, over restarts. A bundle of the directory serves unless a decision was made since its content last changed.
 * On a store that several servers use decisions are everybody's, and each server compares them with what its own
 * directory holds: of both what came later counts.
 */
export class DeployedState {
  /** Whether several servers use the store. */
  readonly isShared: boolean;
  readonly #seen: SeenBundles;
  readonly #decisions: Table<Decision>;
  readonly #contract: Table<Contract>;
  /** Highest number of a contract: kept when the contract goes. */
  readonly #numbers: Table<number>;

  private constructor(
    isShared: boolean,
    seen: SeenBundles,
    decisions: Table<Decision>,
    contract: Table<Contract>,
    numbers: Table<number>,
  ) {
    this.isShared = isShared;
    this.#seen = seen;
    this.#decisions = decisions;
    this.#contract = contract;
    this.#numbers = numbers;
  }

  static async open(store: Store): Promise<DeployedState> {
    return new DeployedState(
      store.shared !== undefined,
      await openSeenBundles(store),
      await Table.open<Decision>(store, 'deployed'),
      await Table.open<Contract>(store, 'contract'),
      await Table.open<number>(store, 'numbers'),
    );
  }

  seen(id: BundleId): Seen | undefined {
    return this.#seen.get(id);
  }

  /** What was seen in the directory, by kind and name. */
  allSeen(): IterableIterator<[string, Seen]> {
    return this.#seen.entries();
  }

  /** The directory holds that content now. */
  recognize(id: BundleId, digest: string): void {
    this.#seen.recognize(id, digest);
  }

  setSeen(id: BundleId, seen: Seen | undefined, batch: Batch): void {
    this.#seen.set(id, seen, batch);
  }

  decision(id: BundleId): Decision | undefined {
    const decision = this.#decisions.get(idText(id));
    if (!this.isShared || decision === undefined) return decision;
    const seen = this.seen(id);
    if (seen !== undefined && seen.since > decision.since) return undefined;
    return { ...decision, directory: seen?.digest ?? null };
  }

  /** Decisions as they were made, whether or not they count here. */
  allDecisions(): IterableIterator<[string, Decision]> {
    return this.#decisions.entries();
  }

  decide(id: BundleId, decision: Decision | undefined, batch: Batch): void {
    const key = idText(id);
    if (decision !== undefined || this.#decisions.get(key) !== undefined) batch.set(this.#decisions, key, decision);
  }

  /** Decides that nothing serves. Where no directory holds it nothing needs to be remembered. */
  decideNone(id: BundleId, batch: Batch): void {
    const directory = this.seen(id)?.digest ?? null;
    const isNeeded = this.isShared || directory !== null;
    this.decide(id, isNeeded ? { revision: null, since: Date.now(), directory } : undefined, batch);
  }

  /** New content of the directory serves. Of several servers the others have theirs yet, which the decision is about. */
  overrule(id: BundleId, batch: Batch): void {
    if (!this.isShared) this.decide(id, undefined, batch);
  }

  get contract(): Contract | undefined {
    return this.#contract.get('active');
  }

  get lastContract(): number {
    return this.#numbers.get('contract') ?? 0;
  }

  setContract(contract: Contract | undefined, batch: Batch): void {
    batch.set(this.#contract, 'active', contract);
    if (contract !== undefined) batch.set(this.#numbers, 'contract', contract.revision);
  }
}
