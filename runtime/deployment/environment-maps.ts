import type { Environment, KeyValueMapFile } from '../bundle/environment.ts';
import { type KeyValueMapScope, KeyValueMaps, keyValueMapScope } from '../state/keyvaluemap.ts';
import type { Store } from '../state/store.ts';

/** Entries of `maps.json` go into the store where it has none of that name yet. */
export async function loadKeyValueMaps(environment: Environment, store: Store): Promise<void> {
  const maps = new KeyValueMaps(store);
  for (const file of environment.keyValueMaps) await maps.load(keyValueMapScopeOf(file, environment), file);
}

export function keyValueMapScopeOf(
  { scope, proxy }: Pick<KeyValueMapFile, 'scope' | 'proxy'>,
  { organization, name }: Pick<Environment, 'organization' | 'name'>,
): KeyValueMapScope {
  if (scope === 'environment') return keyValueMapScope.environment({ organization, environment: name });
  if (proxy !== undefined) return keyValueMapScope.apiproxy({ organization, bundle: proxy });
  return keyValueMapScope.organization({ organization });
}
