import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './free-port.ts';

/** A Redis of our own on a port of loopback. */
export interface RedisServer {
  readonly url: string;
  /** Stops it as a machine that hangs would, until `goOn`. */
  hang(): void;
  goOn(): void;
  /** Ends it at once; what it was asked to keep is on disk. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Ends it and removes what it kept. */
  close(): Promise<void>;
}

const programs = ['redis-server', 'valkey-server'] as const;

/** The program there is; undefined when there is none. */
export function redisProgram(): string | undefined {
  return programs.find((program) => spawnSync(program, ['--version']).status === 0);
}

/** Why tests with a Redis of their own cannot run here; undefined when they can. */
export const noRedis: string | undefined =
  redisProgram() === undefined ? 'neither redis-server nor valkey-server is on the PATH' : undefined;

/** Starts one that writes each change to disk before it answers. */
export async function startRedis(): Promise<RedisServer> {
  const program = redisProgram();
  if (program === undefined) throw new Error('There is no redis-server.');
  const folder = mkdtempSync(join(tmpdir(), 'zerohop-redis-'));
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}/0`;
  const running: { child?: ChildProcess } = {};
  const start = async (): Promise<void> => {
    const options = { port, bind: '127.0.0.1', dir: folder, save: '', appendonly: 'yes', appendfsync: 'always' };
    const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
    running.child = spawn(program, words, { stdio: 'ignore' });
    await answering(url);
  };
  const kill = async (): Promise<void> => {
    const { child } = running;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  };
  const close = async (): Promise<void> => {
    await kill();
    rmSync(folder, { recursive: true, force: true });
  };
  await start();
  return {
    url,
    hang: () => void running.child?.kill('SIGSTOP'),
    goOn: () => void running.child?.kill('SIGCONT'),
    kill,
    start,
    close,
  };
}

async function answering(url: string): Promise<void> {
  const client = new Redis(url, { retryStrategy: () => 20, maxRetriesPerRequest: null });
  client.on('error', () => undefined);
  try {
    while ((await client.ping().catch(() => undefined)) !== 'PONG') await new Promise((next) => setTimeout(next, 20));
  } finally {
    client.disconnect();
  }
}

/** The one that `REDIS_URL` names, emptied of our keys; else one of our own. */
export async function someRedis(): Promise<Pick<RedisServer, 'url' | 'close'>> {
  const { REDIS_URL: url } = process.env;
  if (url === undefined || url === '') return startRedis();
  const client = new Redis(url);
  for await (const keys of client.scanStream({ match: '{zerohop}:*' })) {
    if ((keys as string[]).length > 0) await client.del(...(keys as string[]));
  }
  client.disconnect();
  return { url, close: () => Promise.resolve() };
}
