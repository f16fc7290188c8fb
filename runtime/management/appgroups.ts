import type { JsonObject } from '../bundle/environment.ts';
import type { Resource } from '../state/resources.ts';
import { ok } from './answer.ts';
import { type AppOwner, removeApps } from './app-owner.ts';
import { attributesOf } from './attributes.ts';
import type { ApiContext } from './context.ts';
import { invalid } from './failure.ts';
import { textMember } from './members.ts';
import { organization } from './places.ts';
import type { ApiRequest, JsonMembers } from './request.ts';
import { missing, type ResourceApi, resourceRoutes } from './resource-routes.ts';
import type { Route } from './route.ts';

const api: ResourceApi = {
  kind: 'appgroups',
  path: `${organization}/appgroups`,
  parameter: 'appgroup',
  title: 'App group',
  schema: 'AppGroup',
  listSchema: 'AppGroups',
  codes: {
    absent: 'keymanagement.service.appgroup_doesnot_exist',
    taken: 'keymanagement.service.appgroup_already_exists',
  },
  checkPlace: () => undefined,
  read,
  show: appGroupBody,
  list: (groups, _, context) => ({ appGroups: groups.map((one) => appGroupBody(one, context)) }),
};

/** App groups of X: owners of apps that are no developers. */
export const groupOwner: AppOwner = {
  path: `${api.path}/{appgroup}`,
  title: 'App group',
  listMember: 'appGroupApps',
  find: groupOf,
  mark: ({ name }) => ({ appGroup: name }),
};

/** Apigee: appgroups, X. */
export const appGroupRoutes: readonly Route[] = [
  ...resourceRoutes(api).filter(({ method }) => method !== 'DELETE'),
  {
    method: 'DELETE',
    path: groupOwner.path,
    summary: 'Deletes an app group and its apps',
    answers: { 200: 'AppGroup' },
    run: async (request, context) => {
      const group = groupOf(request, context);
      await removeApps(group, context);
      await context.deployments.changeResource(api.kind, group.name, undefined);
      return ok(appGroupBody(group, context));
    },
  },
];

function groupOf(request: ApiRequest, { deployments }: ApiContext): Resource {
  const name = request.name('appgroup');
  const found = deployments.resources.get(api.kind, name);
  if (found === undefined) throw missing(api, name);
  return found;
}

/** @throws ApiError 400 */
function read(body: JsonMembers, name: string): JsonObject {
  const status = textMember(body, 'status') ?? 'active';
  if (status !== 'active' && status !== 'inactive') throw invalid(`"${status}" is no status: active or inactive.`);
  return {
    ...body,
    name,
    displayName: textMember(body, 'displayName') ?? name,
    status,
    attributes: attributesOf(body),
  };
}

function appGroupBody({ name, value, createdAt, lastModifiedAt }: Resource, { deployments }: ApiContext): object {
  const { organization: org } = deployments.environment;
  return { ...read(value, name), appGroupId: String(value.appGroupId), organization: org, createdAt, lastModifiedAt };
}
