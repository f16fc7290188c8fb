import { UsageError } from '../settings.ts';
import { openLmdbStore } from './lmdb.ts';
import { MemoryStore } from './memory.ts';
import { openRedisStore } from './redis.ts';
import type { Store } from './store.ts';
import type { StoreOptions } from './store-options.ts';

/**
 * The store that `--store` names: `memory`, `lmdb:DIR`, `redis://HOST:PORT/DB` or `rediss://...`.
 * @throws UsageError, CommandFailure
 */
export async function openStore(name: string, options: StoreOptions = {}): Promise<Store> {
  if (name === 'memory') return new MemoryStore();
  if (/^rediss?:/.test(name)) return openRedisStore(name, options);
  const folder = /^lmdb:(.+)$/s.exec(name)?.[1];
  if (folder === undefined) {
    throw new UsageError(`--store is "${name}"; write memory, lmdb:DIR or redis://HOST:PORT/DB.`);
  }
  return openLmdbStore(folder, options.log);
}
