import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../test/support/free-port.ts';
import { builtFile, type Running, run, startServer } from '../process.ts';
import type { Workload } from '../scenarios.ts';
import type { Task } from '../servers/task.ts';
import { type Ground, type Peer, probePath } from './peer.ts';

interface NodePeer {
  /** Also the name of its program in bench/servers/. */
  readonly name: string;
  readonly what: string;
  readonly kinds: readonly Workload['kind'][];
  /** npm packages with versions, installed into a folder of its own. */
  readonly packages?: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
}

function nodePeer(options: NodePeer): Peer {
  return {
    name: options.name,
    what: options.what,
    serves: ({ kind }) => options.kinds.includes(kind),
    install: async (ground) => installPackages(options, ground),
    start: (workload, ground) => start(options, workload, ground),
  };
}

/** Other versions get another folder. */
function packageFolder({ packages = [] }: NodePeer, ground: Ground): string {
  return join(ground.cache, packages.join('+').replaceAll('/', '-'));
}

/** Scripts of packages are not run: the peers here need none. */
function installPackages(options: NodePeer, ground: Ground): string | undefined {
  const { packages } = options;
  if (packages === undefined) return undefined;
  const folder = packageFolder(options, ground);
  const marker = join(folder, 'node_modules', '.package-lock.json');
  if (existsSync(marker)) return undefined;
  if (!ground.mayInstall) return 'not installed, and --no-install was given';
  mkdirSync(folder, { recursive: true });
  try {
    run('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', '--ignore-scripts', ...packages]);
  } catch (error) {
    return `npm could not install ${packages.join(', ')}: ${reasonOf(error)}`;
  }
  return undefined;
}

/** The line of npm that says most. */
function reasonOf(error: unknown): string {
  const lines = String(error)
    .split('\n')
    .map((line) => line.trim());
  return lines.find((line) => /npm error (code|notarget|network|40)/.test(line)) ?? lines[0] ?? 'no reason given';
}

async function start(options: NodePeer, workload: Workload, ground: Ground): Promise<Running> {
  const port = await freePort();
  const task: Task = {
    workload,
    port,
    backendPort: ground.backendPort,
    packages: options.packages === undefined ? '' : packageFolder(options, ground),
    folder: mkdtempSync(join(ground.folder, `${options.name}-`)),
  };
  return startServer({
    command: [process.execPath, builtFile(`servers/${options.name}.js`), JSON.stringify(task)],
    port,
    cpu: ground.serverCpu,
    path: probePath(workload),
    environment: { NODE_ENV: 'production', ...options.environment },
  });
}

export const nodePeers: readonly Peer[] = [
  nodePeer({ name: 'node-static', what: 'node:http by hand, an answer in memory', kinds: ['static'] }),
  nodePeer({
    name: 'node-undici',
    what: 'node:http and undici dispatch by hand; chains over loopback',
    kinds: ['pass-through', 'bodies', 'chain', 'realistic'],
  }),
  nodePeer({
    name: 'node-sockets',
    what: 'bare sockets by hand, the limit; chains in memory, without any safety',
    kinds: ['static', 'pass-through', 'chain'],
  }),
  nodePeer({
    name: 'fastify',
    what: 'fastify with @fastify/reply-from; chains over loopback',
    kinds: ['static', 'pass-through', 'bodies', 'chain'],
    packages: ['fastify@5.12.8', '@fastify/reply-from@12.6.5'],
  }),
  nodePeer({
    name: 'fast-gateway',
    what: 'fast-gateway',
    kinds: ['pass-through', 'bodies'],
    // 5.0.1 asks for a version of fast-proxy-lite that was never published.
    packages: ['fast-gateway@3.4.7'],
  }),
  nodePeer({
    name: 'microgateway-core',
    what: 'the core of Apigee Edge Microgateway, without plug-ins',
    kinds: ['pass-through', 'bodies'],
    packages: ['microgateway-core@3.3.7'],
  }),
  nodePeer({
    name: 'express-gateway',
    what: 'Express Gateway, the proxy policy alone',
    kinds: ['pass-through', 'bodies'],
    packages: ['express-gateway@1.16.11'],
    environment: { LOG_LEVEL: 'error' },
  }),
];
