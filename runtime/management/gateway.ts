import { randomBytes } from 'node:crypto';
import { type Loaded, load } from '../bundle/load.ts';
import { overridesIn } from '../bundle/overrides.ts';
import { readOrFail } from '../bundle/read-or-fail.ts';
import type { Deployment, Ground } from '../deployment/deploy.ts';
import { Deployments } from '../deployment/deployments.ts';
import { dormantFrom } from '../deployment/dormancy.ts';
import { Engines } from '../deployment/engines.ts';
import { createVariableAccess } from '../language/variables.ts';
import type { Log } from '../log.ts';
import type { Exchange, Surroundings } from '../message/exchange.ts';
import { defaultTimeouts, maxTargetLength } from '../server/front-door.ts';
import { createHandler } from '../server/handler.ts';
import { openNodeDoor } from '../server/node-door.ts';
import { openTlsFiles } from '../server/tls-files.ts';
import { CommandFailure, type Settings } from '../settings.ts';
import { Caches } from '../state/cache.ts';
import { openCallCountKeeper } from '../state/call-counting.ts';
import { CallCounts } from '../state/call-counts.ts';
import { Consumers } from '../state/consumers.ts';
import { openStore } from '../state/open.ts';
import type { Store } from '../state/store.ts';
import { StoreFailure } from '../state/store-failure.ts';
import { createAddressGuard } from '../target/address-guard.ts';
import { createConnections } from '../target/connections.ts';
import { openGoogleTokens } from '../target/google-token-source.ts';
import { DurationMeter, meters } from '../telemetry/durations.ts';
import { openTelemetry } from '../telemetry/open.ts';
import { packageVersion } from '../version.ts';
import { Metrics } from './metrics.ts';
import { openManagement } from './server.ts';
import { openTokenFile } from './token-file.ts';

/** Milliseconds that a request beyond those that run waits at most. */
const longestWait = 5_000;

/** A running gateway. */
export interface Gateway {
  readonly port: number;
  readonly managementPort: number;
  /** As it was when it began to serve. */
  readonly deployment: Deployment;
  readonly deployments: Deployments;
  readonly counts: CallCounts;
  /** The first reading of the directory, for who watches it; undefined when nobody is to (`Settings.watch`). */
  readonly loaded: Loaded | undefined;
  /** Stops accepting, lets running requests finish within the shutdown timeout, then lets go of everything. */
  close(): Promise<void>;
}

/** Told what was found in the bundles before anything listens, and, of a large directory, in each part that is checked later. */
export type Announce = (deployment: Deployment) => void;

/**
 * Loads and deploys a bundle directory, then serves it.
 * @throws CommandFailure when the directory is missing, nothing in it can be deployed, the store is in use, or a port is
 */
export async function startGateway(settings: Settings, log: Log, announce: Announce): Promise<Gateway> {
  const overrides = settings.overrides === undefined ? undefined : overridesIn(settings.overrides);
  const googleTokens = openGoogleTokens(settings.googleTokens, process.env, log);
  const { storePollMilliseconds: pollMilliseconds, encryptionKeys } = settings;
  const store = await openStore(settings.store, { log, pollMilliseconds, encryptionKeys });
  const connections = createConnections({
    googleTokens,
    googleEndpoint: settings.googleEndpoint,
    pubsubEmulator: settings.pubsubEmulator,
    scriptTargets: settings.allowScriptTargets ? log : undefined,
    limits: {
      connections: settings.maxTargetConnections,
      guard: settings.denyPrivateTargets ? createAddressGuard(settings.allowedTargets) : undefined,
    },
  });
  const engines = new Engines(settings.scriptEngine, overrides);
  const closing: (() => Promise<void>)[] = [
    () => store.close(),
    () => engines.close(),
    async () => connections.close(),
  ];
  try {
    const ground = { store, caches: new Caches(store), connections, engines, consumers: new Consumers() };
    return await open(settings, log, announce, ground, closing);
  } catch (error) {
    await closeAll(closing);
    throw error;
  }
}

/** @param closing what is to be closed, the last one first */
async function open(
  settings: Settings,
  log: Log,
  announce: Announce,
  ground: Ground,
  closing: (() => Promise<void>)[],
): Promise<Gateway> {
  const { store } = ground;
  const deployments = await Deployments.open({ ground, revisionsKept: settings.revisionsKept, log });
  closing.push(() => deployments.close());
  const { directory, environment } = settings;
  const loaded = await readOrFail(directory, (path) => load(path, { environment, briefFrom: dormantFrom }));
  const deployment = await firstDeployment(settings, deployments, loaded, announce);
  if (settings.tracedCalls > 0) deployments.debugging.openRolling(settings.tracedCalls);
  const { serving } = deployments;
  const counts = new CallCounts();
  const keeper = await openCallCountKeeper({
    store,
    counts,
    milliseconds: settings.countFlushMilliseconds,
    failed: (error) => {
      // A store out of reach tells so itself, and not every second.
      if (!(error instanceof StoreFailure)) log.error({ error: String(error) }, 'call counts cannot be written');
    },
  });
  closing.push(() =>
    keeper.close().catch((error: unknown) => {
      if (!(error instanceof StoreFailure)) throw error;
      log.error({ error: error.message }, 'the last call counts are lost: the store is out of reach');
    }),
  );
  const durations = new DurationMeter();
  const telemetry = await openTelemetry(process.env, packageVersion(), log);
  closing.push(async () => telemetry?.close());
  const surroundings = {
    ...surroundingsOf(settings, counts, log),
    ...(telemetry?.tracer && { tracer: telemetry.tracer }),
    meter: telemetry?.meter === undefined ? durations : meters([durations, telemetry.meter]),
    cdnLoopId: await instanceId(store),
    port: 0,
  };
  const limits = { running: settings.maxRequests, waiting: settings.maxWaiting, wait: longestWait };
  const handler = createHandler({ serving, surroundings, log, maxTargetLength, limits });
  const tokens = settings.tokenFile === undefined ? undefined : openTokenFile(settings.tokenFile, log);
  closing.push(async () => tokens?.close());
  const tls = settings.tls === undefined ? undefined : openTlsFiles(settings.tls, log);
  closing.push(async () => tls?.close());
  const timeouts = { ...defaultTimeouts, stalled: settings.clientTimeout };
  const door = await openNodeDoor(settings.host, settings.port, handler, { timeouts, ...(tls && { tls }) });
  closing.push(() => door.close(settings.shutdownTimeout));
  surroundings.port = door.port;
  let ready = true;
  const version = packageVersion();
  const management = await openManagement({
    host: settings.managementHost,
    port: settings.managementPort,
    access: {
      host: settings.managementHost,
      get token() {
        return tokens?.token ?? settings.token;
      },
    },
    deployments,
    store,
    counts,
    keeper,
    metrics: new Metrics({ counts, serving, version, durations }),
    version,
    log,
    trafficPort: door.port,
    ready: () => ready,
  });
  const checked = deployments.checkUnchecked(announce).catch((error: unknown) => {
    log.error({ error: String(error) }, 'bundles cannot be checked');
  });
  return {
    port: door.port,
    managementPort: management.port,
    deployment,
    deployments,
    counts,
    loaded: settings.watch ? loaded : undefined,
    close: async () => {
      ready = false;
      await checked;
      // Health is answered until the last request is over.
      await closing.pop()?.();
      await management.close();
      await closeAll(closing);
    },
  };
}

/** The last one first; one that fails does not keep the others open. */
async function closeAll(closing: (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (let close = closing.pop(); close !== undefined; close = closing.pop()) {
    await close().catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
}

/** What this installation is known by in CDN-Loop: the same after a restart with the same store. */
async function instanceId(store: Store): Promise<string> {
  const made = `zerohop-${randomBytes(8).toString('hex')}`;
  await store.add('instance/id', made);
  return (await store.get('instance/id')) ?? made;
}

async function firstDeployment(
  settings: Settings,
  deployments: Deployments,
  loaded: Loaded,
  announce: Announce,
): Promise<Deployment> {
  const deployment = await deployments.start(loaded);
  announce(deployment);
  if (deployment.snapshot.plans.size === 0 && !settings.allowEmpty) {
    const found = deployment.bundles.length === 0 ? 'holds no bundle' : 'holds no bundle that can be deployed';
    const hint = 'A bundle is a folder apiproxy/ or sharedflowbundle/, or a zip of one.';
    throw new CommandFailure(`${settings.directory} ${found}. ${hint}`);
  }
  return deployment;
}

function surroundingsOf(settings: Settings, counter: CallCounts, log: Log): Omit<Surroundings, 'port' | 'cdnLoopId'> {
  return {
    maxChainDepth: settings.maxChainDepth,
    maxChainCalls: settings.maxChainCalls,
    counter,
    variables: createVariableAccess(),
    print: (exchange, policy, text) => log.debug({ proxy: exchange.endpoint.proxy, id: exchange.id, policy }, text),
    capture: (exchange, policy, values, trace) => {
      if (trace) for (const [name, value] of Object.entries(values)) exchange.span?.set(name, value);
      const fields = { proxy: exchange.endpoint.proxy, id: exchange.id, policy, captured: values };
      log[trace ? 'debug' : 'info'](fields, 'captured');
    },
    logMessage: (exchange, { level, policy, logName, labels, message }) => {
      const fields = { proxy: exchange.endpoint.proxy, id: exchange.id, policy, logName, labels };
      if (typeof message === 'string') log[level](fields, message);
      else log[level]({ ...fields, payload: message }, logName);
    },
    report: (error: unknown, exchange: Exchange) => {
      const stack = error instanceof Error ? error.stack : undefined;
      log.error({ proxy: exchange.endpoint.proxy, id: exchange.id, error: String(error), stack }, 'request failed');
    },
  };
}
