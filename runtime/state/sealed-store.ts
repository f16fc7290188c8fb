import { CommandFailure } from '../settings.ts';
import { type Answer, after } from './answer.ts';
import { type EncryptionKeys, SealFailure, sealedWith } from './encryption.ts';
import { type Sealer, secretPrefixes } from './sealer.ts';
import type { Change, Counted, CountStep, Shared, Store } from './store.ts';

/** A store whose secrets are sealed. */
export class SealedStore implements Store {
  readonly shared?: Shared;
  readonly #store: Store;
  readonly #sealer: Sealer;

  constructor(store: Store, sealer: Sealer) {
    this.#store = store;
    this.#sealer = sealer;
    if (store.shared !== undefined) this.shared = store.shared;
  }

  get(key: string): Answer<string | undefined> {
    return after(this.#store.get(key), (value) => this.#opened(key, value));
  }

  set(key: string, value: string, lifetime?: number): Answer<void> {
    return after(this.#sealed(key, value), (sealed) => this.#store.set(key, sealed, lifetime));
  }

  add(key: string, value: string, lifetime?: number): Answer<boolean> {
    return after(this.#sealed(key, value), (sealed) => this.#store.add(key, sealed, lifetime));
  }

  take(key: string): Answer<string | undefined> {
    return after(this.#store.take(key), (value) => this.#opened(key, value));
  }

  replace(key: string, expected: string | undefined, value: string | undefined, lifetime?: number): Answer<boolean> {
    // One text is sealed in many ways: what is expected is found out, and must not change from then on.
    return after(this.#store.get(key), (there) => {
      if (this.#opened(key, there) !== expected) return false;
      if (value === undefined) return this.#store.replace(key, there, undefined);
      return after(this.#sealed(key, value), (sealed) => this.#store.replace(key, there, sealed, lifetime));
    });
  }

  delete(key: string): Answer<void> {
    return this.#store.delete(key);
  }

  keys(prefix: string): Answer<readonly string[]> {
    return this.#store.keys(prefix);
  }

  async write(changes: readonly Change[]): Promise<void> {
    const sealed: Change[] = [];
    for (const change of changes) {
      const { key, value } = change;
      sealed.push(value === undefined ? change : { ...change, value: await this.#sealed(key, value) });
    }
    await this.#store.write(sealed);
  }

  count(key: string, step: CountStep): Answer<Counted> {
    return this.#store.count(key, step);
  }

  pace(key: string, milliseconds: number): Answer<boolean> {
    return this.#store.pace(key, milliseconds);
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  #sealed(key: string, value: string): Answer<string> {
    return this.#sealer.seal(key, value, (other) => this.#store.get(other));
  }

  #opened(key: string, value: string | undefined): string | undefined {
    return value === undefined ? undefined : this.#sealer.unseal(key, value);
  }
}

/** Ids of the keys that something in the store may be sealed with. */
const idsKey = 'encryption/keys';

/**
 * Sees to it that all that is sealed can be read, and that it is sealed with the first key: what is not yet is sealed
 * anew when a key is used for the first time, or several are given.
 * @param store as values lie there @throws CommandFailure when a key is missing
 */
export async function settleKeys(store: Store, keys: EncryptionKeys | undefined, sealer: Sealer): Promise<void> {
  const used = JSON.parse((await store.get(idsKey)) ?? '[]') as readonly string[];
  const missing = used.filter((id) => keys?.has(id) !== true);
  if (missing.length > 0) await refuseSealed(store, missing);
  const [first] = keys?.keys() ?? [];
  const ids = JSON.stringify([...(keys?.keys() ?? [])]);
  if (used.length > 0 || first !== undefined) await store.set(idsKey, ids);
  if (first === undefined || (used.includes(first) && keys?.size === 1)) return;
  for (const { key, value } of await secretsOf(store)) {
    if (sealedWith(value) === first) continue;
    const sealed = await sealer.seal(key, sealer.unseal(key, value), (other) => store.get(other));
    // What somebody else has written meanwhile is sealed already.
    if (sealed !== value) await store.replace(key, value, sealed);
  }
}

/** A key that nothing is sealed with any more can go. */
async function refuseSealed(store: Store, missing: readonly string[]): Promise<void> {
  for (const { value } of await secretsOf(store)) {
    const id = sealedWith(value);
    if (id === undefined || !missing.includes(id)) continue;
    const hint = 'Give it as well, behind the one to write with: --encryption-key-file or ZEROHOP_ENCRYPTION_KEY.';
    throw new CommandFailure(`Values in the store are encrypted with the key ${id}, which is not given. ${hint}`);
  }
}

async function secretsOf(store: Store): Promise<{ key: string; value: string }[]> {
  const found: { key: string; value: string }[] = [];
  for (const prefix of secretPrefixes) {
    for (const key of await store.keys(prefix)) {
      const value = await store.get(key);
      if (value !== undefined) found.push({ key, value });
    }
  }
  return found;
}

/** A store that cannot be read with the keys that are given, for people. */
export function keyProblem(error: unknown): unknown {
  if (!(error instanceof SealFailure)) return error;
  const hint = 'Is it the right one in --encryption-key-file or ZEROHOP_ENCRYPTION_KEY?';
  return new CommandFailure(`${error.message}. ${hint}`);
}
