import { textMember } from './members.ts';
import { environment, environmentName, organization } from './places.ts';
import { resourceRoutes } from './resource-routes.ts';
import type { Route } from './route.ts';

/** Apigee X: datacollectors. X has them in the organization, files and older tools in an environment; there is one list. */
export const dataCollectorRoutes: readonly Route[] = [organization, environment].flatMap((base) =>
  resourceRoutes({
    kind: 'datacollectors',
    path: `${base}/datacollectors`,
    parameter: 'datacollector',
    title: 'Data collector',
    schema: 'DataCollector',
    listSchema: 'DataCollectors',
    codes: { absent: 'datacollectors.DoesNotExist', taken: 'datacollectors.AlreadyExists' },
    checkPlace: (request, context) => {
      if (base === environment) environmentName(request, context);
    },
    read: (body, name) => ({
      name,
      type: textMember(body, 'type') ?? 'STRING',
      description: textMember(body, 'description') ?? '',
    }),
    list: (resources) => ({ dataCollectors: resources.map(({ value }) => value) }),
  }),
);
