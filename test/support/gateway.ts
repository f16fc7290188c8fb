import { type ChildProcess, spawn } from 'node:child_process';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Files, writeFiles } from './bundle-tree.ts';
import { freePort } from './free-port.ts';

/** A zerohop of its own process, serving a bundle directory. It stops when the surrounding test or suite ends. */
export interface Gateway {
  readonly port: number;
  readonly managementPort: number;
  /** Everything it wrote so far. */
  logs(): string;
  /** Sends a signal and gives the exit code (or the signal that ended it). */
  stop(signal?: NodeJS.Signals): Promise<number | string>;
}

/** The built executable, beside this file in whatever folder the build went to. */
export const mainFile: string = join(fileURLToPath(new URL('../..', import.meta.url)), 'runtime', 'main.js');

/**
 * Starts `zerohop serve FOLDER`, or `dev`, on free ports and waits until it is healthy.
 * @param files written into the folder first: those that must know the port
 * @throws Error with its log when it never is
 */
export async function startGateway(
  folder: string,
  options: readonly string[] = [],
  files: (port: number) => Files = () => ({}),
  command: 'serve' | 'dev' = 'serve',
): Promise<Gateway> {
  const [port, managementPort] = [await freePort(), await freePort()];
  await writeFiles(folder, files(port));
  const ports = ['--port', String(port), '--management-port', String(managementPort)];
  const child = spawn(process.execPath, [mainFile, command, folder, ...ports, '--store', 'memory', ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  const running = watch(child);
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> => {
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    const code = await running.ended;
    clearTimeout(timer);
    return code;
  };
  after(() => stop());
  const gateway: Gateway = { port, managementPort, logs: running.logs, stop };
  await untilHealthy(gateway, running.isRunning);
  return gateway;
}

/** Runs a command of zerohop to its end. */
export async function runCommand(
  ...options: readonly string[]
): Promise<{ code: number | string; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [mainFile, ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  const texts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    texts.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    texts.stderr += text;
  });
  const code = await new Promise<number | string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exit, signal) => resolve(exit ?? signal ?? 'unknown'));
  });
  return { code, ...texts };
}

function watch(child: ChildProcess): { ended: Promise<number | string>; isRunning: () => boolean; logs: () => string } {
  let log = '';
  let running = true;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
  }
  const ended = new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  ended.finally(() => {
    running = false;
  });
  return { ended, isRunning: () => running, logs: () => log };
}

async function untilHealthy(gateway: Gateway, isRunning: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (isRunning() && Date.now() < deadline) {
    const answer = await call(gateway.managementPort, { path: '/v1/emulator/healthz' }).catch(() => undefined);
    // 401: it asks for a token, and is there.
    if (answer?.status === 200 || answer?.status === 401) return;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  const what = isRunning() ? 'was not healthy within 30 s' : 'ended before it was healthy';
  throw new Error(`zerohop ${what}:\n${gateway.logs()}`);
}

export interface Call {
  readonly method?: string;
  /** Path and query, sent as it stands. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
}

export interface Answer {
  readonly status: number;
  readonly reason: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

/** One request on a connection of its own. */
export function call(port: number, { method = 'GET', path, headers = {}, body }: Call): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const fields = Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : [...value],
    ]);
    const request = httpRequest(
      { host: '127.0.0.1', port, method, path, headers: Object.fromEntries(fields), agent: false, timeout: 30_000 },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const bytes = Buffer.concat(chunks);
          resolve({
            status: response.statusCode ?? 0,
            reason: response.statusMessage ?? '',
            headers: response.headers,
            body: bytes,
            get text() {
              return bytes.toString();
            },
          });
        });
      },
    );
    request.on('timeout', () => request.destroy(new Error(`No answer to ${method} ${path} within 30 s`)));
    request.on('error', reject);
    if (body !== undefined) request.setHeader('Content-Length', Buffer.byteLength(body));
    request.end(body);
  });
}
