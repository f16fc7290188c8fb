import { requiredText, textMember } from './members.ts';
import { environment, environmentName } from './places.ts';
import { resourceRoutes } from './resource-routes.ts';
import type { Route } from './route.ts';

/** Apigee: environments.references. `ref://NAME` in a bundle stands for the store that it refers to. */
export const referenceRoutes: readonly Route[] = resourceRoutes({
  kind: 'references',
  path: `${environment}/references`,
  parameter: 'reference',
  title: 'Reference',
  schema: 'Reference',
  listSchema: 'Names',
  codes: {
    absent: 'messaging.config.beans.ReferenceDoesNotExist',
    taken: 'messaging.config.beans.ReferenceAlreadyExists',
  },
  checkPlace: environmentName,
  read: (body, name) => ({
    name,
    refers: requiredText(body, 'refers', 'A reference'),
    resourceType: textMember(body, 'resourceType') ?? 'KeyStore',
  }),
  changedBy: ['PUT', 'POST'],
});
