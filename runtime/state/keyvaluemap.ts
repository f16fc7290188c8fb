import type { KeyValueMapFile } from '../bundle/environment.ts';
import { type Answer, after, inTurn } from './answer.ts';
import { keyOf, partOf, type Store } from './store.ts';

/** Where a map lives: two scopes never share a map, whatever its name. */
export type KeyValueMapScope = readonly string[];

export interface KeyValueMapEntry {
  readonly key: string;
  readonly values: readonly string[];
}

/** What a scope is made of. Compiler has all of it. */
interface ScopeParts {
  readonly organization: string;
  readonly environment: string;
  /** Name of the proxy or shared flow. */
  readonly bundle: string;
  /** Name of the policy. */
  readonly name: string;
}

/** Apigee: KeyValueMapOperations, Scope. A map of a proxy is the same one in every environment, as in the management API. */
export const keyValueMapScope = {
  organization: ({ organization }: Pick<ScopeParts, 'organization'>): KeyValueMapScope => [
    'organization',
    organization,
  ],
  environment: ({ organization, environment }: Omit<ScopeParts, 'bundle' | 'name'>): KeyValueMapScope => [
    'environment',
    organization,
    environment,
  ],
  apiproxy: ({ organization, bundle }: Pick<ScopeParts, 'organization' | 'bundle'>): KeyValueMapScope => [
    'apiproxy',
    organization,
    bundle,
  ],
  policy: ({ organization, bundle, name }: Omit<ScopeParts, 'environment'>): KeyValueMapScope => [
    'policy',
    organization,
    bundle,
    name,
  ],
};

/** Key value maps on top of a store. A map comes into being with its first entry, or when it is created. */
export class KeyValueMaps {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The map of that name, whether or not it has been created. Holding one costs nothing and reads nothing. */
  open(scope: KeyValueMapScope, name: string): KeyValueMap {
    return new KeyValueMap(this.#store, scope, name);
  }

  /** Names of the maps in a scope, in order. */
  names(scope: KeyValueMapScope): Answer<readonly string[]> {
    const prefix = `${keyOf('kvm', ...scope)}/`;
    return after(this.#store.keys(prefix), (keys) => namesIn(keys, prefix));
  }

  /** Answers false when there is a map of that name already. */
  create(scope: KeyValueMapScope, name: string, encrypted: boolean): Answer<boolean> {
    return this.open(scope, name).create(encrypted);
  }

  /** Removes a map with all its entries; answers whether there was one. */
  drop(scope: KeyValueMapScope, name: string): Answer<boolean> {
    const prefix = `${keyOf('kvm', ...scope, name)}/`;
    return after(this.#store.keys(prefix), (keys) =>
      after(
        inTurn(keys, (key) => this.#store.delete(key)),
        () => keys.length > 0,
      ),
    );
  }

  /** Brings in a map from a file. What the store holds already stays as it is: it may have been changed since. */
  load(scope: KeyValueMapScope, file: KeyValueMapFile): Answer<undefined> {
    const map = this.open(scope, file.name);
    // How a value is stored hangs on the map.
    return after(map.create(file.encrypted), () => {
      const answers = [...file.entries].map(([key, value]) => map.add(key, [value]));
      // Not one after the other: a store on disk writes what comes together as one.
      const isLater = answers.some((answer) => answer instanceof Promise);
      return isLater ? Promise.all(answers).then(() => undefined) : undefined;
    });
  }

  /** Writes a policy's initial entries: other values give way, other keys stay. Apigee: KeyValueMapOperations, InitialEntries. */
  seed(scope: KeyValueMapScope, name: string, entries: readonly KeyValueMapEntry[]): Answer<undefined> {
    if (entries.length === 0) return undefined;
    const map = this.open(scope, name);
    return after(map.create(false), () => inTurn(entries, ({ key, values }) => map.put(key, values)));
  }
}

/** One key value map. A key holds one value or several. */
export class KeyValueMap {
  readonly #store: Store;
  readonly #mark: string;
  readonly #entries: string;

  constructor(store: Store, scope: KeyValueMapScope, name: string) {
    this.#store = store;
    const key = keyOf('kvm', ...scope, name);
    this.#mark = `${key}/${mark}`;
    this.#entries = `${key}/${entry}/`;
  }

  /** Answers false when it exists already. */
  create(encrypted: boolean): Answer<boolean> {
    return this.#store.add(this.#mark, encrypted ? 'encrypted' : 'plain');
  }

  /** Whether its values must not be shown; undefined when it was never created. */
  encrypted(): Answer<boolean | undefined> {
    return after(this.#store.get(this.#mark), isEncrypted);
  }

  get(key: string): Answer<readonly string[] | undefined> {
    return after(this.#store.get(this.#key(key)), valuesOf);
  }

  /** Replaces all values of the key. */
  put(key: string, values: readonly string[]): Answer<void> {
    return this.#store.set(this.#key(key), JSON.stringify(values));
  }

  /** Writes only when the key is not there; answers whether it did. */
  add(key: string, values: readonly string[]): Answer<boolean> {
    return this.#store.add(this.#key(key), JSON.stringify(values));
  }

  delete(key: string): Answer<void> {
    return this.#store.delete(this.#key(key));
  }

  /** All keys, in order. */
  list(): Answer<readonly string[]> {
    return after(this.#store.keys(this.#entries), (keys) =>
      keys.map((key) => partOf(key.slice(this.#entries.length))).sort(),
    );
  }

  #key(key: string): string {
    return this.#entries + keyOf(key);
  }
}

/** Below a map's key: what says that it was created, and its entries. */
const mark = 'map';
const entry = 'entry';

function isEncrypted(text: string | undefined): boolean | undefined {
  return text === undefined ? undefined : text === 'encrypted';
}

function valuesOf(text: string | undefined): readonly string[] | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as readonly string[]);
}

function namesIn(keys: readonly string[], prefix: string): readonly string[] {
  const names = keys.map((key) => partOf(key.slice(prefix.length, key.indexOf('/', prefix.length))));
  return [...new Set(names)].sort();
}
