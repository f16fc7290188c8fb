import { readDeveloperApps, readDevelopers, readProducts } from '../bundle/consumers.ts';
import { readDataCollectors, readDebugMask } from '../bundle/debug-mask.ts';
import { readFlowHooks } from '../bundle/deployment-files.ts';
import { digestOf } from '../bundle/digest.ts';
import type { Environment, JsonObject } from '../bundle/environment.ts';
import { listOf } from '../bundle/json-fields.ts';
import { type JsonNode, parseJson } from '../bundle/json-source.ts';
import { readKeyStores } from '../bundle/key-store-files.ts';
import { readResources } from '../bundle/resource-files.ts';
import { readTargetServers } from '../bundle/target-server-files.ts';
import { Diagnostics, Source } from '../diagnostic.ts';
import { kindsOfResource, type ResourceKind, resourceKinds } from './resource-kinds.ts';
import type { ResourceChange, Resources } from './resources.ts';

/** Mistakes and oddities in the JSON of a resource; the places are those of its text, written out. */
export function checkResource(kind: ResourceKind, name: string, value: JsonObject): Diagnostics {
  const diagnostics = new Diagnostics();
  readersOf(diagnostics)[kind]?.(nodeOf(kind, new Map([[name, value]]), diagnostics));
  return diagnostics;
}

/** The environment of the files, with what came by the API and what is about to. */
export function environmentWith(
  files: Environment,
  resources: Resources,
  changes: readonly ResourceChange[] = [],
): Environment {
  const isChanged = (kind: ResourceKind): boolean =>
    kindsOfResource[kind].serves && (resources.isChanged(kind) || changes.some((one) => one.kind === kind));
  const changed = resourceKinds.filter(isChanged);
  if (changed.length === 0) return files;
  const read = readersOf(new Diagnostics());
  let environment = files;
  let text = '';
  for (const kind of changed) {
    const values = resources.valuesWith(kind, changes);
    // Key stores of files name other files; those that came by the API hold their keys.
    environment = { ...environment, ...merged(kind, values, files, read) };
    text += JSON.stringify([kind, [...values]]);
  }
  return { ...environment, digest: digestOf([[files.digest, Buffer.from(text)]]) };
}

type Read = (root: JsonNode) => Partial<Environment>;

function merged(
  kind: ResourceKind,
  values: ReadonlyMap<string, JsonObject>,
  files: Environment,
  readers: Readonly<Partial<Record<ResourceKind, Read>>>,
): Partial<Environment> {
  if (kind === 'resourcefiles') return resourceFilesOf(values, files);
  const made = readers[kind]?.(nodeOf(kind, values, new Diagnostics())) ?? {};
  if (kind !== 'keystores') return made;
  const stores = [...(made.keyStores ?? [])].map(([name, store]) => {
    const isOfFile = files.written.get('keystores.json')?.includes(values.get(name) ?? {}) === true;
    return [name, isOfFile ? (files.keyStores.get(name) ?? store) : store] as const;
  });
  return { keyStores: new Map(stores) };
}

/** What the files of an environment are read by reads this too. */
function readersOf(diagnostics: Diagnostics): Readonly<Partial<Record<ResourceKind, Read>>> {
  return {
    targetservers: (root) => ({ targetServers: byName(readTargetServers(root, diagnostics)) }),
    keystores: (root) => ({ keyStores: byName(readKeyStores(root, () => undefined, diagnostics)) }),
    references: (root) => ({
      references: new Map(
        listOf(root, 'references', 'A reference', diagnostics).flatMap((fields) => {
          const [name, refers] = [fields.requiredText('name'), fields.requiredText('refers')];
          return name === undefined || refers === undefined ? [] : [[name, refers] as const];
        }),
      ),
    }),
    flowhooks: (root) => ({ flowHooks: readFlowHooks(root, diagnostics) }),
    datacollectors: (root) => ({ dataCollectors: byName(readDataCollectors(root, diagnostics)) }),
    debugmask: (root) => {
      const debugMask = readDebugMask(root, diagnostics);
      return debugMask === undefined ? {} : { debugMask };
    },
    apiproducts: (root) => ({ products: byName(readProducts(root, diagnostics)) }),
    developers: (root) => ({ developers: new Map(readDevelopers(root, diagnostics).map((one) => [one.email, one])) }),
    apps: (root) => ({ developerApps: readDeveloperApps(root, diagnostics) }),
  };
}

/** The values as the file of their kind would have them. */
function nodeOf(kind: ResourceKind, values: ReadonlyMap<string, JsonObject>, diagnostics: Diagnostics): JsonNode {
  const content =
    kind === 'flowhooks' ? Object.fromEntries(values) : kind === 'debugmask' ? values.get(kind) : [...values.values()];
  const source = new Source(kind, JSON.stringify(content ?? {}, undefined, 2));
  const at = { source, offset: 0, length: 0 };
  return parseJson(source, diagnostics) ?? { kind: 'array', at, items: [] };
}

function byName<T extends { readonly name: string }>(list: readonly T[]): Map<string, T> {
  return new Map(list.map((one) => [one.name, one]));
}

function resourceFilesOf(values: ReadonlyMap<string, JsonObject>, files: Environment): Partial<Environment> {
  const contents = [...values].map(([path, { type, name, content }]) => {
    const file = files.resources.get(`${type}://${name}`)?.file ?? `resourcefiles/${path}`;
    return [path, file, Buffer.from(String(content ?? ''), 'base64')] as const;
  });
  return readResources(contents, new Diagnostics());
}
