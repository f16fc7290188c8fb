import type { JsonObject } from '../bundle/environment.ts';
import { newKey } from '../state/consumer-keys.ts';
import { attributesOf, readAttributes } from './attributes.ts';
import type { ApiContext } from './context.ts';
import { ApiError, invalid, taken } from './failure.ts';
import { isObject, textMember, textsMember } from './members.ts';
import type { JsonMembers } from './request.ts';

/** Keys of an app, as they are kept with it. */
export function credentialsOf(app: JsonObject): readonly JsonObject[] {
  return Array.isArray(app.credentials) ? app.credentials.filter(isObject) : [];
}

/** A credential as clients read it: times are texts, `-1` never ends. */
export function credentialBody(one: JsonObject): object {
  return {
    consumerKey: String(one.consumerKey ?? ''),
    consumerSecret: String(one.consumerSecret ?? ''),
    apiProducts: productsOf(one),
    status: String(one.status ?? 'approved'),
    scopes: Array.isArray(one.scopes) ? one.scopes : [],
    attributes: attributesOf(one),
    issuedAt: String(one.issuedAt ?? '-1'),
    expiresAt: String(one.expiresAt ?? '-1'),
  };
}

export interface KeyProduct {
  readonly apiproduct: string;
  readonly status: string;
}

export function productsOf(credential: JsonObject): KeyProduct[] {
  const { apiProducts } = credential;
  if (!Array.isArray(apiProducts)) return [];
  return apiProducts.map((one) =>
    isObject(one)
      ? { apiproduct: String(one.apiproduct ?? ''), status: String(one.status ?? 'approved') }
      : { apiproduct: String(one), status: 'approved' },
  );
}

/** The products named in a body, each with the state that its way of approval gives it. @throws ApiError 400 */
export function askedProducts(body: JsonMembers, { deployments }: ApiContext): KeyProduct[] {
  return (textsMember(body, 'apiProducts') ?? []).map((name) => {
    const product = deployments.resources.get('apiproducts', name);
    if (product === undefined) {
      const message = `API product named ${name} does not exist.`;
      throw new ApiError(400, 'keymanagement.service.apiproduct_doesnot_exist', message);
    }
    return { apiproduct: name, status: product.value.approvalType === 'manual' ? 'pending' : 'approved' };
  });
}

/** A credential for the products of a body, with the key of the body or a new one. @throws ApiError 400, 409 */
export function newCredential(body: JsonMembers, products: readonly KeyProduct[], context: ApiContext): JsonObject {
  const consumerKey = textMember(body, 'consumerKey');
  const consumerSecret = textMember(body, 'consumerSecret');
  if (consumerKey !== undefined) {
    if (!/^[\w.~-]{1,2048}$/.test(consumerKey)) throw invalid('"consumerKey" may have letters, digits and -._~ in it.');
    if (context.deployments.consumers.credential(consumerKey) !== undefined) {
      throw taken('keymanagement.service.consumer_key_already_exists', 'This consumer key exists already.');
    }
  }
  return {
    consumerKey: consumerKey ?? newKey(36),
    consumerSecret: consumerSecret ?? newKey(48),
    apiProducts: products,
    status: 'approved',
    scopes: textsMember(body, 'scopes') ?? scopesOf(products, context),
    attributes: [],
    issuedAt: String(Date.now()),
    expiresAt: expiryOf(body),
  };
}

/** Changes that a body asks for: further products, other attributes or scopes. */
export function changedCredential(one: JsonObject, body: JsonMembers, context: ApiContext): JsonObject {
  const has = productsOf(one);
  const further = askedProducts(body, context).filter(
    ({ apiproduct }) => !has.some((p) => p.apiproduct === apiproduct),
  );
  const scopes = textsMember(body, 'scopes');
  return {
    ...one,
    apiProducts: [...has, ...further],
    ...(body.attributes === undefined ? {} : { attributes: readAttributes(body, 'attributes') }),
    ...(scopes === undefined ? {} : { scopes }),
  };
}

/** Milliseconds (`keyExpiresIn`) or seconds (`expiresInSeconds`) from now; -1 never. Apigee: developers.apps, keys. */
function expiryOf(body: JsonMembers): string {
  const milliseconds = Number(textMember(body, 'keyExpiresIn') ?? -1);
  const seconds = Number(textMember(body, 'expiresInSeconds') ?? -1);
  if (Number.isNaN(milliseconds) || Number.isNaN(seconds)) throw invalid('An expiry is a number.');
  if (milliseconds > 0) return String(Date.now() + Math.trunc(milliseconds));
  return seconds > 0 ? String(Date.now() + Math.trunc(seconds * 1000)) : '-1';
}

function scopesOf(products: readonly KeyProduct[], { deployments }: ApiContext): string[] {
  const scopes = products.flatMap(({ apiproduct }) => {
    const value = deployments.resources.get('apiproducts', apiproduct)?.value.scopes;
    return Array.isArray(value) ? value.map(String) : [];
  });
  return [...new Set(scopes)].filter((scope) => scope !== '');
}
