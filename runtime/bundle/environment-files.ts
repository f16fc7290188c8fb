import { type Diagnostics, nearest, type Place, wholeFile } from '../diagnostic.ts';
import { checkConsumers } from './consumer-check.ts';
import { readDeveloperApps, readDevelopers, readProducts } from './consumers.ts';
import { readDataCollectors, readDebugMask } from './debug-mask.ts';
import { type DeploymentList, readDeployments, readFlowHooks } from './deployment-files.ts';
import { digestOf } from './digest.ts';
import { type Environment, emptyEnvironment, type JsonObject } from './environment.ts';
import { listOf } from './json-fields.ts';
import { type JsonNode, parseJson, plainJson } from './json-source.ts';
import { readKeyStores } from './key-store-files.ts';
import { readKeyValueMaps } from './key-value-map-files.ts';
import type { FoundFile } from './layout.ts';
import { readResources } from './resource-files.ts';
import { readTargetServers } from './target-server-files.ts';
import { readText } from './text-file.ts';

/** An environment as read, and where `deployments.json` names what. */
export interface LoadedEnvironment {
  readonly environment: Environment;
  readonly deploymentList: DeploymentList | undefined;
}

/** Files of an environment that are read, or known and of no use here. */
const knownFiles = [
  'deployments.json',
  'targetservers.json',
  'flowhooks.json',
  'debugmask.json',
  'debugmasks.json',
  'datacollectors.json',
  'keystores.json',
  'references.json',
  'maps.json',
  'kvms.json',
  'products.json',
  'developers.json',
  'developerapps.json',
  'env.json',
  'featureflags.json',
  'caches.json',
  'virtualhosts.json',
];

/**
 * Reads the files of one environment.
 * @param files by path below the environment's folder
 * @param tests JSON files below `src/tests/`: products, developers, apps and maps for trying things out
 */
export function readEnvironment(
  name: string,
  files: ReadonlyMap<string, FoundFile>,
  tests: readonly FoundFile[],
  diagnostics: Diagnostics,
): LoadedEnvironment {
  const reader = new EnvironmentFiles(files, tests, diagnostics);
  reader.reportMisspelt();
  const keyStores = reader.read('keystores.json', (root) =>
    readKeyStores(root, (path) => reader.textOf(path), diagnostics),
  );
  const deploymentList = reader.read('deployments.json', (root) => readDeployments(root, diagnostics)).at(-1);
  const masks = ['debugmask.json', 'debugmasks.json'].flatMap((file) =>
    reader.read(file, (root) => readDebugMask(root, diagnostics)),
  );
  const maps = ['maps.json', 'kvms.json'].flatMap((file) =>
    reader.readAll(file, (root) => readKeyValueMaps(root, name, diagnostics)),
  );
  const flowHooks = reader.read('flowhooks.json', (root) => readFlowHooks(root, diagnostics)).at(-1);
  const empty = emptyEnvironment(name);
  const environment: Environment = {
    ...empty,
    targetServers: byName(reader.readAll('targetservers.json', (root) => readTargetServers(root, diagnostics))),
    keyStores: byName(keyStores.flat()),
    references: new Map(reader.readAll('references.json', (root) => referencesOf(root, diagnostics))),
    flowHooks: flowHooks ?? empty.flowHooks,
    keyValueMaps: maps,
    deployments:
      deploymentList === undefined
        ? undefined
        : {
            proxies: new Set(deploymentList.proxies.keys()),
            sharedFlows: new Set(deploymentList.sharedFlows.keys()),
          },
    debugMask: masks.find((mask) => mask !== undefined) ?? empty.debugMask,
    dataCollectors: byName(reader.readAll('datacollectors.json', (root) => readDataCollectors(root, diagnostics))),
    products: byName(reader.readAll('products.json', (root) => readProducts(root, diagnostics))),
    developers: new Map(
      reader.readAll('developers.json', (root) => readDevelopers(root, diagnostics)).map((one) => [one.email, one]),
    ),
    developerApps: reader.readAll('developerapps.json', (root) => readDeveloperApps(root, diagnostics)),
    ...reader.resources(),
    written: reader.written,
    digest: reader.digest(),
  };
  checkConsumers(environment, diagnostics);
  return { environment, deploymentList };
}

function byName<T extends { readonly name: string }>(list: readonly T[]): Map<string, T> {
  return new Map(list.map((one) => [one.name, one]));
}

/** `references.json`: `ref://NAME` stands for the store it refers to. */
function referencesOf(root: JsonNode, diagnostics: Diagnostics): [string, string][] {
  return listOf(root, 'references', 'A reference', diagnostics).flatMap((fields) => {
    const name = fields.requiredText('name');
    const refers = fields.requiredText('refers');
    fields.text('resourceType');
    fields.reportMisspelt();
    return name === undefined || refers === undefined ? [] : [[name, refers] as [string, string]];
  });
}

/** The files of an environment, each read once. */
class EnvironmentFiles {
  readonly #files: ReadonlyMap<string, FoundFile>;
  readonly #tests: readonly FoundFile[];
  readonly #diagnostics: Diagnostics;
  readonly #read = new Map<string, Uint8Array>();
  /** By file name. */
  readonly written = new Map<string, JsonObject[]>();

  constructor(files: ReadonlyMap<string, FoundFile>, tests: readonly FoundFile[], diagnostics: Diagnostics) {
    this.#files = files;
    this.#tests = tests;
    this.#diagnostics = diagnostics;
  }

  /** What `read` makes of the file of that name, if there is one. */
  read<T>(name: string, read: (root: JsonNode) => T): T[] {
    const file = this.#files.get(name);
    const root = file === undefined ? undefined : this.#json(file);
    if (root !== undefined) this.#keep(name, root);
    return root === undefined ? [] : [read(root)];
  }

  /** The lists of all files of that name, the environment's first; a name that repeats is reported. */
  readAll<T>(name: string, read: (root: JsonNode) => T[]): T[] {
    const entries: T[] = [];
    const own = this.#files.get(name);
    const forTests = this.#tests.filter((file) => isTestData.test(name) && file.path.endsWith(`/${name}`));
    for (const file of own === undefined ? forTests : [own, ...forTests]) {
      const root = this.#json(file);
      if (root === undefined) continue;
      reportRepeated(root, this.#diagnostics);
      this.#keep(name, root);
      entries.push(...read(root));
    }
    return entries;
  }

  textOf(path: string): string | undefined {
    const file = this.#files.get(path.replace(/^\.\//, ''));
    return file === undefined ? undefined : Buffer.from(this.#bytes(file)).toString('utf8');
  }

  resources() {
    const files: [path: string, file: string, bytes: Uint8Array][] = [];
    for (const [path, file] of this.#files) {
      if (path.startsWith('resources/')) files.push([path.slice('resources/'.length), file.shown, this.#bytes(file)]);
      const set = /^propertysets\/([^/]+\.properties)$/.exec(path)?.[1];
      if (set !== undefined) files.push([`properties/${set}`, file.shown, this.#bytes(file)]);
    }
    return readResources(files, this.#diagnostics);
  }

  digest(): string {
    return digestOf(this.#read);
  }

  reportMisspelt(): void {
    for (const [name, file] of this.#files) {
      if (!/^[^/]+\.json$/.test(name) || knownFiles.includes(name)) continue;
      const [best] = nearest(name, knownFiles);
      if (best === undefined || this.#files.has(best)) continue;
      const message = 'No file of an environment has this name; it is not read.';
      this.#diagnostics.warning('ZH057', wholeFile(file.shown), message, `Did you mean ${best}?`);
    }
  }

  /** A list, a list in the one member of an object, or an object. */
  #keep(name: string, root: JsonNode): void {
    const members = root.kind === 'object' ? [...root.members.values()].map(({ value }) => value) : [];
    const list = root.kind === 'array' ? root : members.find((value) => value.kind === 'array');
    const objects = list?.kind !== 'array' || isOneObject.test(name) ? [root] : list.items;
    const plain = objects.filter((node) => node.kind === 'object').map((node) => plainJson(node) as JsonObject);
    this.written.set(name, [...(this.written.get(name) ?? []), ...plain]);
  }

  #json(file: FoundFile): JsonNode | undefined {
    const source = readText(file.shown, this.#bytes(file), this.#diagnostics);
    return source === undefined ? undefined : parseJson(source, this.#diagnostics);
  }

  #bytes(file: FoundFile): Uint8Array {
    let bytes = this.#read.get(file.path);
    if (bytes === undefined) {
      bytes = file.read();
      this.#read.set(file.path, bytes);
    }
    return bytes;
  }
}

/** Files that hold one object, not a list. */
const isOneObject = /^(?:flowhooks|debugmasks?|deployments)\.json$/;
const isTestData = /^(?:products|developers|developerapps|maps|kvms)\.json$/;

/** Entries of one list with the same name: the last one counts, which nobody intends. */
function reportRepeated(root: JsonNode, diagnostics: Diagnostics): void {
  if (root.kind !== 'array') return;
  const seen = new Map<string, Place>();
  for (const item of root.items) {
    if (item.kind !== 'object') continue;
    const id = ['name', 'email'].map((member) => item.members.get(member)?.value).find((value) => value !== undefined);
    if (id?.kind !== 'scalar' || typeof id.value !== 'string') continue;
    const scope = ['scope', 'environment', 'developerEmail', 'developerId', 'apiproxy'].map((member) => {
      const value = item.members.get(member)?.value;
      return value?.kind === 'scalar' ? value.value : '';
    });
    const key = JSON.stringify([id.value, ...scope]);
    const first = seen.get(key);
    if (first === undefined) {
      seen.set(key, id.at);
      continue;
    }
    const { line } = first.source.position(first.offset);
    const message = `"${id.value}" stands in this list twice, first in line ${line}; the last one counts.`;
    diagnostics.warning('ZH053', id.at, message, 'Remove one of them.');
  }
}
