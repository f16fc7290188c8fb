import { type Change, keyOf, partOf, type Store } from './store.ts';

/**
 * JSON values by name, below a prefix of a store: all in memory, so that reading is a look-up; changed through a Batch
 * alone, so that what is in memory is what the store holds.
 */
export class Table<V> {
  readonly #prefix: readonly string[];
  readonly #values: Map<string, V>;
  #changed: ((name: string) => void) | undefined;

  private constructor(prefix: readonly string[], values: Map<string, V>) {
    this.#prefix = prefix;
    this.#values = values;
  }

  /** Reads all values. What a store holds was written by this class: its shape is trusted. */
  static async open<V>(store: Store, ...prefix: readonly string[]): Promise<Table<V>> {
    const values = new Map<string, V>();
    const start = `${keyOf(...prefix)}/`;
    for (const key of await store.keys(start)) {
      const text = await store.get(key);
      if (text !== undefined) values.set(partOf(key.slice(start.length)), JSON.parse(text) as V);
    }
    return new Table(prefix, values);
  }

  get(name: string): V | undefined {
    return this.#values.get(name);
  }

  entries(): IterableIterator<[string, V]> {
    return this.#values.entries();
  }

  get size(): number {
    return this.#values.size;
  }

  /** The change that writes or, with undefined, removes a value; `apply` does the same in memory. */
  change(name: string, value: V | undefined): Change {
    return { key: keyOf(...this.#prefix, name), value: value === undefined ? undefined : JSON.stringify(value) };
  }

  apply(name: string, value: V | undefined): void {
    if (value === undefined) this.#values.delete(name);
    else this.#values.set(name, value);
    this.#changed?.(name);
  }

  /** Has `changed` called after each change, with the name of the value. */
  watch(changed: (name: string) => void): void {
    this.#changed = changed;
  }
}

/** Changes to several tables that happen together or not at all. */
export class Batch {
  readonly #changes: Change[] = [];
  readonly #inMemory: (() => void)[] = [];

  set<V>(table: Table<V>, name: string, value: V | undefined): void {
    this.#changes.push(table.change(name, value));
    this.#inMemory.push(() => table.apply(name, value));
  }

  add(change: Change): void {
    this.#changes.push(change);
  }

  get isEmpty(): boolean {
    return this.#changes.length === 0;
  }

  /** One atomic write, on disk when it answers. When it fails, memory is as it was. */
  async commit(store: Store): Promise<void> {
    if (this.#changes.length > 0) await store.write(this.#changes);
    for (const apply of this.#inMemory) apply();
  }
}
