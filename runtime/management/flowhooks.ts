import { type FlowHookName, flowHookNames } from '../bundle/environment.ts';
import { ok } from './answer.ts';
import type { ApiContext } from './context.ts';
import { absent, invalid } from './failure.ts';
import { flagMember, requiredText, textMember } from './members.ts';
import { environment, environmentName } from './places.ts';
import type { ApiRequest } from './request.ts';
import type { Route } from './route.ts';

const one = `${environment}/flowhooks/{flowhook}`;

/** Apigee: environments.flowhooks. X attaches with PUT, Edge with POST; a hook without a shared flow is there too. */
export const flowHookRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: `${environment}/flowhooks`,
    summary: 'Names of the flow hooks',
    answers: { 200: 'Names' },
    run: (request, context) => {
      environmentName(request, context);
      return ok(flowHookNames);
    },
  },
  {
    method: 'GET',
    path: one,
    summary: 'What is attached to a flow hook',
    answers: { 200: 'FlowHook' },
    run: (request, context) => ok(hookBody(hookName(request, context), context)),
  },
  ...(['PUT', 'POST'] as const).map(
    (method): Route => ({
      method,
      path: one,
      summary: 'Attaches a shared flow',
      body: 'FlowHook',
      answers: { 200: 'FlowHook' },
      run: async (request, context) => {
        const name = hookName(request, context);
        const body = await request.json();
        const description = textMember(body, 'description');
        const sharedFlow = requiredText(body, 'sharedFlow', 'A flow hook');
        // It need not serve yet; a name that nobody knows is a slip, and every proxy would pay for it.
        if (context.deployments.get({ kind: 'sharedflowbundle', name: sharedFlow }) === undefined) {
          throw invalid(`There is no shared flow "${sharedFlow}" to attach.`);
        }
        await context.deployments.changeResource('flowhooks', name, {
          sharedFlow,
          continueOnError: flagMember(body, 'continueOnError') ?? false,
          ...(description === undefined ? {} : { description }),
        });
        return ok(hookBody(name, context));
      },
    }),
  ),
  {
    method: 'DELETE',
    path: one,
    summary: 'Detaches the shared flow',
    answers: { 200: 'FlowHook' },
    run: async (request, context) => {
      const name = hookName(request, context);
      const body = hookBody(name, context);
      await context.deployments.changeResource('flowhooks', name, undefined);
      return ok(body);
    },
  },
];

function hookName(request: ApiRequest, context: ApiContext): FlowHookName {
  environmentName(request, context);
  const name = request.name('flowhook');
  const known = flowHookNames.find((hook) => hook === name);
  if (known !== undefined) return known;
  throw absent(
    'messaging.config.beans.FlowHookDoesNotExist',
    `There is no flow hook "${name}": ${flowHookNames.join(', ')}.`,
  );
}

function hookBody(name: FlowHookName, { deployments }: ApiContext): object {
  const value = deployments.resources.get('flowhooks', name)?.value ?? {};
  const { description, continueOnError } = value;
  const sharedFlow = value.sharedFlow ?? value.sharedflow;
  return {
    flowHookPoint: name,
    continueOnError: continueOnError === true || continueOnError === 'true',
    ...(sharedFlow === undefined ? {} : { sharedFlow }),
    ...(description === undefined ? {} : { description }),
  };
}
