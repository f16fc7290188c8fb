import { type ApiAnswer, created, ok } from './answer.ts';
import { type Collection, collections, idOf, revisionOf } from './bundles.ts';
import type { ApiContext } from './context.ts';
import { absent } from './failure.ts';
import { type ApiRequest, checkedName, checkedPath } from './request.ts';
import { resourceFilesOf } from './revision-body.ts';
import type { Route } from './route.ts';

/**
 * Resource files of a revision, under both names the platform has for them. Apigee: apis.revisions.resourcefiles;
 * Edge: apis.revisions.resources.
 */
export const revisionResourceRoutes: readonly Route[] = collections.flatMap((collection) =>
  (['resources', 'resourcefiles'] as const).flatMap((segment) => routesOf(collection, segment)),
);

function routesOf(collection: Collection, segment: 'resources' | 'resourcefiles'): Route[] {
  const path = `${collection.one}/revisions/{revision}/${segment}`;
  const one = `${path}/{type}/{file}`;
  return [
    {
      method: 'GET',
      path,
      summary: 'Resource files of a revision',
      answers: { 200: segment === 'resources' ? 'Names' : 'ResourceFiles' },
      run: async (request, context) => {
        const { id, revision } = placeOf(request, collection, context);
        const { bundle } = await context.deployments.readBundle(id, revision);
        return ok(segment === 'resources' ? [...bundle.resources.keys()] : { resourceFile: resourceFilesOf(bundle) });
      },
    },
    {
      method: 'POST',
      path,
      summary: 'Adds a resource file, or replaces it',
      query: { type: 'jsc, xsl, properties ...', name: 'name of the file' },
      body: 'bytes',
      answers: { 201: 'ResourceFile' },
      run: async (request, context) => {
        const type = request.queryName('type');
        return created(await put(request, collection, type, request.query.get('name') ?? '', context));
      },
    },
    {
      method: 'GET',
      path: one,
      summary: 'The content of a resource file',
      answers: { 200: 'bytes' },
      run: (request, context) => show(request, collection, context),
    },
    {
      method: 'PUT',
      path: one,
      summary: 'Replaces a resource file',
      body: 'bytes',
      answers: { 200: 'ResourceFile' },
      run: async (request, context) =>
        ok(await put(request, collection, request.name('type'), request.key('file'), context)),
    },
    {
      method: 'DELETE',
      path: one,
      summary: 'Deletes a resource file',
      answers: { 200: 'ResourceFile' },
      run: async (request, context) => {
        const { id, revision } = placeOf(request, collection, context);
        const [type, name] = [request.name('type'), checkedPath(request.key('file'), 'file')];
        await context.deployments.deletePiece(id, revision, `resources/${type}/${name}`);
        return ok({ name, type });
      },
    },
  ];
}

function placeOf(request: ApiRequest, collection: Collection, context: ApiContext) {
  const id = idOf(request, collection);
  return { id, revision: revisionOf(id, request.key('revision'), context).revision };
}

async function put(
  request: ApiRequest,
  collection: Collection,
  type: string,
  name: string,
  context: ApiContext,
): Promise<{ name: string; type: string }> {
  const { id, revision } = placeOf(request, collection, context);
  checkedName(type, 'type');
  checkedPath(name, 'name');
  // An empty file is a file: unlike a bundle, a resource may be that.
  const bytes = request.isMultipart ? (await request.upload()).bytes : await request.bytes();
  await context.deployments.putPiece(id, revision, `resources/${type}/${name}`, bytes);
  return { name, type };
}

async function show(request: ApiRequest, collection: Collection, context: ApiContext): Promise<ApiAnswer> {
  const { id, revision } = placeOf(request, collection, context);
  const key = `${request.name('type')}://${request.key('file')}`;
  const { bundle } = await context.deployments.readBundle(id, revision);
  const found = bundle.resources.get(key);
  if (found === undefined) throw absent('messaging.config.beans.ResourceDoesNotExist', `The revision has no ${key}.`);
  return { status: 200, bytes: found.bytes, contentType: 'application/octet-stream' };
}
