import type { JsonObject } from '../bundle/environment.ts';
import type { Resource } from '../state/resources.ts';
import { type ApiAnswer, noContent, ok } from './answer.ts';
import { type AppOwner, appsOf, removeApps } from './app-owner.ts';
import { attributeRoutes, attributesOf } from './attributes.ts';
import type { ApiContext } from './context.ts';
import { invalid } from './failure.ts';
import { requiredText, textMember } from './members.ts';
import { organization } from './places.ts';
import type { ApiRequest, JsonMembers } from './request.ts';
import { missing, type ResourceApi, resourceRoutes } from './resource-routes.ts';
import type { Route } from './route.ts';

const api: ResourceApi = {
  kind: 'developers',
  path: `${organization}/developers`,
  parameter: 'developer',
  title: 'Developer',
  schema: 'Developer',
  listSchema: 'Developers',
  codes: {
    absent: 'developer.service.DeveloperIdDoesNotExist',
    taken: 'developer.service.DeveloperAlreadyExists',
  },
  checkPlace: () => undefined,
  nameOf: (body) => emailOf(body),
  keyOf: (request, context) => developerOf(request, context).name,
  read,
  show: developerBody,
  list: (developers, request, context) => {
    if (request.flag('expand')) return { developer: developers.map((one) => developerBody(one, context)) };
    const emails = developers.map(({ value }) => String(value.email));
    return request.style === 'edge' ? emails : { developer: emails.map((email) => ({ email })) };
  },
  listQuery: { expand: 'true: whole developers' },
};

/** Path of one developer, by e-mail address or id. */
const developerPath = `${api.path}/{developer}`;

export const developerOwner: AppOwner = {
  path: developerPath,
  title: 'Developer',
  listMember: 'app',
  find: developerOf,
  mark: ({ value }) => ({ developerEmail: String(value.email) }),
};

/** Apigee: developers, X and Edge. */
export const developerRoutes: readonly Route[] = [
  ...resourceRoutes(api).filter(({ method }) => method !== 'DELETE'),
  {
    method: 'POST',
    path: developerPath,
    summary: 'Makes a developer active or inactive, or changes one (Edge)',
    query: { action: 'active or inactive' },
    body: 'Developer',
    answers: { 200: 'Developer', 204: null },
    run: change,
  },
  {
    method: 'DELETE',
    path: developerPath,
    summary: 'Deletes a developer and its apps',
    answers: { 200: 'Developer' },
    run: async (request, context) => {
      const developer = developerOf(request, context);
      const body = developerBody(developer, context);
      await removeApps(developer, context);
      await context.deployments.changeResource('developers', developer.name, undefined);
      return ok(body);
    },
  },
  ...attributeRoutes(developerPath, api.kind, developerOf),
];

/** The developer that the path names. @throws ApiError 404 */
function developerOf(request: ApiRequest, { deployments }: ApiContext): Resource {
  const name = request.key('developer');
  const found = deployments.resources.developer(name);
  if (found === undefined) throw missing(api, name);
  return found;
}

async function change(request: ApiRequest, context: ApiContext): Promise<ApiAnswer> {
  const developer = developerOf(request, context);
  const action = request.query.get('action');
  if (action !== null) {
    if (action !== 'active' && action !== 'inactive') throw invalid(`"${action}" is no action: active or inactive.`);
    await context.deployments.changeResource(api.kind, developer.name, { ...developer.value, status: action });
    return noContent;
  }
  const value = read(await request.json(), developer.name);
  await context.deployments.changeResource(api.kind, developer.name, value);
  return ok(developerBody(developerOf(request, context), context));
}

function emailOf(body: JsonMembers): string {
  const email = requiredText(body, 'email', 'A developer');
  // RFC 5321 allows far more; what matters here is that it stands in paths and is one address.
  if (!/^[^\s/@]+@[^\s/@]+$/.test(email)) throw invalid(`"${email.slice(0, 100)}" is no e-mail address.`);
  return email.toLowerCase();
}

/** @param name of a developer that is changed: its address stays */
function read(body: JsonMembers, name: string): JsonObject {
  const email = textMember(body, 'email') ?? name;
  if (email.toLowerCase() !== name) throw invalid('The e-mail address of a developer cannot be changed.');
  return {
    ...body,
    email,
    userName: textMember(body, 'userName') ?? email,
    attributes: attributesOf(body),
    status: body.status === 'inactive' ? 'inactive' : 'active',
  };
}

export function developerBody(developer: Resource, context: ApiContext): object {
  const { value, createdAt, lastModifiedAt } = developer;
  const { apps: _, companies: __, createdAt: ___, lastModifiedAt: ____, ...rest } = read(value, developer.name);
  return {
    ...rest,
    organizationName: context.deployments.environment.organization,
    apps: appsOf(developer, context).map((app) => String(app.value.name)),
    createdAt,
    lastModifiedAt,
  };
}
