import { unpack } from '../bundle/archive.ts';
import { type Environment, emptyEnvironment, type JsonObject, type KeyValueMapFile } from '../bundle/environment.ts';
import { readEnvironment } from '../bundle/environment-files.ts';
import type { FoundFile } from '../bundle/layout.ts';
import { type Diagnostic, Diagnostics } from '../diagnostic.ts';
import { after, inTurn } from '../state/answer.ts';
import { KeyValueMaps } from '../state/keyvaluemap.ts';
import { kindsOfResource, nameOfWritten, type ResourceKind } from '../state/resource-kinds.ts';
import type { ResourceChange } from '../state/resources.ts';
import type { Store } from '../state/store.ts';
import { type Batch, Table } from '../state/table.ts';
import type { DeploymentParts } from './deployment-parts.ts';
import { keyValueMapScopeOf } from './environment-maps.ts';
import { DeploymentRefusal } from './refusal.ts';

/** A key value map of the test data; values are not shown. */
export interface TestMap {
  readonly name: string;
  readonly scope: KeyValueMapFile['scope'];
  readonly entries: readonly string[];
}

interface StoredMap extends TestMap {
  readonly proxy: string | undefined;
  /** Whose map it is when the scope is an environment. */
  readonly environment: string;
}

const kinds = ['apiproducts', 'developers', 'apps', 'datacollectors'] as const satisfies readonly ResourceKind[];

/** Test data of the emulator's API: products, developers, apps, maps. Each upload replaces all that was before. */
export class TestData {
  readonly #store: Store;
  readonly #maps: Table<StoredMap>;

  private constructor(store: Store, maps: Table<StoredMap>) {
    this.#store = store;
    this.#maps = maps;
  }

  static async open(store: Store): Promise<TestData> {
    return new TestData(store, await Table.open<StoredMap>(store, 'testmaps'));
  }

  get maps(): readonly TestMap[] {
    return [...this.#maps.entries()].map(([, { name, scope, entries }]) => ({ name, scope, entries }));
  }

  /** @param zip undefined: there is none any more @throws DeploymentRefusal badArchive, faulty */
  async replace(zip: Uint8Array | undefined, parts: DeploymentParts): Promise<readonly Diagnostic[]> {
    const diagnostics = new Diagnostics();
    const { name } = parts.active.environment;
    const data = zip === undefined ? emptyEnvironment(name) : await readTestData(zip, name, diagnostics);
    const changes = kinds.flatMap((kind) => changesOf(kind, data));
    await this.#dropMaps(parts.active.environment.organization);
    await parts.active.commit((batch) => {
      parts.environment.resources.replaceTests(changes, batch);
      this.#setMaps(data, batch);
    });
    await this.#loadMaps(data);
    parts.active.setEnvironment(parts.environment.merged());
    return diagnostics.list;
  }

  async #dropMaps(organization: string): Promise<void> {
    const maps = new KeyValueMaps(this.#store);
    for (const [, { name, scope, proxy, environment }] of this.#maps.entries()) {
      await maps.drop(keyValueMapScopeOf({ scope, proxy }, { organization, name: environment }), name);
    }
  }

  #setMaps(data: Environment, batch: Batch): void {
    const stored = data.keyValueMaps.map(({ name, scope, proxy, entries }) => {
      return { name, scope, proxy, environment: data.name, entries: [...entries.keys()] };
    });
    const keys = new Map(stored.map((map) => [JSON.stringify([map.scope, map.proxy, map.name]), map]));
    for (const [key] of [...this.#maps.entries()]) if (!keys.has(key)) batch.set(this.#maps, key, undefined);
    for (const [key, map] of keys) batch.set(this.#maps, key, map);
  }

  async #loadMaps(data: Environment): Promise<void> {
    const maps = new KeyValueMaps(this.#store);
    for (const file of data.keyValueMaps) {
      const scope = keyValueMapScopeOf(file, data);
      const map = maps.open(scope, file.name);
      // Values of the upload count, also where a map of that name was made by other means.
      await after(map.create(file.encrypted), () => inTurn([...file.entries], ([key, value]) => map.put(key, [value])));
    }
  }
}

function changesOf(kind: (typeof kinds)[number], data: Environment): ResourceChange[] {
  const values: readonly JsonObject[] = data.written.get(kindsOfResource[kind].file ?? '') ?? [];
  return values.map((value) => ({ kind, name: nameOfWritten(kind, value), value }));
}

const shownName = 'tests.zip';

/** JSON files at the root of the zip, or in one folder. */
async function readTestData(zip: Uint8Array, environment: string, diagnostics: Diagnostics): Promise<Environment> {
  const files = await unpack(Buffer.from(zip), shownName, diagnostics);
  if (files === undefined)
    throw new DeploymentRefusal('badArchive', diagnostics.list[0]?.message ?? '', diagnostics.list);
  const atRoot = new Map<string, FoundFile>();
  for (const file of files) {
    const name = file.path.slice(file.path.lastIndexOf('/') + 1);
    if (/^(?:products|developers|developerapps|maps|kvms|datacollectors)\.json$/.test(name)) atRoot.set(name, file);
  }
  const { environment: data } = readEnvironment(environment, atRoot, [], diagnostics);
  const first = diagnostics.list.find(({ severity }) => severity === 'error');
  if (first === undefined) return data;
  const where = `${first.file.replace(`${shownName}!/`, '')}:${first.line}:${first.column}`;
  throw new DeploymentRefusal('faulty', `The test data has mistakes: ${where}: ${first.message}`, diagnostics.list);
}
