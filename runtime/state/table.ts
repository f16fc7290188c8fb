import type { TableContent } from './shared-tables.ts';
import { type Change, keyOf, partOf, type Store } from './store.ts';

/**
 * JSON values by name, below a prefix of a store: all in memory, so that reading is a look-up; changed through a Batch
 * alone, so that what is in memory is what the store holds.
 */
export class Table<V> {
  readonly #prefix: readonly string[];
  readonly #content: TableContent<V>;

  private constructor(prefix: readonly string[], content: TableContent<V>) {
    this.#prefix = prefix;
    this.#content = content;
  }

  /** Reads all values. What a store holds was written by this class: its shape is trusted. */
  static async open<V>(store: Store, ...prefix: readonly string[]): Promise<Table<V>> {
    // Of a shared store all tables of that prefix are one, which follows what other servers write.
    const shared = store.shared?.tables.content(`${keyOf(...prefix)}/`);
    if (shared !== undefined) return new Table(prefix, shared as TableContent<V>);
    const values = new Map<string, V>();
    const start = `${keyOf(...prefix)}/`;
    for (const key of await store.keys(start)) {
      const text = await store.get(key);
      if (text !== undefined) values.set(partOf(key.slice(start.length)), JSON.parse(text) as V);
    }
    return new Table(prefix, { values, changed: undefined });
  }

  get(name: string): V | undefined {
    return this.#content.values.get(name);
  }

  entries(): IterableIterator<[string, V]> {
    return this.#content.values.entries();
  }

  get size(): number {
    return this.#content.values.size;
  }

  /** The change that writes or, with undefined, removes a value; `apply` does the same in memory. */
  change(name: string, value: V | undefined): Change {
    return { key: keyOf(...this.#prefix, name), value: value === undefined ? undefined : JSON.stringify(value) };
  }

  apply(name: string, value: V | undefined): void {
    if (value === undefined) this.#content.values.delete(name);
    else this.#content.values.set(name, value);
    this.#content.changed?.(name);
  }

  /** Has `changed` called after each change, with the name of the value. */
  watch(changed: (name: string) => void): void {
    this.#content.changed = changed;
  }
}

/** Changes to several tables that happen together or not at all. */
export class Batch {
  readonly #ofTables: Change[] = [];
  readonly #others: Change[] = [];
  readonly #inMemory: (() => void)[] = [];

  set<V>(table: Table<V>, name: string, value: V | undefined): void {
    this.#ofTables.push(table.change(name, value));
    this.#inMemory.push(() => table.apply(name, value));
  }

  add(change: Change): void {
    this.#others.push(change);
  }

  /** To be done in memory once all is written. */
  afterwards(work: () => void): void {
    this.#inMemory.push(work);
  }

  get isEmpty(): boolean {
    return this.#ofTables.length + this.#others.length === 0;
  }

  /**
   * One atomic write, on disk when it answers. When it fails, memory is as it was.
   * @throws OutdatedTables when another server changed something in between
   */
  async commit(store: Store): Promise<void> {
    if (!this.isEmpty) {
      const tables = store.shared?.tables;
      if (tables === undefined) await store.write([...this.#ofTables, ...this.#others]);
      else await tables.write(this.#ofTables, this.#others);
    }
    for (const apply of this.#inMemory) apply();
  }
}
