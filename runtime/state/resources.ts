import type { Environment, JsonObject } from '../bundle/environment.ts';
import { completeApp, completeAppGroup, completeDeveloper } from './consumer-keys.ts';
import { appName, kindsOfResource, nameOfWritten, type ResourceKind, resourceKinds } from './resource-kinds.ts';
import type { Store } from './store.ts';
import { type Batch, Table } from './table.ts';

/** A resource of the environment or organization, in the JSON of the management API. */
export interface Resource {
  readonly name: string;
  readonly value: JsonObject;
  /** `test`: test data of the emulator's API, replaced as a whole. */
  readonly origin: 'file' | 'test' | 'api';
  /** Milliseconds since 1970; 0: came with a file. */
  readonly createdAt: number;
  readonly lastModifiedAt: number;
}

/** What the store holds of a resource. */
interface Entry {
  /** Null: deleted, whatever the files say. */
  readonly value: JsonObject | null;
  /** `file`: what was added to a resource of a file, such as generated keys. */
  readonly origin: Resource['origin'];
  readonly createdAt: number;
  readonly lastModifiedAt: number;
}

/** A resource and its new value; undefined deletes it. */
export interface ResourceChange {
  readonly kind: ResourceKind;
  readonly name: string;
  readonly value: JsonObject | undefined;
}

/** Resources of files, and on top of them what came by the API: of one name the latter counts. */
export class Resources {
  readonly #store: Store;
  readonly #tables = new Map<ResourceKind, Table<Entry>>();
  readonly #written = new Map<ResourceKind, ReadonlyMap<string, JsonObject>>();

  private constructor(store: Store) {
    this.#store = store;
  }

  /** Reads what came by the API, and takes the files of an environment as the base. */
  static async open(store: Store, environment: Environment): Promise<Resources> {
    const resources = new Resources(store);
    await resources.#open(environment);
    return resources;
  }

  async #open(environment: Environment): Promise<void> {
    for (const kind of resourceKinds) {
      const { of, file } = kindsOfResource[kind];
      const scope = of === 'environment' ? [environment.organization, environment.name] : [environment.organization];
      this.#tables.set(kind, await Table.open<Entry>(this.#store, 'resources', of, ...scope, kind));
      this.#written.set(kind, writtenOf(kind, environment, file));
    }
  }

  /** In order of their names. */
  list(kind: ResourceKind): Resource[] {
    const names = new Set(this.#written.get(kind)?.keys());
    for (const [name] of this.#table(kind).entries()) names.add(name);
    return [...names].sort().flatMap((name) => this.get(kind, name) ?? []);
  }

  get(kind: ResourceKind, name: string): Resource | undefined {
    const entry = this.#table(kind).get(name);
    const written = this.#written.get(kind)?.get(name);
    if (entry === undefined) {
      return written && { name, value: written, origin: 'file', createdAt: 0, lastModifiedAt: 0 };
    }
    if (entry.value === null) return undefined;
    if (entry.origin !== 'file') return { name, ...entry, value: entry.value };
    // What was generated for a resource of a file goes with the file.
    return written && { name, ...entry, value: { ...written, ...entry.value } };
  }

  /** Has `changed` called after each change that is stored; there is one who is told. */
  watch(changed: (kind: ResourceKind, name: string) => void): void {
    for (const [kind, table] of this.#tables) table.watch((name) => changed(kind, name));
  }

  developer(emailOrId: string): Resource | undefined {
    const byEmail = this.get('developers', emailOrId.toLowerCase());
    return byEmail ?? this.list('developers').find(({ value }) => value.developerId === emailOrId);
  }

  app(developer: string, name: string): Resource | undefined {
    const email = this.developer(developer)?.value.email;
    return this.get('apps', appName(typeof email === 'string' ? email : developer, name));
  }

  /** Values as they will be once some changes are made, in order of their names. */
  valuesWith(kind: ResourceKind, changes: readonly ResourceChange[]): Map<string, JsonObject> {
    const values = new Map(this.list(kind).map(({ name, value }) => [name, value]));
    for (const change of changes) {
      if (change.kind !== kind) continue;
      if (change.value === undefined) values.delete(change.name);
      else values.set(change.name, change.value);
    }
    return values;
  }

  /** Whether anything of that kind came by the API, so that the files alone do not tell. */
  isChanged(kind: ResourceKind): boolean {
    return this.#table(kind).size > 0;
  }

  /**
   * Developers and apps get the ids and keys that they lack.
   * @param developers those that are changed along with it, by e-mail address and id
   * @returns the value as it is stored
   */
  change(
    { kind, name, value }: ResourceChange,
    origin: 'test' | 'api',
    batch: Batch,
    developers: ReadonlyMap<string, JsonObject> = new Map(),
  ): JsonObject | undefined {
    const now = Date.now();
    const table = this.#table(kind);
    if (value === undefined) {
      const isWritten = this.#written.get(kind)?.has(name) === true;
      const gone: Entry = { value: null, origin, createdAt: now, lastModifiedAt: now };
      batch.set(table, name, isWritten ? gone : undefined);
      return undefined;
    }
    const before = this.get(kind, name);
    const createdAt = before === undefined || before.createdAt === 0 ? now : before.createdAt;
    const full = this.#completed(kind, value, before?.value, developers);
    // Who takes the last key off an app by the API gets no other in its place.
    const isEmptied = origin === 'api' && Array.isArray(value.credentials) && value.credentials.length === 0;
    const completed = isEmptied ? { ...full, credentials: [] } : full;
    batch.set(table, name, { value: completed, origin, createdAt, lastModifiedAt: now });
    return completed;
  }

  /**
   * Takes away all test data and puts other in its place. Developers come before the apps that are theirs; an app that
   * was there before keeps its generated keys.
   */
  replaceTests(changes: readonly ResourceChange[], batch: Batch): void {
    const names = new Set(changes.map(({ kind, name }) => idOf(kind, name)));
    for (const [kind, table] of this.#tables) {
      for (const [name, { origin }] of table.entries()) {
        if (origin === 'test' && !names.has(idOf(kind, name))) batch.set(table, name, undefined);
      }
    }
    const developers = new Map<string, JsonObject>();
    const inOrder = [...changes].sort((a, b) => Number(b.kind === 'developers') - Number(a.kind === 'developers'));
    for (const change of inOrder) {
      const written = this.change(change, 'test', batch, developers);
      if (change.kind !== 'developers' || written === undefined) continue;
      developers.set(change.name, written);
      developers.set(String(written.developerId), written);
    }
  }

  /** Ids and keys for the developers and apps of files, generated once and for all; those of a file that is gone go. */
  complete(batch: Batch): void {
    const developers = new Map<string, JsonObject>();
    for (const kind of ['developers', 'apps'] as const) {
      const table = this.#table(kind);
      const written = this.#written.get(kind) ?? new Map<string, JsonObject>();
      for (const [name, value] of written) {
        const entry = table.get(name);
        if (entry !== undefined && entry.origin !== 'file') continue;
        const full = this.#completed(kind, value, entry?.value ?? undefined, developers);
        if (kind === 'developers') developers.set(name, full);
        const added = Object.fromEntries(Object.entries(full).filter(([member, one]) => !isEqual(one, value[member])));
        if (isEqual(added, entry?.value ?? {})) continue;
        const now = Date.now();
        batch.set(table, name, {
          value: added,
          origin: 'file',
          createdAt: entry?.createdAt ?? now,
          lastModifiedAt: now,
        });
      }
      for (const [name, entry] of table.entries()) {
        if (entry.origin === 'file' && !written.has(name)) batch.set(table, name, undefined);
      }
    }
  }

  #completed(
    kind: ResourceKind,
    value: JsonObject,
    before: JsonObject | undefined,
    developers: ReadonlyMap<string, JsonObject>,
  ): JsonObject {
    if (kind === 'developers') return completeDeveloper(value, before);
    if (kind === 'appgroups') return completeAppGroup(value, before);
    if (kind !== 'apps') return value;
    const named = String(value.developerEmail ?? value.developerId ?? '');
    const developer = developers.get(named.toLowerCase()) ?? developers.get(named) ?? this.developer(named)?.value;
    return completeApp(value, before, developer);
  }

  #table(kind: ResourceKind): Table<Entry> {
    const table = this.#tables.get(kind);
    if (table === undefined) throw new Error('Resources are used before an environment was read');
    return table;
  }
}

function idOf(kind: ResourceKind, name: string): string {
  return `${kind}/${name}`;
}

function isEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function writtenOf(kind: ResourceKind, environment: Environment, file: string | undefined): Map<string, JsonObject> {
  if (kind === 'resourcefiles') {
    const files = [...environment.resources.values()].map(({ type, name, bytes }): [string, JsonObject] => [
      `${type}/${name}`,
      { type, name, content: Buffer.from(bytes).toString('base64') },
    ]);
    return new Map(files);
  }
  const written = file === undefined ? [] : (environment.written.get(file) ?? []);
  if (kind === 'flowhooks') {
    const hooks = written.flatMap((hooksOfFile) => Object.entries(hooksOfFile));
    return new Map(hooks.filter(([, hook]) => isHook(hook)) as [string, JsonObject][]);
  }
  if (kind === 'debugmask') {
    const [mask] = [...written, ...(environment.written.get('debugmasks.json') ?? [])];
    return new Map(mask === undefined ? [] : [[kind, mask]]);
  }
  return new Map(written.map((value) => [nameOfWritten(kind, value), value]));
}

/** An empty object is how a hook is taken away. */
function isHook(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}
