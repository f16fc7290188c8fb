import { ok } from './answer.ts';
import { invalid } from './failure.ts';
import { environment, environmentName } from './places.ts';
import type { Route } from './route.ts';

const path = `${environment}/debugmask`;

/** Apigee X: environments.debugmask: what traces must not show. */
export const debugMaskRoutes: readonly Route[] = [
  {
    method: 'GET',
    path,
    summary: 'The debug mask',
    answers: { 200: 'DebugMask' },
    run: (request, context) => {
      environmentName(request, context);
      return ok(context.deployments.resources.get('debugmask', 'debugmask')?.value ?? {});
    },
  },
  {
    method: 'PATCH',
    path,
    summary: 'Changes the debug mask',
    query: { updateMask: 'members to change, comma-separated; without it the body replaces the mask' },
    body: 'DebugMask',
    answers: { 200: 'DebugMask' },
    run: async (request, context) => {
      environmentName(request, context);
      const body = await request.json();
      const before = context.deployments.resources.get('debugmask', 'debugmask')?.value ?? {};
      const members = request.query
        .get('updateMask')
        ?.split(',')
        .map((member) => member.trim());
      if (members?.some((member) => !/^\w+$/.test(member)) === true) {
        throw invalid('"updateMask" names members of the mask, comma-separated.');
      }
      const value =
        members === undefined
          ? body
          : { ...before, ...Object.fromEntries(members.map((member) => [member, body[member] ?? []])) };
      await context.deployments.changeResource('debugmask', 'debugmask', value);
      return ok(value);
    },
  },
];
