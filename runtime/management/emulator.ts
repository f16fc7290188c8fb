import type { Snapshot } from '../deployment/snapshot.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { type ApiAnswer, ok } from './answer.ts';
import type { ApiContext } from './context.ts';
import { ApiError } from './failure.ts';
import type { ApiRequest } from './request.ts';
import type { Route } from './route.ts';

/** The control API of the Apigee emulator: what its command lines, editors and scripts call. */
export const emulatorRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/emulator/version',
    summary: 'Version, and the environment that is served',
    answers: { 200: 'EmulatorVersion' },
    run: (_, { version, deployments, trafficPort }) => {
      const { organization, name: environment } = deployments.environment;
      return ok({ name: 'zerohop', version, releaseId: version, organization, environment, trafficPort });
    },
  },
  {
    method: 'GET',
    path: '/v1/emulator/tree',
    summary: 'Every proxy endpoint that serves',
    answers: { 200: 'EmulatorTree' },
    run: (_, { deployments }) => ok(tree(deployments.serving.current)),
  },
  {
    method: 'POST',
    path: '/v1/emulator/deploy',
    summary: 'Replaces all that is deployed by a zip of src/main/apigee; a zip of one bundle adds it',
    query: { environment: 'the environment of the zip to serve; default: the one that is served' },
    body: 'zip',
    answers: { 200: 'EmulatorDeployment' },
    run: deploy,
  },
  {
    method: 'POST',
    path: '/v1/emulator/reset',
    summary: 'Takes away deployments and test data that came by this API',
    answers: { 200: 'Done' },
    run: async (_, { deployments }) => {
      await deployments.reset();
      return ok({});
    },
  },
];

function tree(snapshot: Snapshot): object[] {
  return [...snapshot.plans.values()].flatMap((plan) =>
    plan.endpoints.map((endpoint) => ({
      application: plan.name,
      name: endpoint.name,
      basePath: endpoint.basePath === '' ? '/' : endpoint.basePath,
      revision: plan.revision,
      environment: snapshot.environment,
      proxyUID: `${plan.name}-${plan.revision}-${plan.digest.slice(0, 12)}`,
    })),
  );
}

async function deploy(request: ApiRequest, context: ApiContext): Promise<ApiAnswer> {
  const environment = request.query.has('environment') ? request.queryName('environment') : undefined;
  const { bytes } = await request.upload();
  const { revision, deployment, refused } = await context.deployments.replaceContract(bytes, environment);
  if (refused.length > 0) {
    const names = refused.map(({ name }) => name).join(', ');
    const diagnostics = refused.flatMap((one) => one.diagnostics);
    const first = diagnostics.filter(({ severity }) => severity === 'error').map(emulatorLine);
    const message = `Revision ${revision} serves without changes to ${names}. ${first.join(' ')}`;
    throw new ApiError(400, 'emulator.DeploymentRefused', message.trim(), { diagnostics });
  }
  return ok({
    revision: String(revision),
    environment: context.deployments.environment.name,
    deployed: deployment.bundles.filter(({ state }) => state === 'deployed').map(({ name }) => name),
    diagnostics: deployment.diagnostics,
  });
}

/** As the emulator writes it: `SetResponse.xml (Line:1:65): ...`. */
function emulatorLine({ file, line, column, message }: Diagnostic): string {
  return `${file.slice(file.lastIndexOf('/') + 1)} (Line:${line}:${column}): ${message}`;
}
