import { type BundleId, idText } from './revisions.ts';
import type { Store } from './store.ts';
import { type Batch, Table } from './table.ts';

/** What the bundle directory held when it was last looked at and taken. */
export interface Seen {
  readonly digest: string;
  readonly revision: number;
  /** Milliseconds since 1970: when that content was seen first. */
  readonly since: number;
}

/** What was seen in the bundle directory, by kind and name. */
export interface SeenBundles {
  get(id: BundleId): Seen | undefined;
  entries(): IterableIterator<[string, Seen]>;
  /** The directory holds that content now: takes note of it if it is known from earlier. */
  recognize(id: BundleId, digest: string): void;
  set(id: BundleId, seen: Seen | undefined, batch: Batch): void;
}

const tableName = 'directory';

export async function openSeenBundles(store: Store): Promise<SeenBundles> {
  const table = await Table.open<Seen>(store, tableName);
  return store.shared === undefined ? alone(table) : new SeenAmongOthers(table);
}

/** One server: what it saw last is what the store has. */
function alone(table: Table<Seen>): SeenBundles {
  return {
    get: (id) => table.get(idText(id)),
    entries: () => table.entries(),
    recognize: () => undefined,
    set: (id, seen, batch) => batch.set(table, idText(id), seen),
  };
}

/** Contents of one bundle that are remembered; the oldest go. */
const contentsKept = 20;

/**
 * Several servers, each with a directory of its own, which may hold other content for a while: what this one sees is
 * known to it alone; all know which number any content that was ever seen got.
 */
class SeenAmongOthers implements SeenBundles {
  readonly #here = new Map<string, Seen>();
  readonly #contents: Table<Seen>;

  constructor(contents: Table<Seen>) {
    this.#contents = contents;
  }

  get(id: BundleId): Seen | undefined {
    return this.#here.get(idText(id));
  }

  entries(): IterableIterator<[string, Seen]> {
    return this.#here.entries();
  }

  recognize(id: BundleId, digest: string): void {
    const known = this.#contents.get(nameOf(id, digest));
    if (known !== undefined) this.#here.set(idText(id), known);
  }

  set(id: BundleId, seen: Seen | undefined, batch: Batch): void {
    batch.afterwards(() => {
      if (seen === undefined) this.#here.delete(idText(id));
      else this.#here.set(idText(id), seen);
    });
    if (seen === undefined || this.#contents.get(nameOf(id, seen.digest)) !== undefined) return;
    batch.set(this.#contents, nameOf(id, seen.digest), seen);
    const others = [...this.#contents.entries()].filter(([name]) => name.startsWith(nameOf(id, '')));
    others.sort(([, one], [, other]) => other.since - one.since);
    for (const [name] of others.slice(contentsKept - 1)) batch.set(this.#contents, name, undefined);
  }
}

function nameOf(id: BundleId, digest: string): string {
  return `${idText(id)}@${digest}`;
}
