import { MemoryStore } from '../../runtime/state/memory.ts';
import type { Store } from '../../runtime/state/store.ts';
import { StoreFailure } from '../../runtime/state/store-failure.ts';

const away = async (): Promise<never> => {
  throw new StoreFailure('The store is away');
};

/** A store that does not answer. */
export const awayStore: Store = {
  get: away,
  set: away,
  add: away,
  take: away,
  replace: away,
  delete: away,
  keys: away,
  write: away,
  count: away,
  pace: away,
  close: () => new MemoryStore().close(),
};
