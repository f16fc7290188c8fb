import type { Resource } from '../bundle/bundle.ts';
import type { Environment } from '../bundle/environment.ts';

/** Tables of an environment that plans are compiled with. Flow hooks and properties are read from the snapshot. */
const tables = ['targetServers', 'keyStores', 'references', 'resources'] as const;
type TableName = (typeof tables)[number];

/**
 * What of an environment a bundle was compiled with. Looking something up is what makes a bundle depend on it, there or
 * not; key stores are looked up when a connection is opened, so that this goes on while the plan serves.
 */
export class Uses {
  /** The environment to compile with: takes note of what is looked up. */
  readonly environment: Environment;
  readonly #name: string;
  readonly #seen = new Map<TableName, Map<string, unknown>>();
  /** Tables that were read as a whole, as they were. */
  readonly #whole = new Map<TableName, ReadonlyMap<string, unknown>>();

  constructor(environment: Environment) {
    this.#name = environment.name;
    const watched = <V>(table: TableName, map: ReadonlyMap<string, V>): ReadonlyMap<string, V> =>
      new WatchedMap(
        map,
        (name, value) => this.#note(table, name, value),
        () => this.#whole.set(table, map),
      );
    this.environment = {
      ...environment,
      targetServers: watched('targetServers', environment.targetServers),
      keyStores: watched('keyStores', environment.keyStores),
      references: watched('references', environment.references),
      resources: watched('resources', environment.resources),
    };
  }

  /** Whether compiling with that environment would give the same. */
  areSameIn(environment: Environment): boolean {
    if (environment.name !== this.#name) return false;
    return tables.every((table) => {
      const now: ReadonlyMap<string, unknown> = environment[table];
      const whole = this.#whole.get(table);
      if (whole !== undefined && !isSameTable(whole, now)) return false;
      return [...(this.#seen.get(table) ?? [])].every(([name, before]) => isSame(before, now.get(name)));
    });
  }

  #note(table: TableName, name: string, value: unknown): void {
    const seen = this.#seen.get(table);
    if (seen === undefined) this.#seen.set(table, new Map([[name, value]]));
    else seen.set(name, value);
  }
}

function isSameTable(one: ReadonlyMap<string, unknown>, other: ReadonlyMap<string, unknown>): boolean {
  return (
    one.size === other.size && [...one].every(([name, value]) => other.has(name) && isSame(value, other.get(name)))
  );
}

function isSame(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one, plain) === JSON.stringify(other, plain);
}

function plain(_: string, value: unknown): unknown {
  if (value instanceof Map) return [...value];
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  // A resource's file is where it was read from, not what it is.
  if (typeof value === 'object' && value !== null && 'bytes' in value) {
    const { type, name, bytes } = value as Resource;
    return { type, name, bytes: Buffer.from(bytes).toString('base64') };
  }
  return value;
}

/** A map that tells what is looked up in it. */
class WatchedMap<V> implements ReadonlyMap<string, V> {
  readonly #map: ReadonlyMap<string, V>;
  readonly #one: (name: string, value: V | undefined) => void;
  readonly #all: () => void;

  constructor(map: ReadonlyMap<string, V>, one: (name: string, value: V | undefined) => void, all: () => void) {
    this.#map = map;
    this.#one = one;
    this.#all = all;
  }

  get size(): number {
    this.#all();
    return this.#map.size;
  }

  get(name: string): V | undefined {
    const value = this.#map.get(name);
    this.#one(name, value);
    return value;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  forEach(callback: (value: V, key: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [name, value] of this.entries()) callback(value, name, this);
  }

  entries(): MapIterator<[string, V]> {
    this.#all();
    return this.#map.entries();
  }

  keys(): MapIterator<string> {
    this.#all();
    return this.#map.keys();
  }

  values(): MapIterator<V> {
    this.#all();
    return this.#map.values();
  }

  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries();
  }
}
