import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { RootDatabase } from 'lmdb';
import { CommandFailure } from '../settings.ts';
import { type Lock, lockFolder } from './lock.ts';
import type { Change, Store } from './store.ts';

/** Bytes. The largest key is about half a page: names of up to 2 KB, the platform's limit, fit with what is before them. */
const pageSize = 8192;

/**
 * Opens a store in a folder of its own. The library is loaded here, since most commands never need it.
 * @throws CommandFailure when the folder cannot be used
 */
export async function openLmdbStore(folder: string): Promise<Store> {
  const { open } = await import('lmdb');
  const path = resolve(folder);
  try {
    // Keys and secrets lie in it: nobody else is to read them.
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const lock = lockFolder(path, folder);
    return new LmdbStore(open<string, string>({ path, encoding: 'string', pageSize, noSubdir: false }), lock);
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandFailure(
      `The data directory ${folder} cannot be used: ${reason}. Choose another with --store lmdb:DIR.`,
    );
  }
}

/** A store on disk. Reads are memory mapped and answer at once; a write answers when it is committed. */
class LmdbStore implements Store {
  readonly #database: RootDatabase<string, string>;
  readonly #lock: Lock;

  constructor(database: RootDatabase<string, string>, lock: Lock) {
    this.#database = database;
    this.#lock = lock;
  }

  get(key: string): string | undefined {
    return this.#database.get(key);
  }

  async set(key: string, value: string): Promise<void> {
    await this.#database.put(key, value);
  }

  async add(key: string, value: string): Promise<boolean> {
    if (this.#database.doesExist(key)) return false;
    return this.#database.ifNoExists(key, () => {
      this.#database.put(key, value);
    });
  }

  async delete(key: string): Promise<void> {
    await this.#database.remove(key);
  }

  keys(prefix: string): readonly string[] {
    // Keys are well-formed text: nothing that begins with the prefix comes behind the highest character.
    return [...this.#database.getKeys({ start: prefix, end: `${prefix}\u{10ffff}` })];
  }

  async write(changes: readonly Change[]): Promise<void> {
    await this.#database.transaction(() => {
      for (const { key, value } of changes) {
        if (value === undefined) this.#database.remove(key);
        else this.#database.put(key, value);
      }
    });
    await this.#database.flushed;
  }

  async close(): Promise<void> {
    await this.#database.flushed;
    await this.#database.close();
    this.#lock.release();
  }
}
