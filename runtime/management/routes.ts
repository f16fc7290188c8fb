import { aliasRoutes } from './aliases.ts';
import { ok } from './answer.ts';
import { apiProductRoutes } from './apiproducts.ts';
import { appGroupRoutes } from './appgroups.ts';
import { appRoutes } from './apps.ts';
import { cacheRoutes } from './caches.ts';
import { dataCollectorRoutes } from './datacollectors.ts';
import { debugSessionRoutes } from './debug-sessions.ts';
import { debugMaskRoutes } from './debugmask.ts';
import { deploymentRoutes } from './deployments.ts';
import { developerRoutes } from './developers.ts';
import { emulatorRoutes } from './emulator.ts';
import { flowHookRoutes } from './flowhooks.ts';
import { healthRoutes } from './health.ts';
import { keyRoutes } from './keys.ts';
import { keyStoreRoutes } from './keystores.ts';
import { keyValueMapRoutes } from './keyvaluemaps.ts';
import { openApiDocument } from './openapi.ts';
import { organizationRoutes } from './organizations.ts';
import { proxyRoutes, sharedFlowRoutes } from './proxies.ts';
import { referenceRoutes } from './references.ts';
import { resourceFileRoutes } from './resourcefiles.ts';
import { partRoutes } from './revision-parts.ts';
import { revisionResourceRoutes } from './revision-resources.ts';
import { revisionRoutes } from './revisions.ts';
import type { Route } from './route.ts';
import { statsRoutes } from './stats.ts';
import { targetServerRoutes } from './targetservers.ts';
import { testDataRoutes } from './test-data.ts';
import { traceRoutes } from './traces.ts';
import { virtualHostRoutes } from './virtualhosts.ts';

/** Everything that the management port answers. */
export const routes: readonly Route[] = [
  ...healthRoutes,
  ...emulatorRoutes,
  ...testDataRoutes,
  ...traceRoutes,
  ...debugSessionRoutes,
  ...organizationRoutes,
  ...proxyRoutes,
  ...sharedFlowRoutes,
  ...revisionRoutes,
  ...partRoutes,
  ...revisionResourceRoutes,
  ...deploymentRoutes,
  ...keyValueMapRoutes,
  ...targetServerRoutes,
  ...flowHookRoutes,
  ...cacheRoutes,
  ...virtualHostRoutes,
  ...keyStoreRoutes,
  ...aliasRoutes,
  ...referenceRoutes,
  ...resourceFileRoutes,
  ...debugMaskRoutes,
  ...dataCollectorRoutes,
  ...apiProductRoutes,
  ...developerRoutes,
  ...appGroupRoutes,
  ...appRoutes,
  ...keyRoutes,
  ...statsRoutes,
  {
    method: 'GET',
    path: '/v1/zerohop/openapi.json',
    summary: 'This document',
    answers: { 200: 'OpenApi' },
    run: (_, { version }) => ok(openApiDocument(routes, version)),
  },
];
