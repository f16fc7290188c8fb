import type { ApiProduct, App, Consumers, Credential } from '../state/consumers.ts';
import {
  appGroupProfile,
  appProfile,
  credentialProfile,
  developerProfile,
  type EntityProfile,
  productProfile,
  scopesProfile,
} from './entity-profile.ts';

/** What an entity may be found by. Apigee: AccessEntity policy, supported entity types and identifiers. */
export const identifiersOf = {
  app: ['appgroupname', 'appid', 'appname', 'consumerkey', 'developeremail', 'developerid'],
  appgroup: ['appgroupname', 'appid', 'consumerkey'],
  apiproduct: [
    'appgroupname',
    'apiproductname',
    'apiresource',
    'appid',
    'appname',
    'consumerkey',
    'developeremail',
    'developerid',
  ],
  consumerkey: ['consumerkey'],
  consumerkey_scope: ['consumerkey'],
  developer: ['appid', 'appname', 'consumerkey', 'developeremail', 'developerid'],
} as const;
export type KnownEntity = keyof typeof identifiersOf;

/** Values by their kind, such as `consumerkey`. */
export type Identifiers = ReadonlyMap<string, string>;

export function findEntity(type: KnownEntity, by: Identifiers, consumers: Consumers): EntityProfile | undefined {
  if (type === 'app') {
    const app = appBy(by, consumers);
    return app && appProfile(app);
  }
  if (type === 'appgroup') {
    const name = by.get('appgroupname') ?? appBy(by, consumers)?.appGroup;
    const group = name === undefined ? undefined : consumers.appGroup(name);
    return group && appGroupProfile(group);
  }
  if (type === 'developer') {
    const named = by.get('developeremail') ?? by.get('developerid') ?? appBy(by, consumers)?.developer;
    const developer = named === undefined ? undefined : consumers.developer(named);
    return developer && developerProfile(developer, consumers.appsOf(developer.email));
  }
  if (type === 'apiproduct') {
    const product = productBy(by, consumers);
    return product && productProfile(product);
  }
  const credential = credentialBy(by, consumers);
  if (credential === undefined) return undefined;
  return type === 'consumerkey' ? credentialProfile(credential) : scopesProfile(credential);
}

function credentialBy(by: Identifiers, consumers: Consumers): Credential | undefined {
  const key = by.get('consumerkey');
  return key === undefined ? undefined : consumers.credential(key);
}

/** Two owners may have an app of one name: then one of them has to be named. */
function appBy(by: Identifiers, consumers: Consumers): App | undefined {
  const id = by.get('appid');
  if (id !== undefined) return consumers.appById(id);
  const name = by.get('appname');
  if (name === undefined) return credentialBy(by, consumers)?.app;
  const owner = by.get('developeremail') ?? by.get('developerid') ?? by.get('appgroupname');
  if (owner !== undefined) return consumers.app(owner, name);
  const [app, other] = consumers.appsNamed(name);
  return other === undefined ? app : undefined;
}

/** By its name; else the first product of a key or app that covers `apiresource`, when that is given. */
function productBy(by: Identifiers, consumers: Consumers): ApiProduct | undefined {
  const name = by.get('apiproductname');
  if (name !== undefined) return consumers.product(name);
  const credential = credentialBy(by, consumers);
  const credentials = credential === undefined ? (appBy(by, consumers)?.credentials ?? []) : [credential];
  const products = credentials.flatMap((one) => one.products.flatMap((ref) => consumers.product(ref.name) ?? []));
  const resource = by.get('apiresource');
  return resource === undefined
    ? products[0]
    : products.find(({ grants }) => grants.some((grant) => grant.path(resource)));
}
