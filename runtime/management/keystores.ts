import type { JsonObject } from '../bundle/environment.ts';
import type { Resource } from '../state/resources.ts';
import { isObject } from './members.ts';
import { environment, environmentName } from './places.ts';
import { type ResourceApi, resourceRoutes } from './resource-routes.ts';
import type { Route } from './route.ts';

export const keyStoreApi: ResourceApi = {
  kind: 'keystores',
  path: `${environment}/keystores`,
  parameter: 'keystore',
  title: 'Key store',
  schema: 'KeyStore',
  listSchema: 'Names',
  codes: {
    absent: 'keymanagement.service.keystore_doesnot_exist',
    taken: 'keymanagement.service.keystore_already_exists',
  },
  checkPlace: environmentName,
  // Aliases come by paths of their own, where keys and certificates are checked.
  read: (_, name) => ({ name, aliases: [] }),
  show: keyStoreBody,
  changedBy: [],
};

/** Apigee: environments.keystores. Private keys go in and never come out. */
export const keyStoreRoutes: readonly Route[] = resourceRoutes(keyStoreApi);

export function aliasesOf({ value }: Resource): readonly JsonObject[] {
  return Array.isArray(value.aliases) ? value.aliases.filter(isObject) : [];
}

function keyStoreBody(store: Resource): object {
  const aliases = aliasesOf(store);
  const names = aliases.map(({ alias }) => String(alias));
  const certs = aliases.filter(({ cert }) => cert !== undefined).map(({ alias }) => `${String(alias)}-cert`);
  const keys = aliases.filter(({ key }) => key !== undefined).map(({ alias }) => String(alias));
  return { name: store.name, aliases: names, certs, keys };
}
