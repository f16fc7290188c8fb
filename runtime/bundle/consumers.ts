import type { Diagnostics, Place } from '../diagnostic.ts';
import { type JsonFields, listOf } from './json-fields.ts';
import type { JsonNode } from './json-source.ts';

/** Who may call: API products, developers and their apps, in the shapes of the management API. */

export interface ApiProduct {
  readonly name: string;
  readonly displayName: string;
  readonly approvalType: 'auto' | 'manual';
  readonly attributes: ReadonlyMap<string, string>;
  readonly scopes: readonly string[];
  /** Empty: all. */
  readonly environments: readonly string[];
  /** Empty: all, unless there are operations. */
  readonly proxies: readonly string[];
  /** Empty: all. */
  readonly apiResources: readonly string[];
  readonly quota: ProductQuota | undefined;
  readonly operations: readonly ProductOperations[];
  readonly graphqlOperations: readonly ProductOperations[];
  readonly at: Place;
}

export interface ProductQuota {
  readonly limit: string;
  readonly interval: string;
  readonly timeUnit: string;
}

/** Operations of one proxy, with a quota of their own. */
export interface ProductOperations {
  /** The proxy. */
  readonly apiSource: string;
  /** `methods` empty: all. For GraphQL `resource` is the operation's name and `methods` its types. */
  readonly operations: readonly { readonly resource: string; readonly methods: readonly string[] }[];
  readonly quota: ProductQuota | undefined;
  readonly attributes: ReadonlyMap<string, string>;
}

export interface Developer {
  readonly email: string;
  readonly developerId: string | undefined;
  readonly firstName: string;
  readonly lastName: string;
  readonly userName: string;
  readonly status: 'active' | 'inactive';
  readonly attributes: ReadonlyMap<string, string>;
  readonly at: Place;
}

export interface DeveloperApp {
  readonly name: string;
  readonly appId: string | undefined;
  readonly displayName: string | undefined;
  /** E-mail address or id of the developer; empty when an app group owns it. */
  readonly developer: string;
  readonly appGroup: string | undefined;
  readonly callbackUrl: string;
  readonly status: 'approved' | 'revoked' | 'pending';
  readonly apiProducts: readonly string[];
  readonly scopes: readonly string[];
  readonly attributes: ReadonlyMap<string, string>;
  readonly credentials: readonly AppCredential[];
  readonly at: Place;
}

export interface AppCredential {
  readonly consumerKey: string;
  readonly consumerSecret: string;
  readonly status: 'approved' | 'revoked' | 'pending';
  readonly apiProducts: readonly { readonly name: string; readonly status: 'approved' | 'revoked' | 'pending' }[];
  readonly scopes: readonly string[];
  readonly attributes: ReadonlyMap<string, string>;
  /** Milliseconds since 1970; -1 or undefined: never. */
  readonly expiresAt: number | undefined;
}

const states = ['approved', 'revoked', 'pending'] as const;

/** `products.json` */
export function readProducts(root: JsonNode, diagnostics: Diagnostics): ApiProduct[] {
  return listOf(root, 'apiProduct', 'A product', diagnostics).flatMap((fields) => {
    const name = fields.requiredText('name');
    const product = {
      name: name ?? '',
      displayName: fields.text('displayName') ?? name ?? '',
      approvalType: fields.oneOf('approvalType', ['auto', 'manual']) ?? 'auto',
      attributes: fields.attributes(),
      scopes: fields.texts('scopes'),
      environments: fields.texts('environments'),
      proxies: fields.texts('proxies'),
      apiResources: fields.texts('apiResources'),
      quota: quotaOf(fields, 'quota', 'quotaInterval', 'quotaTimeUnit'),
      operations: operationsOf(fields, 'operationGroup', 'resource', 'methods'),
      graphqlOperations: operationsOf(fields, 'graphqlOperationGroup', 'operation', 'operationTypes'),
      at: fields.at,
    };
    fields.reportMisspelt();
    return name === undefined ? [] : [product];
  });
}

function quotaOf(fields: JsonFields | undefined, limit: string, interval: string, unit: string) {
  const count = fields?.text(limit) ?? '';
  if (fields === undefined || count === '') return undefined;
  return { limit: count, interval: fields.text(interval) ?? '1', timeUnit: fields.text(unit) ?? 'month' };
}

function operationsOf(fields: JsonFields, group: string, resource: string, methods: string): ProductOperations[] {
  const configs = fields.object(group)?.objects('operationConfigs', 'An operation config') ?? [];
  return configs.flatMap((config) => {
    const apiSource = config.requiredText('apiSource');
    const operations = config.objects('operations', 'An operation').map((operation) => ({
      resource: operation.text(resource) ?? '/',
      methods: operation.texts(methods),
    }));
    const quota = quotaOf(config.object('quota'), 'limit', 'interval', 'timeUnit');
    const attributes = config.attributes();
    config.reportMisspelt();
    return apiSource === undefined ? [] : [{ apiSource, operations, quota, attributes }];
  });
}

/** `developers.json` */
export function readDevelopers(root: JsonNode, diagnostics: Diagnostics): Developer[] {
  return listOf(root, 'developer', 'A developer', diagnostics).flatMap((fields) => {
    const email = fields.requiredText('email');
    const developer = {
      email: email ?? '',
      developerId: fields.text('developerId'),
      firstName: fields.text('firstName') ?? '',
      lastName: fields.text('lastName') ?? '',
      userName: fields.text('userName') ?? email ?? '',
      status: fields.oneOf('status', ['active', 'inactive']) ?? 'active',
      attributes: fields.attributes(),
      at: fields.at,
    };
    fields.reportMisspelt();
    return email === undefined ? [] : [developer];
  });
}

/** `developerapps.json` */
export function readDeveloperApps(root: JsonNode, diagnostics: Diagnostics): DeveloperApp[] {
  return listOf(root, 'app', 'A developer app', diagnostics).flatMap((fields) => {
    const name = fields.requiredText('name');
    const byId = fields.text('developerId');
    const developer = fields.text('developerEmail') ?? byId;
    const appGroup = fields.text('appGroup');
    if (developer === undefined && appGroup === undefined)
      fields.error('developerEmail', 'A developer app needs "developerEmail".');
    const app = {
      name: name ?? '',
      appId: fields.text('appId'),
      displayName: fields.text('displayName'),
      developer: developer ?? '',
      appGroup,
      callbackUrl: fields.text('callbackUrl') ?? '',
      status: fields.oneOf('status', states) ?? 'approved',
      apiProducts: fields.texts('apiProducts'),
      scopes: fields.texts('scopes'),
      attributes: fields.attributes(),
      credentials: fields.objects('credentials', 'A credential').flatMap(credentialOf),
      at: fields.at,
    };
    fields.reportMisspelt();
    return name === undefined || (developer ?? appGroup) === undefined ? [] : [app];
  });
}

function credentialOf(fields: JsonFields): AppCredential[] {
  const consumerKey = fields.requiredText('consumerKey');
  const credential = {
    consumerKey: consumerKey ?? '',
    consumerSecret: fields.text('consumerSecret') ?? '',
    status: fields.oneOf('status', states) ?? 'approved',
    apiProducts: productsOf(fields),
    scopes: fields.texts('scopes'),
    attributes: fields.attributes(),
    expiresAt: fields.integer('expiresAt', -1, Number.MAX_SAFE_INTEGER),
  };
  fields.reportMisspelt();
  return consumerKey === undefined ? [] : [credential];
}

/** Names, or `{ "apiproduct", "status" }`. */
function productsOf(fields: JsonFields): AppCredential['apiProducts'] {
  const node = fields.node('apiProducts');
  const plain = node?.kind === 'array' && node.items.every((item) => item.kind === 'scalar');
  if (plain) return fields.texts('apiProducts').map((name) => ({ name, status: 'approved' as const }));
  return fields.objects('apiProducts', 'A product of a credential').flatMap((one) => {
    const name = one.requiredText('apiproduct');
    return name === undefined ? [] : [{ name, status: one.oneOf('status', states) ?? 'approved' }];
  });
}
