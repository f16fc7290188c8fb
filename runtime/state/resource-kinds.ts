import type { JsonObject } from '../bundle/environment.ts';

/** Resources beside bundles and key value maps, by the names the management API has for them. */
export const resourceKinds = [
  'targetservers',
  'keystores',
  'references',
  'flowhooks',
  'resourcefiles',
  'caches',
  'virtualhosts',
  'datacollectors',
  'debugmask',
  'apiproducts',
  'developers',
  'apps',
  'appgroups',
] as const;
export type ResourceKind = (typeof resourceKinds)[number];

interface KindOfResource {
  readonly of: 'environment' | 'organization';
  /** The file of an environment that holds them; undefined: they come by the API alone. */
  readonly file: string | undefined;
  /** Whether proxies are compiled with it, or run by it: a change needs a new snapshot. */
  readonly serves: boolean;
}

export const kindsOfResource: Readonly<Record<ResourceKind, KindOfResource>> = {
  targetservers: { of: 'environment', file: 'targetservers.json', serves: true },
  keystores: { of: 'environment', file: 'keystores.json', serves: true },
  references: { of: 'environment', file: 'references.json', serves: true },
  flowhooks: { of: 'environment', file: 'flowhooks.json', serves: true },
  resourcefiles: { of: 'environment', file: undefined, serves: true },
  caches: { of: 'environment', file: undefined, serves: false },
  virtualhosts: { of: 'environment', file: undefined, serves: false },
  datacollectors: { of: 'environment', file: 'datacollectors.json', serves: true },
  debugmask: { of: 'environment', file: 'debugmask.json', serves: true },
  apiproducts: { of: 'organization', file: 'products.json', serves: false },
  developers: { of: 'organization', file: 'developers.json', serves: false },
  apps: { of: 'organization', file: 'developerapps.json', serves: false },
  appgroups: { of: 'organization', file: undefined, serves: false },
};

/** The name of an app: two developers may have one of the same name. E-mail addresses are compared without case. */
export function appName(email: string, app: string): string {
  return `${email.toLowerCase()}/${app}`;
}

/** The name that a resource goes by, from what is written of it. */
export function nameOfWritten(kind: ResourceKind, value: JsonObject): string {
  if (kind === 'developers') return String(value.email ?? '').toLowerCase();
  if (kind === 'apps')
    return appName(String(value.developerEmail ?? value.developerId ?? value.appGroup ?? ''), String(value.name ?? ''));
  return String(value.name ?? '');
}
