import type { Log } from '../log.ts';
import { UsageError } from '../settings.ts';
import { openLmdbStore } from './lmdb.ts';
import { MemoryStore } from './memory.ts';
import type { Store } from './store.ts';

/**
 * The store that `--store` names: `memory` or `lmdb:DIR`.
 * @param log told what fails behind the scenes
 * @throws UsageError, CommandFailure
 */
export async function openStore(name: string, log?: Log): Promise<Store> {
  if (name === 'memory') return new MemoryStore();
  const folder = /^lmdb:(.+)$/s.exec(name)?.[1];
  if (folder === undefined) throw new UsageError(`--store is "${name}"; write memory or lmdb:DIR.`);
  return openLmdbStore(folder, log);
}
