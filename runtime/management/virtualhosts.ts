import { ok } from './answer.ts';
import type { ApiContext } from './context.ts';
import { absent } from './failure.ts';
import { environment, environmentName } from './places.ts';
import type { Route } from './route.ts';

/** Those that every environment of Edge starts with. */
const usual: readonly string[] = ['default', 'secure'];

/**
 * Apigee Edge: environments.virtualhosts. There is one listener, which serves every proxy whatever virtual host its
 * bundle names: each such name stands for it, so that Edge's tools find the URL of a proxy.
 */
export const virtualHostRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: `${environment}/virtualhosts`,
    summary: 'Names of the virtual hosts',
    answers: { 200: 'Names' },
    run: async (request, context) => {
      environmentName(request, context);
      return ok([...(await namesIn(context))].sort());
    },
  },
  {
    method: 'GET',
    path: `${environment}/virtualhosts/{virtualhost}`,
    summary: 'Where a virtual host listens',
    answers: { 200: 'VirtualHost' },
    run: async (request, context) => {
      environmentName(request, context);
      const name = request.name('virtualhost');
      // Reading all bundles is for names that are not known without them.
      if (!usual.includes(name) && !(await namesIn(context)).has(name)) {
        throw absent('messaging.config.beans.VirtualHostDoesNotExist', `No proxy names a virtual host "${name}".`);
      }
      return ok({ name, port: String(context.trafficPort), hostAliases: ['localhost'], interfaces: [] });
    },
  },
];

async function namesIn({ deployments }: ApiContext): Promise<Set<string>> {
  const names = new Set([...usual, ...deployments.resources.list('virtualhosts').map(({ name }) => name)]);
  for (const { kind, name, revision } of deployments.list('apiproxy')) {
    if (revision === undefined) continue;
    const { bundle } = await deployments.readBundle({ kind, name }, revision);
    for (const { config } of bundle.proxyEndpoints) {
      for (const host of config.HTTPProxyConnection.VirtualHost) if (host.text !== '') names.add(host.text);
    }
  }
  return names;
}
