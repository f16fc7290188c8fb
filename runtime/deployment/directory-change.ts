import type { Bundle } from '../bundle/bundle.ts';
import type { Loaded } from '../bundle/load.ts';

/** What is different between two readings of a bundle directory. */
export interface DirectoryChange {
  readonly added: readonly Bundle[];
  /** As they are now. */
  readonly changed: readonly Bundle[];
  /** As they were. */
  readonly removed: readonly Bundle[];
  readonly environment: boolean;
}

export function compareLoaded(before: Loaded, now: Loaded): DirectoryChange {
  const old = byKey(before);
  const current = byKey(now);
  const added: Bundle[] = [];
  const changed: Bundle[] = [];
  for (const [key, bundle] of current) {
    const previous = old.get(key);
    if (previous === undefined) added.push(bundle);
    else if (previous.digest !== bundle.digest) changed.push(bundle);
  }
  const removed = [...old].filter(([key]) => !current.has(key)).map(([, bundle]) => bundle);
  const environment = JSON.stringify(environmentKey(before)) !== JSON.stringify(environmentKey(now));
  return { added, changed, removed, environment };
}

/** A proxy and a shared flow may share a name. */
function byKey(loaded: Loaded): Map<string, Bundle> {
  return new Map(loaded.bundles.map(({ bundle }) => [`${bundle.kind}/${bundle.name}`, bundle]));
}

function environmentKey({ environment, diagnostics }: Loaded): unknown {
  return [environment.name, environment.digest, diagnostics.list.map((one) => [one.file, one.line, one.message])];
}

export function isNothing({ added, changed, removed, environment }: DirectoryChange): boolean {
  return added.length + changed.length + removed.length === 0 && !environment;
}
