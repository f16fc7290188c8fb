import type { Store } from '../../runtime/state/store.ts';

/** The same store, answering later, as one across a network does. */
export function later(store: Store): Store {
  return {
    get: async (key) => store.get(key),
    set: async (key, value, lifetime) => store.set(key, value, lifetime),
    add: async (key, value, lifetime) => store.add(key, value, lifetime),
    take: async (key) => store.take(key),
    replace: async (key, expected, value, lifetime) => store.replace(key, expected, value, lifetime),
    delete: async (key) => store.delete(key),
    keys: async (prefix) => store.keys(prefix),
    write: async (changes) => store.write(changes),
    count: async (key, step) => store.count(key, step),
    pace: async (key, milliseconds) => store.pace(key, milliseconds),
    close: () => store.close(),
  };
}
