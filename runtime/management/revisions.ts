import { type ApiAnswer, ok, zip } from './answer.ts';
import { type Collection, collections, idOf, revisionOf, stateOf } from './bundles.ts';
import type { ApiContext } from './context.ts';
import { invalid } from './failure.ts';
import type { ApiRequest } from './request.ts';
import { revisionBody } from './revision-body.ts';
import type { Route } from './route.ts';

/** Revisions as wholes: read, export, replace, delete. Apigee: apis.revisions and sharedflows.revisions, X and Edge. */
export const revisionRoutes: readonly Route[] = collections.flatMap(routesOf);

function routesOf(collection: Collection): Route[] {
  const path = `${collection.one}/revisions`;
  const one = `${path}/{revision}`;
  return [
    {
      method: 'GET',
      path,
      summary: 'Numbers of the revisions, oldest first',
      answers: { 200: 'Names' },
      run: (request, context) => {
        const id = idOf(request, collection);
        stateOf(id, context);
        return ok(context.deployments.listRevisions(id).map(({ revision }) => String(revision)));
      },
    },
    {
      method: 'GET',
      path: one,
      summary: 'A revision with the names of its parts, or its zip',
      query: { format: 'bundle: the zip' },
      answers: { 200: ['Revision', 'bytes'] },
      run: (request, context) => read(request, collection, context),
    },
    ...(['POST', 'PUT'] as const).map(
      (method): Route => ({
        method,
        path: one,
        summary: 'Replaces the content of a revision that is not deployed',
        query: { validate: 'false: a faulty bundle is refused when it is deployed, not now' },
        body: 'zip',
        answers: { 200: 'Revision' },
        run: (request, context) => replace(request, collection, context),
      }),
    ),
    {
      method: 'DELETE',
      path: one,
      summary: 'Deletes a revision; refused while it is deployed',
      answers: { 200: 'Revision' },
      run: async (request, context) => {
        const id = idOf(request, collection);
        const found = revisionOf(id, request.key('revision'), context);
        const { bundle } = await context.deployments.readBundle(id, found.revision);
        await context.deployments.deleteRevision(id, found.revision);
        return ok(revisionBody(id, found, bundle));
      },
    },
  ];
}

async function read(request: ApiRequest, collection: Collection, context: ApiContext): Promise<ApiAnswer> {
  const id = idOf(request, collection);
  const found = revisionOf(id, request.key('revision'), context);
  const format = request.query.get('format');
  if (format === 'bundle') {
    const bytes = await context.deployments.exportRevision(id, found.revision);
    return zip(bytes, `${id.name}_rev${found.revision}.zip`);
  }
  if (format !== null) throw invalid(`"${format}" is no format of a revision: bundle.`);
  const { bundle } = await context.deployments.readBundle(id, found.revision);
  return ok(revisionBody(id, found, bundle));
}

async function replace(request: ApiRequest, collection: Collection, context: ApiContext): Promise<ApiAnswer> {
  const id = idOf(request, collection);
  const { deployments } = context;
  const { revision } = revisionOf(id, request.key('revision'), context);
  const { bytes } = await request.upload();
  const files = await deployments.readUpload(bytes, collection.kind);
  const { diagnostics } = await deployments.replaceRevision(id, revision, files, {
    validate: request.flag('validate', true),
  });
  const { bundle } = await deployments.readBundle(id, revision);
  return ok({ ...revisionBody(id, revisionOf(id, String(revision), context), bundle), diagnostics });
}
