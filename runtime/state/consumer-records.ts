import type { JsonObject } from '../bundle/environment.ts';
import { compileResourcePath, type PathTest } from './resource-paths.ts';
import type { Resource } from './resources.ts';

/** Products, developers, apps and credentials as policies use them: read once from the JSON of the management API. */

export interface Quota {
  readonly limit: string;
  readonly interval: string;
  /** `second`, `minute`, `hour`, `day`, `week`, `month`. */
  readonly timeUnit: string;
}

export interface ApiProduct {
  readonly name: string;
  readonly displayName: string;
  readonly approvalType: 'auto' | 'manual';
  readonly scopes: readonly string[];
  readonly quota: Quota | undefined;
  readonly attributes: ReadonlyMap<string, string>;
  /** Empty: all. */
  readonly environments: readonly string[];
  /** What it admits, in order; all for one proxy, or for any. */
  readonly grants: readonly Grant[];
  readonly resource: Resource;
}

/** One path, or all paths, of one proxy or of all. */
export interface Grant {
  readonly product: ApiProduct;
  /** Undefined: all proxies. */
  readonly proxy: string | undefined;
  readonly path: PathTest;
  /** Upper case; empty: all. */
  readonly methods: readonly string[];
  /** Undefined unless the product has an operation group. */
  readonly operation: ProductOperation | undefined;
  /** The operation's, else the product's. */
  readonly quota: Quota | undefined;
}

export interface ProductOperation {
  readonly resource: string;
  readonly methods: readonly string[];
  readonly attributes: ReadonlyMap<string, string>;
}

export interface Developer {
  readonly email: string;
  readonly developerId: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly userName: string;
  /** `active`, or why not: `inactive`, `login_lock`. */
  readonly status: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly resource: Resource;
}

/** Owns apps as a developer does. */
export interface AppGroup {
  readonly name: string;
  readonly appGroupId: string;
  readonly displayName: string;
  /** `active`, or why not. */
  readonly status: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly resource: Resource;
}

export interface App {
  readonly appId: string;
  readonly name: string;
  readonly displayName: string;
  /** E-mail address in lower case, or id. */
  readonly developer: string;
  /** Name of the app group that owns it, in place of a developer. */
  readonly appGroup: string | undefined;
  readonly callbackUrl: string;
  readonly status: Status;
  readonly scopes: readonly string[];
  readonly attributes: ReadonlyMap<string, string>;
  readonly credentials: readonly Credential[];
  readonly resource: Resource;
}

export type Status = 'approved' | 'revoked' | 'pending';

export interface Credential {
  readonly consumerKey: string;
  /** Compare with `isSecretOf`; never log it. */
  readonly consumerSecret: string;
  readonly status: Status;
  /** Milliseconds since 1970; Infinity: never. */
  readonly expiresAt: number;
  readonly issuedAt: string;
  readonly scopes: readonly string[];
  readonly attributes: ReadonlyMap<string, string>;
  /** In the order in which they are tried. */
  readonly products: readonly { readonly name: string; readonly status: Status }[];
  readonly app: App;
}

export function readProduct(resource: Resource): ApiProduct {
  const { value } = resource;
  const name = textOf(value.name);
  const grants: Grant[] = [];
  const product: ApiProduct = {
    name,
    displayName: textOf(value.displayName) || name,
    approvalType: value.approvalType === 'manual' ? 'manual' : 'auto',
    scopes: textsOf(value.scopes),
    quota: quotaOf(value.quota, value.quotaInterval, value.quotaTimeUnit),
    attributes: attributesOf(value.attributes),
    environments: textsOf(value.environments),
    grants,
    resource,
  };
  grants.push(...grantsOf(product, value));
  return product;
}

/** With operations, `proxies` and `apiResources` do not count. GraphQL operations alone admit nothing: they are not read. */
function grantsOf(product: ApiProduct, value: JsonObject): Grant[] {
  const configs = objectsOf(objectOf(value.operationGroup)?.operationConfigs);
  if (configs.length > 0) return configs.flatMap((config) => operationsOf(product, config));
  const others = ['graphqlOperationGroup', 'llmOperationGroup'].map((group) => objectOf(value[group]));
  if (others.some((group) => objectsOf(group?.operationConfigs).length > 0)) return [];
  const proxies = textsOf(value.proxies);
  const paths = textsOf(value.apiResources);
  const { quota } = product;
  return (proxies.length === 0 ? [undefined] : proxies).flatMap((proxy) =>
    (paths.length === 0 ? ['/'] : paths).map((path) => {
      return { product, proxy, path: compileResourcePath(path), methods: [], operation: undefined, quota };
    }),
  );
}

/** A config without operations is for all of its proxy. */
function operationsOf(product: ApiProduct, config: JsonObject): Grant[] {
  const own = objectOf(config.quota);
  const quota = quotaOf(own?.limit, own?.interval, own?.timeUnit) ?? product.quota;
  const attributes = attributesOf(config.attributes);
  const operations = objectsOf(config.operations);
  return (operations.length === 0 ? [{ resource: '/' }] : operations).map((one: JsonObject) => {
    const resource = textOf(one.resource) || '/';
    const methods = textsOf(one.methods).map((method) => method.toUpperCase());
    const path = compileResourcePath(resource);
    const operation = { resource, methods, attributes };
    return { product, proxy: textOf(config.apiSource), path, methods, operation, quota };
  });
}

/** Apigee: API products, a quota without interval or unit is one a month. */
function quotaOf(limit: unknown, interval: unknown, timeUnit: unknown): Quota | undefined {
  const count = textOf(limit);
  if (count === '') return undefined;
  return { limit: count, interval: textOf(interval) || '1', timeUnit: textOf(timeUnit) || 'month' };
}

export function readDeveloper(resource: Resource): Developer {
  const { value } = resource;
  const email = textOf(value.email);
  return {
    email,
    developerId: textOf(value.developerId),
    firstName: textOf(value.firstName),
    lastName: textOf(value.lastName),
    userName: textOf(value.userName) || email,
    status: textOf(value.status) || 'active',
    attributes: attributesOf(value.attributes),
    resource,
  };
}

export function readAppGroup(resource: Resource): AppGroup {
  const { name, value } = resource;
  return {
    name,
    appGroupId: textOf(value.appGroupId),
    displayName: textOf(value.displayName) || name,
    status: textOf(value.status) || 'active',
    attributes: attributesOf(value.attributes),
    resource,
  };
}

export function readApp(resource: Resource): App {
  const { value } = resource;
  const credentials: Credential[] = [];
  const name = textOf(value.name);
  const attributes = attributesOf(value.attributes);
  const app: App = {
    appId: textOf(value.appId),
    name,
    displayName: textOf(value.displayName) || (attributes.get('DisplayName') ?? name),
    developer: textOf(value.developerEmail).toLowerCase() || textOf(value.developerId),
    appGroup: textOf(value.appGroup) || undefined,
    callbackUrl: textOf(value.callbackUrl),
    status: statusOf(value.status),
    scopes: textsOf(value.scopes),
    attributes,
    credentials,
    resource,
  };
  for (const one of objectsOf(value.credentials)) credentials.push(readCredential(one, app));
  return app;
}

function readCredential(value: JsonObject, app: App): Credential {
  const expiresAt = Number(textOf(value.expiresAt) || -1);
  const products = Array.isArray(value.apiProducts) ? value.apiProducts : [];
  return {
    consumerKey: textOf(value.consumerKey),
    consumerSecret: textOf(value.consumerSecret),
    status: statusOf(value.status),
    expiresAt: expiresAt > 0 ? expiresAt : Number.POSITIVE_INFINITY,
    issuedAt: textOf(value.issuedAt),
    scopes: textsOf(value.scopes),
    attributes: attributesOf(value.attributes),
    products: products.map((one: unknown) => {
      const product = objectOf(one);
      if (product === undefined) return { name: textOf(one), status: 'approved' as const };
      return { name: textOf(product.apiproduct), status: statusOf(product.status) };
    }),
    app,
  };
}

/** Absent: approved. Anything else than the three words admits nobody. */
function statusOf(value: unknown): Status {
  const status = textOf(value).toLowerCase();
  if (status === '' || status === 'approved' || status === 'active') return 'approved';
  return status === 'revoked' ? 'revoked' : 'pending';
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(textOf).filter((one) => one !== '') : [];
}

function objectOf(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

function objectsOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.map(objectOf).filter((one) => one !== undefined) : [];
}

/** `[{ "name", "value" }]`, or `{ "name": "value" }` as some files have it. */
function attributesOf(value: unknown): ReadonlyMap<string, string> {
  const pairs = objectsOf(value).map((one): [string, string] => [textOf(one.name), textOf(one.value)]);
  return new Map([
    ...Object.entries(objectOf(value) ?? {}).map(([name, one]): [string, string] => [name, textOf(one)]),
    ...pairs,
  ]);
}
