import { existsSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../test/support/free-port.ts';
import { bundlesFor, type HopConnection } from '../bundles.ts';
import { writeFiles } from '../files.ts';
import { builtFile, type Running, startServer } from '../process.ts';
import type { Workload } from '../scenarios.ts';
import { type Ground, type Peer, probePath } from './peer.ts';

export interface ZerohopOptions {
  readonly name: string;
  readonly what: string;
  /** How a proxy of a chain calls the next one. */
  readonly hops: HopConnection;
  /** The executable; this checkout's when absent. */
  readonly main?: string;
  /** Proxies deployed beside those of the workload. */
  readonly others?: number;
  /** Folder in which the bundles are written once and used for every start; they must not depend on ports. */
  readonly keepBundles?: string;
  /** A debug session of that proxy is open all the time. */
  readonly session?: string;
  /** Only for this kind of workload. */
  readonly only?: Workload['kind'];
}

export function zerohop(options: ZerohopOptions): Peer {
  return {
    name: options.name,
    what: options.what,
    serves: ({ kind }) => options.only === undefined || options.only === kind,
    install: async () => undefined,
    start: (workload, ground) => start(options, workload, ground),
  };
}

export const inMemory: Peer = zerohop({
  name: 'zerohop',
  what: 'this checkout; chains in memory by LocalTargetConnection',
  hops: 'LocalTargetConnection',
});

export const loopback: Peer = zerohop({
  name: 'zerohop-loopback',
  what: 'the same proxies, each calling the next over loopback HTTP by HTTPTargetConnection',
  hops: 'HTTPTargetConnection',
  only: 'chain',
});

/** Lies beside bundles that are complete. */
const writtenMark = 'written.txt';

async function start(options: ZerohopOptions, workload: Workload, ground: Ground): Promise<Running> {
  const [port, managementPort] = [await freePort(), await freePort()];
  const { backendPort } = ground;
  const { hops, others = 0, keepBundles } = options;
  const folder = keepBundles ?? mkdtempSync(join(ground.folder, `${options.name.replace(/[^\w-]/g, '-')}-`));
  if (!existsSync(join(folder, writtenMark))) {
    writeFiles(folder, { ...bundlesFor(workload, { port, backendPort, hops, others }), [writtenMark]: '' });
  }
  const main = options.main ?? builtFile('../runtime/main.js');
  const ports = ['--port', String(port), '--management-port', String(managementPort)];
  const running = await startServer({
    command: [process.execPath, main, 'serve', folder, ...ports, '--store', 'memory', '--log-level', 'info'],
    port,
    cpu: ground.serverCpu,
    path: probePath(workload),
    patience: 30_000 + 30 * others,
  });
  if (options.session !== undefined) await openSession(managementPort, options.session);
  return running;
}

/** It keeps the latest calls, so that it never has enough. */
async function openSession(managementPort: number, proxy: string): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${managementPort}/v1/zerohop/debugsessions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ proxy, rolling: true, count: 50, timeout: 86_400 }),
  });
  if (answer.status !== 201) throw new Error(`No debug session of ${proxy}: ${await answer.text()}`);
}
