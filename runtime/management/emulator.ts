import type { Snapshot } from '../deployment/snapshot.ts';

/** One deployed ProxyEndpoint, as the emulator's clients read it. Apigee: local development, emulator control API. */
interface TreeItem {
  readonly application: string;
  readonly name: string;
  readonly basePath: string;
  readonly revision: string;
  readonly environment: string;
  readonly proxyUID: string;
}

/** `GET /v1/emulator/tree`. */
export function tree(snapshot: Snapshot): TreeItem[] {
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

/** `GET /v1/emulator/version`. */
export function version(number: string, environment: string): object {
  return { name: 'zerohop', version: number, releaseId: number, environment };
}
