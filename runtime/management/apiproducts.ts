import type { JsonObject } from '../bundle/environment.ts';
import type { Resource } from '../state/resources.ts';
import { attributeRoutes, attributesOf } from './attributes.ts';
import { textsMember } from './members.ts';
import { organization } from './places.ts';
import type { JsonMembers } from './request.ts';
import { missing, type ResourceApi, resourceRoutes } from './resource-routes.ts';
import type { Route } from './route.ts';

const lists = ['apiResources', 'environments', 'proxies', 'scopes'] as const;

const api: ResourceApi = {
  kind: 'apiproducts',
  path: `${organization}/apiproducts`,
  parameter: 'apiproduct',
  title: 'API product',
  schema: 'ApiProduct',
  listSchema: 'ApiProducts',
  codes: {
    absent: 'keymanagement.service.apiproduct_doesnot_exist',
    taken: 'keymanagement.service.apiproduct_already_exists',
  },
  checkPlace: () => undefined,
  read,
  show: apiProductBody,
  list: (products, request) => {
    if (request.flag('expand')) return { apiProduct: products.map(apiProductBody) };
    const names = products.map(({ name }) => name);
    return request.style === 'edge' ? names : { apiProduct: names.map((name) => ({ name })) };
  },
  listQuery: { expand: 'true: whole products' },
  // X replaces with PUT; Edge's tools with POST as well.
  changedBy: ['PUT', 'POST'],
};

/** Apigee: apiproducts, X and Edge. */
export const apiProductRoutes: readonly Route[] = [
  ...resourceRoutes(api),
  ...attributeRoutes(`${api.path}/{apiproduct}`, api.kind, (request, { deployments }) => {
    const name = request.name('apiproduct');
    const found = deployments.resources.get(api.kind, name);
    if (found === undefined) throw missing(api, name);
    return found;
  }),
];

function read(body: JsonMembers, name: string): JsonObject {
  const given = Object.fromEntries(lists.map((member) => [member, textsMember(body, member) ?? []]));
  return { ...body, ...given, name, attributes: attributesOf(body) };
}

/** What files leave out is there; quotas are texts. */
export function apiProductBody({ value, createdAt, lastModifiedAt }: Resource): object {
  const quotas = ['quota', 'quotaInterval', 'quotaTimeUnit'] as const;
  const texts = quotas.filter((member) => value[member] !== undefined && value[member] !== null);
  const { displayName, approvalType, name } = value;
  return {
    ...read(value, String(name)),
    displayName: displayName ?? name,
    approvalType: approvalType === 'manual' ? 'manual' : 'auto',
    ...Object.fromEntries(texts.map((member) => [member, String(value[member])])),
    createdAt,
    lastModifiedAt,
  };
}
