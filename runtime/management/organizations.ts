import { ok } from './answer.ts';
import { environment, environmentName, organization } from './places.ts';
import type { Route } from './route.ts';

/** One organization with one environment. The organization goes by whatever name the caller has for it. */
export const organizationRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: organization,
    summary: 'The organization; also how clients find out whether they may come in',
    answers: { 200: 'Organization' },
    run: (request, { deployments }) => {
      const name = request.name('organization');
      const properties = { property: [] };
      return ok({
        name,
        displayName: name,
        environments: [deployments.environment.name],
        properties,
        type: 'paid',
        runtimeType: 'HYBRID',
        createdAt: '0',
        lastModifiedAt: '0',
      });
    },
  },
  {
    method: 'GET',
    path: `${organization}/environments`,
    summary: 'Names of the environments: the one that is served',
    answers: { 200: 'Names' },
    run: (_, { deployments }) => ok([deployments.environment.name]),
  },
  {
    method: 'GET',
    path: environment,
    summary: 'An environment',
    answers: { 200: 'Environment' },
    run: (request, context) =>
      ok({ name: environmentName(request, context), state: 'ACTIVE', properties: { property: [] } }),
  },
];
