import { Fault, flowFaults } from '../fault.ts';
import type { Log } from '../log.ts';
import type { Call, CallHandler } from './call.ts';

/** How much is done at the same time. */
export interface LoadLimits {
  /** Requests that run. */
  readonly running: number;
  /** Requests that wait for one of these to end. */
  readonly waiting: number;
  /** Milliseconds that one waits at most. */
  readonly wait: number;
}

/** Milliseconds between two lines of the log about the same thing. */
const lineInterval = 1_000;

interface Waiting {
  readonly call: Call;
  readonly until: number;
}

/**
 * Admits as many requests as may run, lets some wait, in order, and refuses the others at once: a bounded wait for all,
 * instead of one that grows for everybody.
 */
export class Load {
  readonly #limits: LoadLimits;
  readonly #run: CallHandler;
  readonly #refuse: (call: Call, fault: Fault) => void;
  readonly #log: Log;
  readonly #waiting = new Set<Waiting>();
  #running = 0;
  #refused = 0;
  #told = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: LoadLimits, run: CallHandler, refuse: (call: Call, fault: Fault) => void, log: Log) {
    this.#limits = limits;
    this.#run = run;
    this.#refuse = refuse;
    this.#log = log;
  }

  enter(call: Call): void {
    if (this.#running < this.#limits.running) {
      this.#running++;
      this.#run(call);
    } else if (this.#waiting.size < this.#limits.waiting) this.#wait(call);
    else this.#turnAway(call);
  }

  /** A request that was run is over. */
  leave(): void {
    this.#running--;
    for (const waiting of this.#waiting) {
      this.#waiting.delete(waiting);
      this.#running++;
      waiting.call.watcher = undefined;
      this.#run(waiting.call);
      return;
    }
  }

  #wait(call: Call): void {
    const waiting: Waiting = { call, until: Date.now() + this.#limits.wait };
    call.watcher = { closed: () => this.#waiting.delete(waiting) };
    this.#waiting.add(waiting);
    this.#timer ??= setTimeout(() => this.#expire(), this.#limits.wait).unref();
  }

  /** The oldest come first: the first that still has time is the next to look at. */
  #expire(): void {
    this.#timer = undefined;
    const now = Date.now();
    for (const waiting of this.#waiting) {
      if (waiting.until > now) {
        this.#timer = setTimeout(() => this.#expire(), waiting.until - now).unref();
        return;
      }
      this.#waiting.delete(waiting);
      waiting.call.watcher = undefined;
      this.#turnAway(waiting.call);
    }
  }

  #turnAway(call: Call): void {
    this.#refused++;
    const now = Date.now();
    if (now - this.#told >= lineInterval) {
      const counts = { refused: this.#refused, running: this.#running, waiting: this.#waiting.size };
      this.#log.warn(counts, 'overloaded: requests are refused');
      this.#refused = 0;
      this.#told = now;
    }
    this.#refuse(call, new Fault(flowFaults.serviceUnavailable, 'Too many requests at the same time'));
  }
}
