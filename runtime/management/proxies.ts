import type { Deployments } from '../deployment/deployments.ts';
import type { BundleId } from '../state/revisions.ts';
import { type ApiAnswer, created, ok } from './answer.ts';
import { bundleBody, type Collection, idOf, proxies, sharedFlows, stateOf, title } from './bundles.ts';
import type { ApiContext } from './context.ts';
import { ApiError, invalid } from './failure.ts';
import type { ApiRequest } from './request.ts';
import { revisionBody } from './revision-body.ts';
import type { Route } from './route.ts';

/** Proxies and shared flows as wholes: import, list, read, delete. Apigee: apis and sharedflows, X and Edge. */
export const proxyRoutes: readonly Route[] = routesOf(proxies);
export const sharedFlowRoutes: readonly Route[] = routesOf(sharedFlows);

function routesOf(collection: Collection): Route[] {
  const { path, one, title: what } = collection;
  return [
    {
      method: 'GET',
      path,
      summary: `All of kind ${what}, deployed or not`,
      query: { includeRevisions: 'true: with their revisions (X)', includeMetaData: 'true: with times (X)' },
      answers: { 200: 'BundleList' },
      run: (request, context) => ok(listBody(request, collection, context)),
    },
    {
      method: 'POST',
      path,
      summary: `Imports a ${what} as a new revision, or checks one`,
      query: {
        action: 'import, or validate: nothing is stored',
        name: 'default: the name in the bundle',
        validate: 'false: a faulty bundle is refused when it is deployed, not now',
      },
      body: 'zip',
      answers: { 200: 'Imported', 201: 'Revision' },
      run: (request, context) => importBundle(request, collection, context),
    },
    {
      method: 'GET',
      path: one,
      summary: `A ${what} and its revisions`,
      answers: { 200: 'Bundle' },
      run: (request, context) => {
        const id = idOf(request, collection);
        stateOf(id, context);
        return ok(bundleBody(id, context.deployments.listRevisions(id)));
      },
    },
    {
      method: 'DELETE',
      path: one,
      summary: `Deletes a ${what} with all its revisions; refused while it is deployed`,
      answers: { 200: 'Bundle' },
      run: async (request, context) => {
        const id = idOf(request, collection);
        stateOf(id, context);
        const body = bundleBody(id, context.deployments.listRevisions(id));
        await context.deployments.deleteAll(id);
        return ok(body);
      },
    },
  ];
}

function listBody(request: ApiRequest, { kind }: Collection, { deployments }: ApiContext): unknown {
  const names = deployments.list(kind).map(({ name }) => name);
  if (request.style === 'edge') return names;
  const [revisions, times] = [request.flag('includeRevisions'), request.flag('includeMetaData')];
  const all = names.map((name) => ({
    name,
    ...(kind === 'apiproxy' ? { apiProxyType: 'PROGRAMMABLE' } : {}),
    ...(revisions || times ? detailsOf({ kind, name }, revisions, times, deployments) : {}),
  }));
  return kind === 'apiproxy' ? { proxies: all } : { sharedFlows: all };
}

function detailsOf(id: BundleId, revisions: boolean, times: boolean, deployments: Deployments): object {
  const { revision, latestRevisionId, metaData } = bundleBody(id, deployments.listRevisions(id));
  return { ...(revisions ? { revision, latestRevisionId } : {}), ...(times ? { metaData } : {}) };
}

async function importBundle(request: ApiRequest, collection: Collection, context: ApiContext): Promise<ApiAnswer> {
  const { deployments } = context;
  const action = request.query.get('action');
  if (action !== null && action !== 'import' && action !== 'validate') {
    throw invalid(`"${action}" is no action of this path: import or validate.`);
  }
  const name = request.query.has('name') ? request.queryName('name') : undefined;
  const { bytes } = await request.upload();
  const files = await deployments.readUpload(bytes, collection.kind);
  if (action === 'validate') {
    const diagnostics = await deployments.check(files, name);
    if (diagnostics.some(({ severity }) => severity === 'error')) {
      throw new ApiError(400, 'messaging.config.beans.InvalidBundle', 'The bundle is faulty.', { diagnostics });
    }
    return ok({ name: name ?? '', valid: true, diagnostics });
  }
  const validate = request.flag('validate', true);
  const { id, revision, diagnostics } = await deployments.importRevision(files, {
    ...(name === undefined ? {} : { name }),
    validate,
  });
  const found = deployments.listRevisions(id).find((one) => one.revision === revision);
  if (found === undefined) throw new Error(`${title(id)} has no revision ${revision} after its import`);
  const { bundle } = await deployments.readBundle(id, revision);
  const body = { ...revisionBody(id, found, bundle), diagnostics };
  // Edge answers 201, and a client insists on it for raw bodies; X's clients send multipart and read 200.
  return request.style === 'x' && request.isMultipart ? ok(body) : created(body);
}
