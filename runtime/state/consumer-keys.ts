import { randomBytes, randomUUID } from 'node:crypto';
import type { JsonObject } from '../bundle/environment.ts';

/** What the platform adds to developers and apps when they come without: ids, keys and secrets. Given ones stay. */

export function completeDeveloper(value: JsonObject, before: JsonObject | undefined): JsonObject {
  return { ...value, developerId: textOr(value.developerId, before?.developerId) ?? randomUUID() };
}

export function completeAppGroup(value: JsonObject, before: JsonObject | undefined): JsonObject {
  return { ...value, appGroupId: textOr(value.appGroupId, before?.appGroupId) ?? randomUUID() };
}

/** An app without credentials gets one for the products it names. Apigee: management API, developer apps. */
export function completeApp(
  value: JsonObject,
  before: JsonObject | undefined,
  developer: JsonObject | undefined,
): JsonObject {
  const appId = textOr(value.appId, before?.appId) ?? randomUUID();
  const known = textOr(developer?.developerId, value.developerId);
  const { apiProducts, scopes } = value;
  const given = listOf(value.credentials);
  const earlier = listOf(before?.credentials);
  const template: JsonObject = { apiProducts: listed(apiProducts), scopes: listed(scopes), status: 'approved' };
  const credentials = (given.length === 0 ? [earlier[0] ?? template] : given).map((one, index) =>
    completeCredential(one, earlier[index], template),
  );
  return {
    ...value,
    appId,
    ...(known === undefined ? {} : { developerId: known }),
    ...(textOr(developer?.email, value.developerEmail) === undefined
      ? {}
      : { developerEmail: textOr(developer?.email, value.developerEmail) }),
    status: textOr(value.status, undefined) ?? 'approved',
    credentials,
  };
}

function completeCredential(one: JsonObject, earlier: JsonObject | undefined, template: JsonObject): JsonObject {
  // Keys that came later than the others have no earlier one to go by.
  const same = one.consumerKey === undefined || one.consumerKey === earlier?.consumerKey ? earlier : undefined;
  const products = Array.isArray(one.apiProducts) ? one.apiProducts : (template.apiProducts as readonly unknown[]);
  return {
    ...one,
    consumerKey: textOr(one.consumerKey, same?.consumerKey) ?? newKey(36),
    consumerSecret: textOr(one.consumerSecret, same?.consumerSecret) ?? newKey(48),
    apiProducts: products.map((product) =>
      typeof product === 'string' ? { apiproduct: product, status: 'approved' } : product,
    ),
    scopes: Array.isArray(one.scopes) ? one.scopes : template.scopes,
    status: textOr(one.status, undefined) ?? 'approved',
    issuedAt: textOr(one.issuedAt, same?.issuedAt) ?? String(Date.now()),
    expiresAt: textOr(one.expiresAt, same?.expiresAt) ?? '-1',
  };
}

/** Letters and digits alone: keys are written into query strings and headers. */
export function newKey(length: number): string {
  let key = '';
  while (key.length < length)
    key += randomBytes(length)
      .toString('base64')
      .replace(/[^A-Za-z0-9]/g, '');
  return key.slice(0, length);
}

function textOr(value: unknown, other: unknown): string | undefined {
  for (const one of [value, other]) {
    if (typeof one === 'string' && one !== '') return one;
    if (typeof one === 'number') return String(one);
  }
  return undefined;
}

function listOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'object' && one !== null) : [];
}

function listed(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
