import type { JsonObject } from '../bundle/environment.ts';
import type { Resource } from '../state/resources.ts';
import { type ApiAnswer, created, noContent, ok } from './answer.ts';
import { type AppOwner, appOf, appPathOf } from './app-owner.ts';
import { groupOwner } from './appgroups.ts';
import { statusAfter } from './apps.ts';
import type { ApiContext } from './context.ts';
import {
  askedProducts,
  changedCredential,
  credentialBody,
  credentialsOf,
  newCredential,
  productsOf,
} from './credentials.ts';
import { developerOwner } from './developers.ts';
import { absent } from './failure.ts';
import { requiredText } from './members.ts';
import type { ApiRequest } from './request.ts';
import type { Route } from './route.ts';

/** Apigee: developers.apps.keys. X creates with POST to keys, Edge with POST to keys/create. */
export const keyRoutes: readonly Route[] = [...ownedKeyRoutes(developerOwner), ...ownedKeyRoutes(groupOwner)];

function ownedKeyRoutes(owner: AppOwner): Route[] {
  const keys = `${appPathOf(owner)}/keys`;
  const one = `${keys}/{consumerKey}`;
  const product = `${one}/apiproducts/{apiproduct}`;
  return [
    ...[keys, `${keys}/create`].map(
      (path): Route => ({
        method: 'POST',
        path,
        summary: 'Adds a given key',
        body: 'Credential',
        answers: { 201: 'Credential' },
        run: (request, context) => add(owner, request, context),
      }),
    ),
    {
      method: 'GET',
      path: one,
      summary: 'A key',
      answers: { 200: 'Credential' },
      run: (request, context) => ok(credentialBody(keyOf(owner, request, context).credential)),
    },
    {
      method: 'POST',
      path: one,
      summary: 'Approves or revokes a key, or adds products to it',
      query: { action: 'approve or revoke' },
      body: 'CredentialChange',
      answers: { 200: 'Credential', 204: null },
      run: (request, context) => change(owner, request, context),
    },
    {
      method: 'PUT',
      path: one,
      summary: 'Adds products to a key, sets its attributes and scopes',
      body: 'CredentialChange',
      answers: { 200: 'Credential' },
      run: (request, context) => change(owner, request, context),
    },
    {
      method: 'DELETE',
      path: one,
      summary: 'Deletes a key',
      answers: { 200: 'Credential' },
      run: async (request, context) => {
        const { app, credential } = keyOf(owner, request, context);
        const credentials = credentialsOf(app.value).filter(
          ({ consumerKey }) => consumerKey !== credential.consumerKey,
        );
        await context.deployments.changeResource('apps', app.name, { ...app.value, credentials });
        return ok(credentialBody(credential));
      },
    },
    {
      method: 'POST',
      path: product,
      summary: 'Approves or revokes a product of a key',
      query: { action: 'approve or revoke' },
      answers: { 204: null },
      run: async (request, context) => {
        const { app, credential, name } = productOf(owner, request, context);
        const status = statusAfter(request.query.get('action') ?? '');
        const apiProducts = productsOf(credential).map((other) =>
          other.apiproduct === name ? { ...other, status } : other,
        );
        await write(app, { ...credential, apiProducts }, context);
        return noContent;
      },
    },
    {
      method: 'DELETE',
      path: product,
      summary: 'Takes a product off a key',
      answers: { 200: 'Credential' },
      run: async (request, context) => {
        const { app, credential, name } = productOf(owner, request, context);
        const apiProducts = productsOf(credential).filter(({ apiproduct }) => apiproduct !== name);
        return ok(credentialBody(await write(app, { ...credential, apiProducts }, context)));
      },
    },
  ];
}

/** A key and the app it belongs to. @throws ApiError 404 */
function keyOf(owner: AppOwner, request: ApiRequest, context: ApiContext): { app: Resource; credential: JsonObject } {
  const app = appOf(owner, request, context);
  const key = request.key('consumerKey');
  const credential = credentialsOf(app.value).find(({ consumerKey }) => consumerKey === key);
  if (credential !== undefined) return { app, credential };
  throw absent(
    'keymanagement.service.InvalidClientIdForGivenApp',
    `The app ${String(app.value.name)} has no such key.`,
  );
}

function productOf(owner: AppOwner, request: ApiRequest, context: ApiContext) {
  const found = keyOf(owner, request, context);
  const name = request.name('apiproduct');
  if (productsOf(found.credential).some(({ apiproduct }) => apiproduct === name)) return { ...found, name };
  throw absent('keymanagement.service.apiproduct_doesnot_exist', `The key has no API product named ${name}.`);
}

async function add(owner: AppOwner, request: ApiRequest, context: ApiContext): Promise<ApiAnswer> {
  const app = appOf(owner, request, context);
  const body = await request.json();
  requiredText(body, 'consumerKey', 'A key');
  const credential = newCredential(body, askedProducts(body, context), context);
  const credentials = [...credentialsOf(app.value), credential];
  await context.deployments.changeResource('apps', app.name, { ...app.value, credentials });
  const made = credentialsOf(appOf(owner, request, context).value).find(
    ({ consumerKey }) => consumerKey === credential.consumerKey,
  );
  return created(credentialBody(made ?? credential));
}

async function change(owner: AppOwner, request: ApiRequest, context: ApiContext): Promise<ApiAnswer> {
  const { app, credential } = keyOf(owner, request, context);
  const action = request.query.get('action');
  if (action !== null) {
    await write(app, { ...credential, status: statusAfter(action) }, context);
    return noContent;
  }
  const changed = changedCredential(credential, await request.json(), context);
  return ok(credentialBody(await write(app, changed, context)));
}

async function write(app: Resource, changed: JsonObject, { deployments }: ApiContext): Promise<JsonObject> {
  const credentials = credentialsOf(app.value).map((one) => (one.consumerKey === changed.consumerKey ? changed : one));
  await deployments.changeResource('apps', app.name, { ...app.value, credentials });
  return changed;
}
