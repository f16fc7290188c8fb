import { type BundleId, idText } from './revisions.ts';
import type { Store } from './store.ts';
import { type Batch, Table } from './table.ts';

/** What the bundle directory held when it was last looked at and taken. */
export interface Seen {
  readonly digest: string;
  readonly revision: number;
  /** Milliseconds since 1970. */
  readonly since: number;
}

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
 */
export class DeployedState {
  readonly #seen: Table<Seen>;
  readonly #decisions: Table<Decision>;
  readonly #contract: Table<Contract>;
  /** Highest number of a contract: kept when the contract goes. */
  readonly #numbers: Table<number>;

  private constructor(
    seen: Table<Seen>,
    decisions: Table<Decision>,
    contract: Table<Contract>,
    numbers: Table<number>,
  ) {
    this.#seen = seen;
    this.#decisions = decisions;
    this.#contract = contract;
    this.#numbers = numbers;
  }

  static async open(store: Store): Promise<DeployedState> {
    return new DeployedState(
      await Table.open<Seen>(store, 'directory'),
      await Table.open<Decision>(store, 'deployed'),
      await Table.open<Contract>(store, 'contract'),
      await Table.open<number>(store, 'numbers'),
    );
  }

  seen(id: BundleId): Seen | undefined {
    return this.#seen.get(idText(id));
  }

  /** What was seen in the directory, by kind and name. */
  allSeen(): IterableIterator<[string, Seen]> {
    return this.#seen.entries();
  }

  setSeen(id: BundleId, seen: Seen | undefined, batch: Batch): void {
    batch.set(this.#seen, idText(id), seen);
  }

  decision(id: BundleId): Decision | undefined {
    return this.#decisions.get(idText(id));
  }

  allDecisions(): IterableIterator<[string, Decision]> {
    return this.#decisions.entries();
  }

  decide(id: BundleId, decision: Decision | undefined, batch: Batch): void {
    if (decision !== undefined || this.decision(id) !== undefined) batch.set(this.#decisions, idText(id), decision);
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
