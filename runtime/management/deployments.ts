import { type ApiAnswer, ok } from './answer.ts';
import { type Collection, collections, idOf, proxies, revisionOf, sharedFlows, stateOf, title } from './bundles.ts';
import { changeReport } from './change-report.ts';
import type { ApiContext } from './context.ts';
import {
  type DeploymentPlace,
  deploymentBody,
  deploymentsEverywhere,
  deploymentsHere,
  deploymentsOfBundle,
  deploymentsOfBundleHere,
  isServing,
} from './deployment-body.ts';
import { ApiError, invalid } from './failure.ts';
import { environment, environmentName, organization } from './places.ts';
import type { ApiRequest } from './request.ts';
import type { Route } from './route.ts';

/** What serves: read it, deploy a revision, take one out. Apigee: environments.*.deployments, X and Edge. */
export const deploymentRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: `${organization}/deployments`,
    summary: 'Everything deployed',
    query: { sharedFlows: 'true: shared flows in place of proxies' },
    answers: { 200: 'Deployments' },
    run: (request, context) =>
      ok(deploymentsEverywhere(serving(context), kindAsked(request), anyPlace(request, context))),
  },
  {
    method: 'GET',
    path: `${environment}/deployments`,
    summary: 'Everything deployed in the environment',
    query: { sharedFlows: 'true: shared flows in place of proxies' },
    answers: { 200: 'Deployments' },
    run: (request, context) => ok(deploymentsHere(serving(context), kindAsked(request), placeOf(request, context))),
  },
  ...collections.flatMap(routesOf),
];

function routesOf(collection: Collection): Route[] {
  const { one, segment, parameter } = collection;
  const here = `${environment}/${segment}/{${parameter}}`;
  const revision = `${here}/revisions/{revision}/deployments`;
  return [
    {
      method: 'GET',
      path: `${one}/deployments`,
      summary: 'Where it is deployed',
      answers: { 200: 'Deployments' },
      run: (request, context) => {
        const id = idOf(request, collection);
        return ok(deploymentsOfBundle(id, stateOf(id, context), anyPlace(request, context)));
      },
    },
    {
      method: 'POST',
      path: `${one}/deployments`,
      summary: 'Deploys a revision or takes it out (Edge)',
      query: { action: 'deploy or undeploy', revision: 'its number', env: 'the environment', override: 'as below' },
      body: 'form',
      answers: { 200: 'Deployment' },
      run: async (request, context) => {
        const options = await request.options();
        const name = options.get('env') ?? context.deployments.environment.name;
        const place = { organization: request.name('organization'), environment: activeOnly(name, context) };
        return changeDeployment(request, collection, options.get('revision') ?? '', place, context);
      },
    },
    {
      method: 'GET',
      path: `${one}/revisions/{revision}/deployments`,
      summary: 'Where a revision is deployed',
      answers: { 200: 'Deployments' },
      run: (request, context) => {
        const id = idOf(request, collection);
        const { revision: number } = revisionOf(id, request.key('revision'), context);
        const state = stateOf(id, context);
        const shown = state.revision === number ? state : { ...state, revision: undefined };
        return ok(deploymentsOfBundle(id, shown, anyPlace(request, context)));
      },
    },
    {
      method: 'GET',
      path: `${here}/deployments`,
      summary: 'Its deployment in the environment',
      answers: { 200: 'Deployments' },
      run: (request, context) => {
        const place = placeOf(request, context);
        const id = idOf(request, collection);
        const state = stateOf(id, context);
        // X answers an empty list; Edge's clients take 400 for "not deployed".
        if (!isServing(state) && request.style === 'edge') {
          const message = `${title(id)} is not deployed in environment ${place.environment}.`;
          throw new ApiError(400, 'distribution.ApplicationNotDeployed', message);
        }
        return ok(deploymentsOfBundleHere(id, state, place));
      },
    },
    {
      method: 'GET',
      path: revision,
      summary: 'How the deployment of a revision stands',
      answers: { 200: 'Deployment' },
      run: (request, context) => {
        const place = placeOf(request, context);
        const id = idOf(request, collection);
        const { revision: number } = revisionOf(id, request.key('revision'), context);
        return ok(deploymentBody(id, number, stateOf(id, context), request.style, place));
      },
    },
    {
      method: 'POST',
      path: revision,
      summary: 'Deploys a revision; answers once it serves',
      query: {
        override: 'true: in place of the revision that serves now',
        action: 'deploy, or undeploy (Edge)',
        basepath: 'put before the base paths of the proxy (Edge)',
      },
      body: 'form',
      answers: { 200: 'Deployment' },
      run: async (request, context) => {
        const place = placeOf(request, context);
        return changeDeployment(request, collection, request.key('revision'), place, context);
      },
    },
    {
      method: 'DELETE',
      path: revision,
      summary: 'Takes a revision out of service; requests that run finish',
      answers: { 200: 'Undeployed' },
      run: async (request, context) => {
        const place = placeOf(request, context);
        const body = await undeploy(request, collection, request.key('revision'), place, context);
        return ok(request.style === 'x' ? {} : body);
      },
    },
    {
      method: 'POST',
      path: `${revision}:generateDeployChangeReport`,
      summary: 'What deploying a revision would change (X)',
      query: { override: 'true: in place of the revision that serves now' },
      answers: { 200: 'DeployChangeReport' },
      run: async (request, context) => {
        placeOf(request, context);
        const id = idOf(request, collection);
        const { revision: number } = revisionOf(id, request.key('revision'), context);
        return ok(await changeReport(id, number, context));
      },
    },
  ];
}

function serving({ deployments }: ApiContext) {
  return deployments.list().filter(isServing);
}

function kindAsked(request: ApiRequest): Collection {
  return request.flag('sharedFlows') ? sharedFlows : proxies;
}

function placeOf(request: ApiRequest, context: ApiContext): DeploymentPlace {
  return { organization: request.name('organization'), environment: environmentName(request, context) };
}

/** For paths that name no environment: there is one. */
function anyPlace(request: ApiRequest, { deployments }: ApiContext): DeploymentPlace {
  return { organization: request.name('organization'), environment: deployments.environment.name };
}

function activeOnly(name: string, { deployments }: ApiContext): string {
  if (name === deployments.environment.name) return name;
  throw invalid(`Environment "${name}" is not served here; "${deployments.environment.name}" is.`);
}

async function changeDeployment(
  request: ApiRequest,
  collection: Collection,
  revisionText: string,
  place: DeploymentPlace,
  context: ApiContext,
): Promise<ApiAnswer> {
  const options = await request.options();
  // Else a revision that another server imported a moment ago is unknown here.
  await context.deployments.catchUp();
  const action = options.get('action') ?? 'deploy';
  if (action === 'undeploy') return ok(await undeploy(request, collection, revisionText, place, context));
  if (action !== 'deploy') throw invalid(`"${action}" is no action of a deployment: deploy or undeploy.`);
  const id = idOf(request, collection);
  const { revision } = revisionOf(id, revisionText, context);
  const basePath = options.get('basepath') ?? '';
  const { diagnostics } = await context.deployments.deployRevision(id, revision, {
    override: options.get('override') === 'true',
    ...(basePath === '' || basePath === '/' ? {} : { basePath }),
  });
  const body = deploymentBody(id, revision, stateOf(id, context), request.style, place);
  return ok({ ...body, diagnostics });
}

async function undeploy(
  request: ApiRequest,
  collection: Collection,
  revisionText: string,
  place: DeploymentPlace,
  context: ApiContext,
): Promise<object> {
  const id = idOf(request, collection);
  const { revision } = revisionOf(id, revisionText, context);
  await context.deployments.undeploy(id, revision);
  return deploymentBody(id, revision, context.deployments.get(id), request.style, place);
}
