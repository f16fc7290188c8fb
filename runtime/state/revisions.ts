import type { BundleKind } from '../bundle/bundle.ts';
import { keyOf, type Store } from './store.ts';
import { type Batch, Table } from './table.ts';

/** A proxy or a shared flow; one of each may have the same name. */
export interface BundleId {
  readonly kind: BundleKind;
  readonly name: string;
}

export function idText({ kind, name }: BundleId): string {
  return `${kind}/${name}`;
}

/** What is known of a revision besides its content. */
export interface Revision {
  readonly revision: number;
  /** Of the files, as `Bundle.digest`. */
  readonly digest: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly lastModifiedAt: number;
  readonly origin: 'directory' | 'api';
}

interface History {
  /** Highest number that was ever given: a number is never used again. */
  readonly last: number;
  /** Those with stored content, oldest first. */
  readonly kept: readonly Revision[];
}

/**
 * Revisions of bundles in a store, their contents as zips. Contents lie apart from the rest: listing reads none of them.
 * Changes go into a Batch, which the caller commits together with what else belongs to them.
 */
export class Revisions {
  readonly #store: Store;
  readonly #histories: Table<History>;
  readonly #keep: number;

  private constructor(store: Store, histories: Table<History>, keep: number) {
    this.#store = store;
    this.#histories = histories;
    this.#keep = keep;
  }

  /** @param keep revisions of one bundle that stay; older ones go when a new one comes */
  static async open(store: Store, keep: number): Promise<Revisions> {
    return new Revisions(store, await Table.open<History>(store, 'revisions'), keep);
  }

  /** Bundles with at least one stored revision. */
  ids(): BundleId[] {
    return [...this.#histories.entries()].filter(([, { kept }]) => kept.length > 0).map(([text]) => idOfText(text));
  }

  /** Stored revisions, oldest first. */
  list(id: BundleId): readonly Revision[] {
    return this.#histories.get(idText(id))?.kept ?? [];
  }

  get(id: BundleId, revision: number): Revision | undefined {
    return this.list(id).find((one) => one.revision === revision);
  }

  /** The number that the next revision gets. */
  next(id: BundleId): number {
    return (this.#histories.get(idText(id))?.last ?? 0) + 1;
  }

  /** The zip; undefined when that revision is not stored. */
  async content(id: BundleId, revision: number): Promise<Uint8Array | undefined> {
    const text = await this.#store.get(contentKey(id, revision));
    return text === undefined ? undefined : Buffer.from(text, 'base64');
  }

  /** Stores a revision, or replaces its content. @param deployed revision that must not go to make room */
  put(id: BundleId, revision: Revision, zip: Uint8Array, deployed: number | undefined, batch: Batch): void {
    const others = this.list(id).filter((one) => one.revision !== revision.revision);
    const all = [...others, revision].sort((a, b) => a.revision - b.revision);
    const removable = all.filter((one) => one.revision !== revision.revision && one.revision !== deployed);
    const gone = new Set(removable.slice(0, Math.max(0, all.length - this.#keep)));
    for (const one of gone) batch.add({ key: contentKey(id, one.revision), value: undefined });
    batch.add({ key: contentKey(id, revision.revision), value: Buffer.from(zip).toString('base64') });
    this.#write(
      id,
      all.filter((one) => !gone.has(one)),
      revision.revision,
      batch,
    );
  }

  /** Takes note of a number that was given to content which is not stored. */
  reserve(id: BundleId, revision: number, batch: Batch): void {
    if (revision >= this.next(id)) this.#write(id, this.list(id), revision, batch);
  }

  remove(id: BundleId, revisions: readonly number[], batch: Batch): void {
    const gone = new Set(revisions);
    for (const revision of gone) batch.add({ key: contentKey(id, revision), value: undefined });
    const kept = this.list(id).filter((one) => !gone.has(one.revision));
    this.#write(id, kept, 0, batch);
  }

  /** Removes all of a bundle, and that its numbers were ever given. */
  forget(id: BundleId, batch: Batch): void {
    for (const { revision } of this.list(id)) batch.add({ key: contentKey(id, revision), value: undefined });
    batch.set(this.#histories, idText(id), undefined);
  }

  #write(id: BundleId, kept: readonly Revision[], revision: number, batch: Batch): void {
    const last = Math.max(this.next(id) - 1, revision);
    batch.set(this.#histories, idText(id), { last, kept });
  }
}

function contentKey(id: BundleId, revision: number): string {
  return keyOf('content', id.kind, id.name, String(revision));
}

/** The other way round from `idText`. */
export function idOfText(text: string): BundleId {
  const slash = text.indexOf('/');
  return { kind: text.slice(0, slash) === 'apiproxy' ? 'apiproxy' : 'sharedflowbundle', name: text.slice(slash + 1) };
}
