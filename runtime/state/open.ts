import { UsageError } from '../settings.ts';
import { openLmdbStore } from './lmdb.ts';
import { MemoryStore } from './memory.ts';
import { openRedisStore } from './redis.ts';
import { keyProblem, SealedStore, settleKeys } from './sealed-store.ts';
import { Sealer } from './sealer.ts';
import type { Store } from './store.ts';
import type { StoreOptions } from './store-options.ts';

/**
 * The store that `--store` names: `memory`, `lmdb:DIR`, `redis://HOST:PORT/DB` or `rediss://...`. What is secret is
 * encrypted in all but memory, when there is a key.
 * @throws UsageError, CommandFailure
 */
export async function openStore(name: string, options: StoreOptions = {}): Promise<Store> {
  if (name === 'memory') return new MemoryStore();
  const { log, encryptionKeys } = options;
  const sealer = new Sealer(encryptionKeys, log);
  const store = await openPlain(name, options, sealer);
  try {
    await settleKeys(store, encryptionKeys, sealer);
  } catch (error) {
    await store.close();
    throw keyProblem(error);
  }
  return new SealedStore(store, sealer);
}

async function openPlain(name: string, options: StoreOptions, sealer: Sealer): Promise<Store> {
  if (/^rediss?:/.test(name)) {
    return openRedisStore(name, options, (tables) => sealer.tables(tables)).catch((error: unknown) => {
      throw keyProblem(error);
    });
  }
  const folder = /^lmdb:(.+)$/s.exec(name)?.[1];
  if (folder === undefined) {
    throw new UsageError(`--store is "${name}"; write memory, lmdb:DIR or redis://HOST:PORT/DB.`);
  }
  return openLmdbStore(folder, options.log);
}
