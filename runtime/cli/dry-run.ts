import type { Bundle } from '../bundle/bundle.ts';
import { load } from '../bundle/load.ts';
import { overridesIn } from '../bundle/overrides.ts';
import { readOrFail } from '../bundle/read-or-fail.ts';
import type { Deployment } from '../deployment/deploy.ts';
import { deployLoaded } from '../deployment/deploy-loaded.ts';
import { Engines } from '../deployment/engines.ts';
import { Consumers } from '../state/consumers.ts';
import { MemoryStore } from '../state/memory.ts';
import { createConnections } from '../target/connections.ts';
import { noGoogleTokens } from '../target/google-tokens.ts';

/**
 * Compiles everything at a path as a deployment does, what `deployments.json` leaves out too, and serves nothing.
 * @throws CommandFailure when there is nothing at the path
 */
export async function dryRun<R>(
  path: string,
  environment: string | undefined,
  look: (deployment: Deployment, bundles: readonly Bundle[]) => R,
  overrides?: string,
): Promise<R> {
  const loaded = await readOrFail(path, (one) => load(one, { environment }));
  // Which tokens there will be is for the server to say that runs the bundles.
  const connections = createConnections({ googleTokens: { ...noGoogleTokens, hasSource: true } });
  const engines = new Engines('quickjs', overrides === undefined ? undefined : overridesIn(overrides));
  const everything = { ...loaded, environment: { ...loaded.environment, deployments: undefined } };
  try {
    const deployment = await deployLoaded(everything, {
      store: new MemoryStore(),
      connections,
      engines,
      consumers: new Consumers(),
    });
    for (const plan of deployment.snapshot.plans.values()) for (const target of plan.targets) target.close();
    return look(
      deployment,
      loaded.bundles.map((one) => one.bundle),
    );
  } finally {
    await connections.close();
    await engines.close();
  }
}
