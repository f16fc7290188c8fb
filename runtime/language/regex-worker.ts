import { Worker } from 'node:worker_threads';

/** What a search that was cut off is refused with. */
export class SearchCutOff extends Error {
  override readonly name = 'SearchCutOff';
}

export interface TextSearch {
  /** Index of the pattern. */
  readonly pattern: number;
  readonly text: string;
}

interface Search {
  readonly texts: readonly TextSearch[];
  resolve(found: number): void;
  reject(error: Error): void;
}

export interface WorkerLimits {
  /** Milliseconds of processor time one search may take, all its texts together. */
  readonly time: number;
  /** Searches that may wait for their turn. */
  readonly waiting: number;
  /** Milliseconds without work after which the thread ends. */
  readonly idle: number;
}

/** zerohop's choice: long enough for one pass over the largest payload, short enough to be no weapon. */
/** How many times the time of a search may pass while it does not get the processor. */
const mostTurns = 10;

const usual: WorkerLimits = { time: 500, waiting: 1000, idle: 10_000 };

/** The thread's whole program: patterns come once, then texts. */
const program = `
const { parentPort, workerData } = require('node:worker_threads');
const patterns = workerData.map(({ source, flags }) => new RegExp(source, flags));
parentPort.on('message', (texts) => {
  parentPort.postMessage(texts.findIndex(({ pattern, text }) => patterns[pattern].test(text)));
});
`;

/**
 * Searches texts in a thread of its own: one search at a time, ended by force when it takes too long, so that an
 * expression that goes astray stops neither the server nor the searches behind it. The thread is there only while there
 * is work, and holds no process without.
 */
export class RegexWorker {
  readonly #patterns: readonly { readonly source: string; readonly flags: string }[];
  readonly #limits: WorkerLimits;
  readonly #waiting: Search[] = [];
  #worker: Worker | undefined;
  #running: Search | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(patterns: readonly RegExp[], limits: WorkerLimits = usual) {
    this.#patterns = patterns.map(({ source, flags }) => ({ source, flags }));
    this.#limits = limits;
  }

  /** Index of the first text that its pattern is found in, -1 for none. Rejects with SearchCutOff when nobody can tell in time. */
  search(texts: readonly TextSearch[]): Promise<number> {
    if (this.#waiting.length >= this.#limits.waiting) {
      return Promise.reject(new SearchCutOff('Too many searches are waiting'));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ texts, resolve, reject });
      if (this.#running === undefined) this.#next();
    });
  }

  #next(): void {
    clearTimeout(this.#timer);
    const search = this.#waiting.shift();
    this.#running = search;
    if (search === undefined) {
      this.#worker?.unref();
      this.#timer = setTimeout(() => this.#stop(), this.#limits.idle);
      this.#timer.unref();
      return;
    }
    const ready = this.#worker !== undefined;
    this.#worker ??= this.#start();
    this.#worker.ref();
    this.#worker.postMessage(search.texts);
    // The start of the thread is not the search's time.
    if (ready) this.#watch(search);
    else this.#worker.once('online', () => this.#watch(search));
  }

  /** @param started processor time of the process when the search began; turns: times that were waited for since */
  #watch(search: Search, started = process.cpuUsage(), turns = 1): void {
    if (this.#running !== search) return;
    const look = (): void => {
      const { user, system } = process.cpuUsage(started);
      // Where others have the processor, the search had no time yet.
      const hadTime = (user + system) / 1000 >= this.#limits.time || turns === mostTurns;
      if (hadTime) this.#cutOff(search);
      else this.#watch(search, started, turns + 1);
    };
    // The answer may lie waiting behind the timer when the process was busy.
    this.#timer = setTimeout(() => setImmediate(look), this.#limits.time);
  }

  #start(): Worker {
    const worker = new Worker(program, { eval: true, workerData: this.#patterns });
    worker.on('message', (found: number) => {
      if (this.#worker !== worker) return;
      this.#running?.resolve(found);
      this.#next();
    });
    worker.on('error', (error) => this.#fail(worker, error.message));
    return worker;
  }

  #cutOff(search: Search): void {
    if (this.#running === search && this.#worker !== undefined) {
      this.#fail(this.#worker, `The search took longer than ${this.#limits.time} ms`);
    }
  }

  #fail(worker: Worker, reason: string): void {
    if (this.#worker !== worker) return;
    this.#stop();
    this.#running?.reject(new SearchCutOff(reason));
    this.#next();
  }

  #stop(): void {
    const worker = this.#worker;
    this.#worker = undefined;
    if (worker !== undefined) void worker.terminate();
  }
}
