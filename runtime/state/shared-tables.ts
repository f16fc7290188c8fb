import { type Change, partOf } from './store.ts';

/** Where tables that several servers change are kept: what was written is known by the number of its write. */
export interface TableLog {
  /** What was written after a revision, as it is now, and the number of the last write; both at one moment. */
  since(revision: number): Promise<{ readonly revision: number; readonly changes: readonly Change[] }>;
  /**
   * Writes in one atomic step what belongs to tables and what else belongs to it, unless somebody has written since a
   * revision. Gives the number of this write; undefined: somebody has.
   */
  append(revision: number, tables: readonly Change[], others: readonly Change[]): Promise<number | undefined>;
  /** Calls whenever somebody may have written. */
  watch(heard: () => void): void;
}

/** Somebody else was faster: what was about to be written was worked out from what is not so any more. */
export class OutdatedTables extends Error {
  override readonly name = 'OutdatedTables';
}

/** One table in memory. */
export interface TableContent<V> {
  readonly values: Map<string, V>;
  /** Told the name of each value that is another one now. */
  changed: ((name: string) => void) | undefined;
}

/**
 * All tables (table.ts) of a store that several servers use, in memory: read once, and from then on what others write is
 * taken over by `refresh`. Writing succeeds only on top of the latest state, so that no server undoes what another did.
 */
export class SharedTables {
  readonly #log: TableLog;
  readonly #tables = new Map<string, TableContent<unknown>>();
  #revision = 0;

  private constructor(log: TableLog) {
    this.#log = log;
  }

  /** @throws StoreFailure */
  static async open(log: TableLog): Promise<SharedTables> {
    const tables = new SharedTables(log);
    await tables.refresh();
    return tables;
  }

  /** What is below a prefix: the same for all who ask, changed by `refresh`. */
  content(prefix: string): TableContent<unknown> {
    let content = this.#tables.get(prefix);
    if (content === undefined) {
      content = { values: new Map(), changed: undefined };
      this.#tables.set(prefix, content);
    }
    return content;
  }

  /**
   * Takes over what others wrote. A store that knows less than we do was emptied or fell back on an older copy: it is
   * taken as it is, and `lost` says so.
   * @returns keys that others wrote @throws StoreFailure
   */
  async refresh(): Promise<{ readonly keys: readonly string[]; readonly lost: boolean }> {
    const { revision, changes } = await this.#log.since(this.#revision);
    if (revision >= this.#revision) {
      this.#take(changes);
      this.#revision = revision;
      return { keys: changes.map(({ key }) => key), lost: false };
    }
    const all = await this.#log.since(0);
    const before = [...this.#tables.values()].flatMap((content) =>
      [...content.values.keys()].map((name) => ({ content, name })),
    );
    for (const { values } of this.#tables.values()) values.clear();
    this.#take(all.changes);
    for (const { content, name } of before) content.changed?.(name);
    this.#revision = all.revision;
    return { keys: [], lost: true };
  }

  /** What is in memory is left to who calls. @throws OutdatedTables, StoreFailure */
  async write(tables: readonly Change[], others: readonly Change[]): Promise<void> {
    const revision = await this.#log.append(this.#revision, tables, others);
    if (revision === undefined) throw new OutdatedTables('Another server changed something in between');
    this.#revision = revision;
  }

  watch(heard: () => void): void {
    this.#log.watch(heard);
  }

  #take(changes: readonly Change[]): void {
    for (const { key, value } of changes) {
      const end = key.lastIndexOf('/') + 1;
      const content = this.content(key.slice(0, end));
      const name = partOf(key.slice(end));
      // What a store holds was written by a table: its shape is trusted.
      if (value === undefined) content.values.delete(name);
      else content.values.set(name, JSON.parse(value));
      content.changed?.(name);
    }
  }
}
