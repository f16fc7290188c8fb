import type { JsonObject } from '../bundle/environment.ts';
import { appName } from '../state/resource-kinds.ts';
import type { Resource } from '../state/resources.ts';
import type { ApiContext } from './context.ts';
import { absent } from './failure.ts';
import type { ApiRequest } from './request.ts';

/** Who may own apps: developers, and app groups of X. */
export interface AppOwner {
  /** Path of one owner. */
  readonly path: string;
  /** For messages: `Developer`. */
  readonly title: string;
  /** Member of X's list of apps. */
  readonly listMember: string;
  /** The one that the path names. @throws ApiError 404 */
  readonly find: (request: ApiRequest, context: ApiContext) => Resource;
  /** By what an app says whose it is. */
  readonly mark: (owner: Resource) => JsonObject;
}

/** Path of one app of an owner. */
export function appPathOf({ path }: AppOwner): string {
  return `${path}/apps/{app}`;
}

/** The app that the path names. @throws ApiError 404 */
export function appOf(owner: AppOwner, request: ApiRequest, context: ApiContext): Resource {
  const { name: ownerName } = owner.find(request, context);
  const name = request.name('app');
  const found = context.deployments.resources.get('apps', appName(ownerName, name));
  if (found !== undefined) return found;
  throw absent('developer.service.AppDoesNotExist', `${owner.title} ${ownerName} has no app named ${name}.`);
}

export function appsOf(owner: Resource, { deployments }: ApiContext): Resource[] {
  const prefix = appName(owner.name, '');
  return deployments.resources.list('apps').filter(({ name }) => name.startsWith(prefix));
}

/** Apps go with who owns them. */
export async function removeApps(owner: Resource, context: ApiContext): Promise<void> {
  for (const app of appsOf(owner, context)) await context.deployments.changeResource('apps', app.name, undefined);
}
