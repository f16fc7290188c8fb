import { Caches } from '../state/cache.ts';
import { ok } from './answer.ts';
import { invalid } from './failure.ts';
import { textMember } from './members.ts';
import { environment, environmentName } from './places.ts';
import { checkedName } from './request.ts';
import { missing, type ResourceApi, resourceRoutes } from './resource-routes.ts';
import type { Route } from './route.ts';

const api: ResourceApi = {
  kind: 'caches',
  path: `${environment}/caches`,
  parameter: 'cache',
  title: 'Cache',
  schema: 'Cache',
  listSchema: 'Names',
  codes: { absent: 'messaging.config.beans.CacheDoesNotExist', taken: 'messaging.config.beans.CacheAlreadyExists' },
  checkPlace: environmentName,
  // The name is in the body, or in the query alone: apigee-edge-js.
  nameOf: (body, request) => {
    const name = textMember(body, 'name') ?? request.query.get('name') ?? '';
    if (name === '') throw invalid('Cache needs a "name".');
    return checkedName(name, 'name');
  },
  changedBy: ['PUT', 'POST'],
};

/** Apigee Edge: environments.caches; X can list and delete them. */
export const cacheRoutes: readonly Route[] = [
  ...resourceRoutes(api),
  {
    method: 'POST',
    path: `${api.path}/{cache}/entries`,
    summary: 'Empties a cache',
    query: { action: 'clear', prefix: 'only entries whose key begins so' },
    answers: { 200: 'Cache' },
    run: async (request, context) => {
      environmentName(request, context);
      if (request.query.get('action') !== 'clear') throw invalid('Entries of a cache can be cleared: ?action=clear.');
      const found = context.deployments.resources.get(api.kind, request.name('cache'));
      if (found === undefined) throw missing(api, request.name('cache'));
      const { organization, name: environment } = context.deployments.environment;
      const caches = new Caches(context.store);
      const prefix = caches.prefix({ organization, environment, name: found.name });
      await caches.remove(prefix + (request.query.get('prefix') ?? ''), true);
      return ok(found.value);
    },
  },
];
