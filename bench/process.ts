import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { withChildren } from './cpu-time.ts';
import { MessageReader } from './message-reader.ts';

/** A server that answers. */
export interface Running {
  readonly port: number;
  /** All its processes. */
  readonly pids: readonly number[];
  /** Milliseconds from the start of the process to its first right answer. */
  readonly startMilliseconds: number;
  stop(): Promise<void>;
}

export interface ServerCommand {
  readonly command: readonly string[];
  readonly port: number;
  readonly cpu: number;
  /** Path that answers 200 once the server serves. */
  readonly path: string;
  readonly environment?: NodeJS.ProcessEnv;
  /** Milliseconds until the first right answer, 30 s when absent. */
  readonly patience?: number;
}

/** The built file of a module of the bench. */
export function builtFile(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/**
 * Starts a server pinned to one core and waits for its first answer.
 * @throws Error with what it wrote, when it ends or does not answer
 */
export async function startServer(server: ServerCommand): Promise<Running> {
  const started = performance.now();
  const child = spawn('taskset', ['-c', String(server.cpu), ...server.command], {
    // What a server writes for every request (an access log) is made and written, and read by nobody.
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...server.environment },
  });
  const watched = watch(child);
  for (;;) {
    const answer = await statusOf(server.port, server.path);
    if (answer === '200') break;
    if (!watched.alive() || performance.now() - started > (server.patience ?? 30_000)) {
      await watched.stop();
      throw new Error(`${server.path}: ${answer}. ${server.command.join(' ')} wrote:\n${watched.output()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const startMilliseconds = performance.now() - started;
  const { pid } = child;
  if (pid === undefined) throw new Error('The server has no process id');
  return { port: server.port, pids: withChildren(pid), startMilliseconds, stop: watched.stop };
}

interface Watched {
  readonly alive: () => boolean;
  readonly output: () => string;
  readonly stop: () => Promise<void>;
}

function watch(child: ChildProcess): Watched {
  let output = '';
  let alive = true;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-4000);
    });
  }
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      output += error.message;
      alive = false;
      resolve();
    });
    child.once('close', () => {
      alive = false;
      resolve();
    });
  });
  // What is left running when the bench itself is interrupted would hold its core.
  const endWithUs = (): void => {
    if (!alive || child.pid === undefined) return;
    for (const pid of withChildren(child.pid)) process.kill(pid, 'SIGKILL');
  };
  process.once('exit', endWithUs);
  const stop = async (): Promise<void> => {
    const timer = setTimeout(() => child.kill('SIGKILL'), 3000);
    if (alive) child.kill('SIGTERM');
    await ended;
    clearTimeout(timer);
    process.removeListener('exit', endWithUs);
  };
  return { alive: () => alive, output: () => output, stop };
}

/** The status a server answers with, or why there is none; a hang of two seconds is none. */
function statusOf(port: number, path: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const finish = (answer: string): void => {
      socket.destroy();
      resolve(answer);
    };
    const reader = new MessageReader(({ head }) => finish(head.slice(9, 12)));
    socket.setTimeout(2000, () => finish('no answer within 2 s'));
    socket.on('connect', () =>
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: bench.example.com\r\nAccept: application/json\r\nX-Api-Key: 7f1c\r\nX-Correlation-Id: order-1\r\n\r\n`,
      ),
    );
    socket.on('data', (chunk) => reader.push(chunk));
    socket.on('error', (error) => finish(error.message));
    socket.on('close', () => finish('closed without an answer'));
  });
}

/** Pins a running process with all its threads to one core. */
export function pin(pid: number, cpu: number): void {
  run('taskset', ['-a', '-c', '-p', String(cpu), String(pid)]);
}

/** Runs a command to its end and gives what it printed. @throws Error with its output when it fails */
export function run(command: string, options: readonly string[], folder?: string): string {
  const result = spawnSync(command, options, { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (result.error !== undefined) throw result.error;
  if (result.status !== 0) {
    const output = `${result.stdout}${result.stderr}`.trim();
    throw new Error(
      `${[command, ...options].join(' ')} failed (${result.status ?? result.signal}):\n${output.slice(-2000)}`,
    );
  }
  return result.stdout;
}
