import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Resource } from '../bundle/bundle.ts';
import type { Log } from '../log.ts';
import { type NodeFiles, writeNodeFiles } from './node-files.ts';

/** A Node.js application of a bundle. */
export interface NodeApplication {
  /** The proxy and its target, for the log. */
  readonly proxy: string;
  readonly target: string;
  /** File below `resources/node`. */
  readonly script: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly resources: readonly Resource[];
}

/** Megabytes of heap. zerohop's choice. */
const heapMegabytes = 256;
/** Milliseconds an application has to listen, and to end when it is told to. */
const patience = { start: 30_000, stop: 5_000 };
/** Milliseconds before a new start, doubled with each that fails; one that ran for a minute begins anew. */
const backOff = { first: 500, longest: 30_000, steady: 60_000 };

/** Beside this file; or below the folder of the one program that a build makes of all others. */
function mainFile(): string {
  const here = fileURLToPath(new URL('node-main.js', import.meta.url));
  return existsSync(here) ? here : fileURLToPath(new URL('target/node-main.js', import.meta.url));
}

/**
 * One application in a process of its own: started with its first request, started again when it ends, with growing
 * pauses. It is given nothing of this process's environment but PATH.
 */
export class NodeProcess {
  readonly #application: NodeApplication;
  readonly #log: Log;
  #files: NodeFiles | undefined;
  #child: ChildProcess | undefined;
  #starting: Promise<number | undefined> | undefined;
  #port: number | undefined;
  #pause = backOff.first;
  #resting: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(application: NodeApplication, log: Log) {
    this.#application = application;
    this.#log = log;
  }

  /** The port it listens on; undefined while it does not. */
  get port(): number | undefined {
    return this.#port;
  }

  /** The port, as soon as it listens; undefined when it does not start, or rests before it is started again. */
  ready(): Promise<number | undefined> {
    if (this.#closed || this.#resting !== undefined) return Promise.resolve(undefined);
    this.#starting ??= this.#start();
    return this.#starting;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#resting);
    const child = this.#child;
    if (child === undefined) {
      this.#removeFiles();
      return;
    }
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), patience.stop).unref();
  }

  async #start(): Promise<number | undefined> {
    const { script, environment, resources } = this.#application;
    try {
      this.#files ??= await writeNodeFiles(resources);
    } catch (error) {
      this.#say('error', `cannot be prepared: ${String(error)}`);
      this.#rest();
      return undefined;
    }
    if (this.#closed) {
      this.#removeFiles();
      return undefined;
    }
    const { folder } = this.#files;
    const began = Date.now();
    const child = spawn(
      process.execPath,
      [
        `--max-old-space-size=${heapMegabytes}`,
        '--max-http-header-size=262144',
        mainFile(),
        script,
        ...this.#application.arguments,
      ],
      { cwd: folder, env: { PATH: process.env.PATH, ...environment }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
    );
    this.#child = child;
    this.#forward(child.stdout, 'info');
    this.#forward(child.stderr, 'warn');
    return new Promise((resolve) => {
      const late = setTimeout(() => child.kill('SIGKILL'), patience.start);
      child.on('message', (message: { readonly port?: unknown }) => {
        if (typeof message.port !== 'number') return;
        clearTimeout(late);
        this.#port = message.port;
        this.#say('info', 'listens');
        resolve(this.#port);
      });
      child.once('error', (error) => this.#say('error', error.message));
      child.once('close', (code, signal) => {
        clearTimeout(late);
        this.#ended(code ?? signal ?? 'unknown', Date.now() - began);
        resolve(undefined);
      });
    });
  }

  #ended(how: number | string, ran: number): void {
    this.#child = undefined;
    this.#port = undefined;
    this.#starting = undefined;
    if (this.#closed) {
      this.#removeFiles();
      return;
    }
    if (ran >= backOff.steady) this.#pause = backOff.first;
    this.#say('error', `ended (${how}), is started again in ${this.#pause} ms`);
    this.#rest();
  }

  #rest(): void {
    this.#starting = undefined;
    if (this.#closed) return;
    this.#resting = setTimeout(() => {
      this.#resting = undefined;
      void this.ready();
    }, this.#pause).unref();
    this.#pause = Math.min(this.#pause * 2, backOff.longest);
  }

  #forward(stream: Readable | null, level: 'info' | 'warn'): void {
    if (stream === null) return;
    createInterface({ input: stream }).on('line', (line) => this.#say(level, line.slice(0, 8192)));
  }

  #say(level: 'info' | 'warn' | 'error', text: string): void {
    const { proxy, target, script } = this.#application;
    this.#log[level]({ proxy, target, script: `node://${script}` }, text);
  }

  #removeFiles(): void {
    this.#files?.remove();
    this.#files = undefined;
  }
}
