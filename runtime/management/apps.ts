import type { JsonObject } from '../bundle/environment.ts';
import { appName } from '../state/resource-kinds.ts';
import type { Resource } from '../state/resources.ts';
import { type ApiAnswer, created, noContent, ok } from './answer.ts';
import { type AppOwner, appOf, appPathOf, appsOf } from './app-owner.ts';
import { groupOwner } from './appgroups.ts';
import { attributeRoutes, attributesOf } from './attributes.ts';
import type { ApiContext } from './context.ts';
import { askedProducts, credentialBody, credentialsOf, newCredential } from './credentials.ts';
import { developerOwner } from './developers.ts';
import { absent, invalid, taken } from './failure.ts';
import { requiredText, textMember, textsMember } from './members.ts';
import { organization } from './places.ts';
import { type ApiRequest, checkedName } from './request.ts';
import type { Route } from './route.ts';

/** Apigee: developers.apps and apps, X and Edge; appgroups.apps, X. */
export const appRoutes: readonly Route[] = [
  ...ownedAppRoutes(developerOwner),
  ...ownedAppRoutes(groupOwner),
  {
    method: 'GET',
    path: `${organization}/apps`,
    summary: 'Apps of all developers',
    query: { expand: 'true: whole apps' },
    answers: { 200: 'Apps' },
    run: (request, { deployments }) => {
      const apps = deployments.resources.list('apps');
      if (request.flag('expand')) return ok({ app: apps.map(appBody) });
      const ids = apps.map(({ value }) => String(value.appId));
      return ok(request.style === 'edge' ? ids : { app: ids.map((appId) => ({ appId })) });
    },
  },
  {
    method: 'GET',
    path: `${organization}/apps/{appId}`,
    summary: 'An app by its id',
    answers: { 200: 'App' },
    run: (request, context) => ok(appBody(appById(request, context))),
  },
  {
    method: 'DELETE',
    path: `${organization}/apps/{appId}`,
    summary: 'Deletes an app by its id',
    answers: { 200: 'App' },
    run: async (request, context) => remove(appById(request, context), context),
  },
];

function ownedAppRoutes(owner: AppOwner): Route[] {
  const appPath = appPathOf(owner);
  const find = (request: ApiRequest, context: ApiContext): Resource => appOf(owner, request, context);
  return [
    {
      method: 'GET',
      path: `${owner.path}/apps`,
      summary: `Apps of one: ${owner.title.toLowerCase()}`,
      query: { expand: 'true: whole apps' },
      answers: { 200: 'Apps' },
      run: (request, context) => {
        const apps = appsOf(owner.find(request, context), context);
        if (request.flag('expand')) return ok({ [owner.listMember]: apps.map(appBody) });
        const names = apps.map(({ value }) => String(value.name));
        if (request.style === 'edge') return ok(names);
        return ok({
          [owner.listMember]: apps.map(({ value }) => ({ appId: String(value.appId), name: String(value.name) })),
        });
      },
    },
    {
      method: 'POST',
      path: `${owner.path}/apps`,
      summary: 'Creates an app, with a key for its products',
      body: 'App',
      answers: { 201: 'App' },
      run: (request, context) => create(owner, request, context),
    },
    {
      method: 'GET',
      path: appPath,
      summary: 'An app with its keys',
      answers: { 200: 'App' },
      run: (request, context) => ok(appBody(find(request, context))),
    },
    {
      method: 'PUT',
      path: appPath,
      summary: 'Changes an app; its keys stay',
      body: 'App',
      answers: { 200: 'App' },
      run: async (request, context) => {
        const app = find(request, context);
        const { credentials: _, appId: __, name: ___, developerId: ____, ...rest } = await request.json();
        await context.deployments.changeResource('apps', app.name, {
          ...app.value,
          ...rest,
          attributes: attributesOf(rest.attributes === undefined ? app.value : rest),
        });
        return ok(appBody(find(request, context)));
      },
    },
    {
      method: 'POST',
      path: appPath,
      summary: 'Approves or revokes an app, or adds a key for the products of the body (Edge)',
      query: { action: 'approve or revoke' },
      body: 'App',
      answers: { 200: 'App', 204: null },
      run: (request, context) => change(owner, request, context),
    },
    {
      method: 'DELETE',
      path: appPath,
      summary: 'Deletes an app with its keys',
      answers: { 200: 'App' },
      run: async (request, context) => remove(find(request, context), context),
    },
    ...attributeRoutes(appPath, 'apps', find),
  ];
}

function appById(request: ApiRequest, { deployments }: ApiContext): Resource {
  const id = request.key('appId');
  const found = deployments.resources.list('apps').find(({ value }) => value.appId === id);
  if (found === undefined) throw absent('developer.service.AppDoesNotExist', `There is no app with the id ${id}.`);
  return found;
}

async function remove(app: Resource, { deployments }: ApiContext): Promise<ApiAnswer> {
  await deployments.changeResource('apps', app.name, undefined);
  return ok(appBody(app));
}

async function create(owner: AppOwner, request: ApiRequest, context: ApiContext): Promise<ApiAnswer> {
  const holder = owner.find(request, context);
  const body = await request.json();
  const name = checkedName(requiredText(body, 'name', 'An app'), 'name');
  const key = appName(holder.name, name);
  if (context.deployments.resources.get('apps', key) !== undefined) {
    throw taken(
      'developer.service.AppAlreadyExists',
      `${owner.title} ${holder.name} has an app named ${name} already.`,
    );
  }
  const products = askedProducts(body, context);
  const { keyExpiresIn: _, credentials: __, ...rest } = body;
  await context.deployments.changeResource('apps', key, {
    ...rest,
    name,
    ...owner.mark(holder),
    apiProducts: products.map(({ apiproduct }) => apiproduct),
    scopes: textsMember(body, 'scopes') ?? [],
    callbackUrl: textMember(body, 'callbackUrl') ?? '',
    attributes: attributesOf(body),
    status: 'approved',
    credentials: [newCredential(body, products, context)],
  });
  const made = context.deployments.resources.get('apps', key);
  if (made === undefined) throw absent('developer.service.AppDoesNotExist', `The app ${name} is gone again.`);
  return created(appBody(made));
}

async function change(owner: AppOwner, request: ApiRequest, context: ApiContext): Promise<ApiAnswer> {
  const app = appOf(owner, request, context);
  const action = request.query.get('action');
  if (action !== null) {
    const status = statusAfter(action);
    await context.deployments.changeResource('apps', app.name, { ...app.value, status });
    return noContent;
  }
  const body = await request.json();
  const credential = newCredential(body, askedProducts(body, context), context);
  const credentials = [...credentialsOf(app.value), credential];
  await context.deployments.changeResource('apps', app.name, { ...app.value, credentials });
  return ok(appBody(appOf(owner, request, context)));
}

/** @throws ApiError 400 */
export function statusAfter(action: string): 'approved' | 'revoked' {
  if (action === 'approve') return 'approved';
  if (action === 'revoke') return 'revoked';
  throw invalid(`"${action}" is no action: approve or revoke.`);
}

export function appBody({ value, createdAt, lastModifiedAt }: Resource): object {
  return {
    ...value,
    appId: String(value.appId),
    name: String(value.name),
    status: String(value.status ?? 'approved'),
    callbackUrl: String(value.callbackUrl ?? ''),
    scopes: listOf(value, 'scopes'),
    apiProducts: listOf(value, 'apiProducts'),
    attributes: attributesOf(value),
    credentials: credentialsOf(value).map(credentialBody),
    createdAt,
    lastModifiedAt,
  };
}

function listOf(value: JsonObject, member: string): readonly unknown[] {
  const list = value[member];
  return Array.isArray(list) ? list : [];
}
