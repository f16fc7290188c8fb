import { createRequire } from 'node:module';
import { withoutProxy } from './apigeetool.ts';
import type { Gateway } from './gateway.ts';

/** One method of apigee-edge-js: `kvms.create`, `proxies.deploy` ... It rejects unless the status is the one it insists on. */
export type EdgeJs = (method: string, options?: Readonly<Record<string, unknown>>) => Promise<unknown>;

type Group = Readonly<Record<string, (options: unknown) => Promise<unknown>>>;

interface Library {
  readonly apigee: { connect(options: object): Promise<Readonly<Record<string, Group>>> };
}

/** apigee-edge-js, connected to the management port of a gateway. @param credentials default: Basic */
export async function edgeJs(
  gateway: Gateway,
  credentials: Readonly<Record<string, unknown>> = { user: 'ada', password: 'any', no_token: true },
): Promise<EdgeJs> {
  withoutProxy();
  const { apigee } = createRequire(import.meta.url)('apigee-edge-js') as Library;
  const mgmtServer = `http://127.0.0.1:${gateway.managementPort}`;
  const org = await apigee.connect({ mgmtServer, org: 'acme', ...credentials });
  return async (method, options = {}) => {
    const [group = '', name = ''] = method.split('.');
    const run = org[group]?.[name];
    if (run === undefined) throw new Error(`apigee-edge-js has no ${method}`);
    try {
      return await run.call(org[group], options);
    } catch (error) {
      // It rejects with plain objects.
      throw error instanceof Error ? error : new Error(JSON.stringify(error));
    }
  };
}
