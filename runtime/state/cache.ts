import { type Answer, after, inTurn } from './answer.ts';
import { keyOf, type Store } from './store.ts';

/** Where a named cache lives; without a name it is the one that all proxies of the environment share. */
export interface CachePlace {
  readonly organization: string;
  readonly environment: string;
  readonly name: string | undefined;
}

/** Characters an entry may have, and its key. Apigee: cache limits. */
export const cacheLimits = { value: 256 * 1024, key: 2048 } as const;

/** Characters that the entries one server has written may have together. zerohop's choice. */
const defaultBound = 64 * 1024 * 1024;

/**
 * Caches on top of a store, for texts. What this server writes is bounded: beyond that the entries go that were not used
 * for the longest time. An entry that is gone is a miss and no more, so nothing here is exact.
 */
export class Caches {
  readonly #store: Store;
  readonly #bound: number;
  /** Characters of the entries written here, by key, the least recently used first. */
  readonly #held = new Map<string, number>();
  #total = 0;

  constructor(store: Store, bound: number = defaultBound) {
    this.#store = store;
    this.#bound = bound;
  }

  /** What the keys of a cache begin with. */
  prefix({ organization, environment, name }: CachePlace): string {
    // No cache can be named so: the shared one has a place of its own.
    return `${keyOf('cache', organization, environment, name ?? '*')}/`;
  }

  get(key: string): Answer<string | undefined> {
    const answer = this.#store.get(key);
    return answer instanceof Promise ? answer.then((value) => this.#used(key, value)) : this.#used(key, answer);
  }

  /**
   * Answers false when the entry or its key is too large: then nothing is left under the key.
   * @param lifetime milliseconds; undefined: until it is removed
   */
  put(key: string, value: string, lifetime: number | undefined): Answer<boolean> {
    this.#forget(key);
    if (value.length > cacheLimits.value || key.length > cacheLimits.key) {
      return after(this.#store.delete(key), () => false);
    }
    const size = key.length + value.length;
    this.#held.set(key, size);
    this.#total += size;
    return after(this.#store.set(key, value, lifetime), () => after(this.#shrink(), () => true));
  }

  /** @param children whether everything goes whose key begins so */
  remove(key: string, children: boolean): Answer<undefined> {
    if (!children) return this.#drop(key);
    return after(this.#store.keys(key), (keys) => inTurn(keys, (one) => this.#drop(one)));
  }

  #drop(key: string): Answer<undefined> {
    this.#forget(key);
    return after(this.#store.delete(key), () => undefined);
  }

  #used(key: string, value: string | undefined): string | undefined {
    const size = this.#held.get(key);
    if (size === undefined) return value;
    if (value === undefined) {
      this.#forget(key);
    } else {
      this.#held.delete(key);
      this.#held.set(key, size);
    }
    return value;
  }

  #forget(key: string): void {
    const size = this.#held.get(key);
    if (size === undefined) return;
    this.#held.delete(key);
    this.#total -= size;
  }

  #shrink(): Answer<undefined> {
    if (this.#total <= this.#bound) return undefined;
    const dropped: string[] = [];
    for (const [key] of this.#held) {
      if (this.#total <= this.#bound) break;
      this.#forget(key);
      dropped.push(key);
    }
    return inTurn(dropped, (key) => this.#store.delete(key));
  }
}
