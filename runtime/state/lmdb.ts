import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { RootDatabase } from 'lmdb';
import type { Log } from '../log.ts';
import { CommandFailure } from '../settings.ts';
import type { Answer } from './answer.ts';
import { type Counter, Counters } from './counters.ts';
import {
  counterKeys,
  decodeValue,
  dueKey,
  dueKeys,
  dueSecond,
  encodeValue,
  endOfValue,
  firstUserKey,
  keyThatIsDue,
  last,
  pacerKeys,
} from './lmdb-values.ts';
import { type Lock, lockFolder } from './lock.ts';
import type { Change, Counted, CountStep, Store } from './store.ts';

/** Bytes. The largest key is about half a page: names of up to 2 KB, the platform's limit, fit with what is before them. */
const pageSize = 8192;
/** Milliseconds between two writes of the counters: what a crash can lose of them. */
const behind = 1000;
/** Values that are removed in one transaction: others wait no longer for it. */
const sweptAtOnce = 1000;

/**
 * Opens a store in a folder of its own. The library is loaded here, since most commands never need it.
 * @throws CommandFailure when the folder cannot be used
 */
export async function openLmdbStore(folder: string, log?: Log): Promise<Store> {
  const { open } = await import('lmdb');
  const path = resolve(folder);
  try {
    // Keys and secrets lie in it: nobody else is to read them.
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const lock = lockFolder(path, folder);
    return new LmdbStore(open<string, string>({ path, encoding: 'string', pageSize, noSubdir: false }), lock, log);
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandFailure(
      `The data directory ${folder} cannot be used: ${reason}. Choose another with --store lmdb:DIR.`,
    );
  }
}

/**
 * A store on disk. Reads are memory mapped and answer at once; a write answers when it is committed. The folder belongs
 * to one process alone, so counters are in its memory, and written behind.
 */
class LmdbStore implements Store {
  readonly #database: RootDatabase<string, string>;
  readonly #lock: Lock;
  readonly #log: Log | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #counters = new Counters((key, isPacer) => (isPacer ? this.#changedPacers : this.#changedCounters).add(key));
  #changedCounters = new Set<string>();
  #changedPacers = new Set<string>();
  #tidying: Promise<void> | undefined;

  constructor(database: RootDatabase<string, string>, lock: Lock, log: Log | undefined) {
    this.#database = database;
    this.#lock = lock;
    this.#log = log;
    this.#restore(counterKeys);
    this.#restore(pacerKeys);
    this.#timer = setInterval(() => this.#tick(), behind);
    this.#timer.unref();
  }

  get(key: string): string | undefined {
    return decodeValue(this.#database.get(key), Date.now());
  }

  async set(key: string, value: string, lifetime?: number): Promise<void> {
    if (lifetime === undefined) await this.#database.put(key, encodeValue(value, undefined));
    else await this.#database.transaction(() => this.#put(key, value, lifetime));
  }

  async add(key: string, value: string, lifetime?: number): Promise<boolean> {
    return this.replace(key, undefined, value, lifetime);
  }

  async take(key: string): Promise<string | undefined> {
    if (this.get(key) === undefined) return undefined;
    return this.#database.transaction(() => {
      const value = this.get(key);
      if (value !== undefined) this.#database.remove(key);
      return value;
    });
  }

  async replace(
    key: string,
    expected: string | undefined,
    value: string | undefined,
    lifetime?: number,
  ): Promise<boolean> {
    return this.#database.transaction(() => {
      if (this.get(key) !== expected) return false;
      this.#put(key, value, lifetime);
      return true;
    });
  }

  async delete(key: string): Promise<void> {
    this.#counters.delete(key);
    await this.#database.remove(key);
  }

  keys(prefix: string): readonly string[] {
    const start = prefix < firstUserKey ? firstUserKey : prefix;
    const keys: string[] = [];
    const now = Date.now();
    for (const key of this.#database.getKeys({ start, end: prefix + last })) {
      const encoded = this.#database.get(key);
      if (encoded !== undefined && endOfValue(encoded) > now) keys.push(key);
    }
    return keys;
  }

  async write(changes: readonly Change[]): Promise<void> {
    await this.#database.transaction(() => {
      for (const { key, value, lifetime } of changes) this.#put(key, value, lifetime);
    });
    await this.#database.flushed;
  }

  count(key: string, step: CountStep): Counted {
    return this.#counters.count(key, step);
  }

  pace(key: string, milliseconds: number): Answer<boolean> {
    return this.#counters.pace(key, milliseconds);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#tidying;
    await this.#writeCounters();
    await this.#database.flushed;
    await this.#database.close();
    this.#lock.release();
  }

  /** In a transaction. */
  #put(key: string, value: string | undefined, lifetime: number | undefined): void {
    if (value === undefined) {
      this.#database.remove(key);
      return;
    }
    const expires = lifetime === undefined ? undefined : Date.now() + lifetime;
    this.#database.put(key, encodeValue(value, expires));
    if (expires !== undefined) this.#database.put(dueKey(key, expires), '');
  }

  #restore(prefix: string): void {
    for (const { key, value } of this.#database.getRange({ start: prefix, end: prefix + last })) {
      // What the database holds was written by this class: its shape is trusted.
      this.#counters.restore(key.slice(prefix.length), JSON.parse(value) as Counter);
    }
  }

  #tick(): void {
    // A disk that is slower than the interval is not asked twice at a time.
    this.#tidying ??= this.#tidy()
      .catch((error: unknown) => this.#log?.error({ error: String(error) }, 'counters cannot be written'))
      .finally(() => {
        this.#tidying = undefined;
      });
  }

  async #tidy(): Promise<void> {
    await this.#writeCounters();
    const range = { start: dueKeys, end: dueKeys + dueSecond(Date.now()), limit: sweptAtOnce };
    const due = [...this.#database.getKeys(range)];
    if (due.length > 0) await this.#database.transaction(() => this.#remove(due));
  }

  #remove(due: readonly string[]): void {
    const now = Date.now();
    for (const one of due) {
      const key = keyThatIsDue(one);
      const encoded = this.#database.get(key);
      if (encoded !== undefined && endOfValue(encoded) <= now) this.#database.remove(key);
      this.#database.remove(one);
    }
  }

  async #writeCounters(): Promise<void> {
    const counters = this.#changedCounters;
    const pacers = this.#changedPacers;
    if (counters.size + pacers.size === 0) return;
    this.#changedCounters = new Set();
    this.#changedPacers = new Set();
    try {
      await this.#database.transaction(() => {
        for (const key of counters) this.#writeCounter(counterKeys, key, false);
        for (const key of pacers) this.#writeCounter(pacerKeys, key, true);
      });
    } catch (error) {
      for (const key of counters) this.#changedCounters.add(key);
      for (const key of pacers) this.#changedPacers.add(key);
      throw error;
    }
  }

  #writeCounter(prefix: string, key: string, isPacer: boolean): void {
    const counter = this.#counters.get(key, isPacer);
    if (counter === undefined) this.#database.remove(prefix + key);
    else this.#database.put(prefix + key, JSON.stringify(counter));
  }
}
