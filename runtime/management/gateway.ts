import { randomBytes } from 'node:crypto';
import { load } from '../bundle/load.ts';
import { type Deployment, deploy, type Ground } from '../deployment/deploy.ts';
import { Engines } from '../deployment/engines.ts';
import { Serving } from '../deployment/serving.ts';
import { createVariableAccess } from '../language/variables.ts';
import type { Log } from '../log.ts';
import type { Exchange, Surroundings } from '../message/exchange.ts';
import { maxTargetLength } from '../server/front-door.ts';
import { createHandler } from '../server/handler.ts';
import { openNodeDoor } from '../server/node-door.ts';
import { CommandFailure, type Settings } from '../settings.ts';
import { CallCounts } from '../state/call-counts.ts';
import { MemoryStore } from '../state/memory.ts';
import { createConnections } from '../target/connections.ts';
import { packageVersion } from '../version.ts';
import { Metrics } from './metrics.ts';
import { openManagement } from './server.ts';

/** A running gateway. */
export interface Gateway {
  readonly port: number;
  readonly managementPort: number;
  readonly deployment: Deployment;
  /** Stops accepting, lets running requests finish within the shutdown timeout, then lets go of everything. */
  close(): Promise<void>;
}

/** Told what was found in the bundles before anything listens. */
export type Announce = (deployment: Deployment) => void;

/**
 * Loads and deploys a bundle directory, then serves it.
 * @throws CommandFailure when the directory is missing, nothing in it can be deployed, or a port is taken
 */
export async function startGateway(settings: Settings, log: Log, announce: Announce): Promise<Gateway> {
  const store = new MemoryStore();
  const connections = createConnections();
  const ground: Ground = { store, connections, engines: new Engines(settings.scriptEngine) };
  const deployment = await firstDeployment(settings, ground, announce);
  const serving = new Serving(deployment.snapshot);
  const counts = new CallCounts();
  const surroundings = { ...surroundingsOf(settings, counts, log), port: settings.port };
  const handler = createHandler({ serving, surroundings, log, maxTargetLength });
  const door = await openNodeDoor(settings.host, settings.port, handler);
  surroundings.port = door.port;
  let ready = true;
  const management = await openManagement({
    host: settings.managementHost,
    port: settings.managementPort,
    access: { host: settings.managementHost, token: settings.token },
    serving,
    metrics: new Metrics({ counts, serving, version: packageVersion() }),
    version: packageVersion(),
    log,
    ready: () => ready,
  });
  return {
    port: door.port,
    managementPort: management.port,
    deployment,
    close: async () => {
      ready = false;
      await door.close(settings.shutdownTimeout);
      await management.close();
      serving.close();
      await connections.close();
      await ground.engines.close();
      await store.close();
    },
  };
}

async function firstDeployment(settings: Settings, ground: Ground, announce: Announce): Promise<Deployment> {
  const { directory, environment } = settings;
  const deployment = await deploy(await loadOrFail(directory, environment), ground);
  announce(deployment);
  if (deployment.snapshot.plans.size === 0) {
    const found = deployment.bundles.length === 0 ? 'holds no bundle' : 'holds no bundle that can be deployed';
    const hint = 'A bundle is a folder apiproxy/ or sharedflowbundle/, or a zip of one.';
    throw new CommandFailure(`${directory} ${found}. ${hint}`);
  }
  return deployment;
}

/** @throws CommandFailure when there is nothing at that path */
export async function loadOrFail(directory: string, environment: string | undefined): ReturnType<typeof load> {
  try {
    return await load(directory, { environment });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EACCES' && code !== 'ENOTDIR') throw error;
    const what = code === 'EACCES' ? 'may not be read' : 'is not there';
    throw new CommandFailure(`${directory} ${what}. Name a directory that holds bundles.`);
  }
}

function surroundingsOf(settings: Settings, counter: CallCounts, log: Log): Omit<Surroundings, 'port'> {
  return {
    cdnLoopId: `zerohop-${randomBytes(8).toString('hex')}`,
    maxChainDepth: settings.maxChainDepth,
    maxChainCalls: settings.maxChainCalls,
    counter,
    variables: createVariableAccess(),
    print: (exchange, policy, text) => log.debug({ proxy: exchange.endpoint.proxy, id: exchange.id, policy }, text),
    report: (error: unknown, exchange: Exchange) => {
      const stack = error instanceof Error ? error.stack : undefined;
      log.error({ proxy: exchange.endpoint.proxy, id: exchange.id, error: String(error), stack }, 'request failed');
    },
  };
}
