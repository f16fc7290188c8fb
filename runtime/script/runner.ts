import type { Exchange, Outcome } from '../message/exchange.ts';
import { batchedReads } from './batched-reads.ts';
import type { PreparedScript, ScriptEngine, ScriptFinding, ScriptSource } from './engine.ts';
import { failureOf } from './failure-text.ts';
import { type Heap, HeapError, type HeapMaker } from './heap.ts';
import type { Plain } from './host.ts';
import { HostRun, Operations } from './operations.ts';
import { makeProgram, type Program } from './program/program.ts';
import { isComplete } from './transaction.ts';

/** Runs scripts in heaps that one kind of engine makes. */
export class HeapEngine implements ScriptEngine {
  readonly #makeMaker: () => Promise<HeapMaker> | HeapMaker;
  readonly #named = new Map<string, object>();
  #heaps = new WeakMap<object, BundleHeaps>();

  constructor(makeMaker: () => Promise<HeapMaker> | HeapMaker) {
    this.#makeMaker = makeMaker;
  }

  prepare(source: ScriptSource): PreparedScript {
    const owner = source.owner ?? this.#ownerNamed(source.bundle);
    let heaps = this.#heaps.get(owner);
    if (heaps === undefined) {
      heaps = new BundleHeaps(this.#makeMaker);
      this.#heaps.set(owner, heaps);
    }
    return new Script(source, makeProgram(source.files), heaps);
  }

  #ownerNamed(bundle: string): object {
    let owner = this.#named.get(bundle);
    if (owner === undefined) {
      owner = {};
      this.#named.set(bundle, owner);
    }
    return owner;
  }

  close(): void {
    this.#named.clear();
    this.#heaps = new WeakMap();
  }
}

/** A heap with the host's side of it and the scripts it knows. */
interface OpenHeap {
  readonly maker: HeapMaker;
  readonly heap: Heap;
  readonly operations: Operations;
  readonly scripts: Map<Script, number>;
}

/** The heap of a bundle: made at the first run, and made anew after it broke. */
class BundleHeaps {
  readonly #makeMaker: () => Promise<HeapMaker> | HeapMaker;
  #opening: Promise<OpenHeap> | undefined;
  #open: OpenHeap | undefined;

  constructor(makeMaker: () => Promise<HeapMaker> | HeapMaker) {
    this.#makeMaker = makeMaker;
    this.#opening = undefined;
    this.#open = undefined;
  }

  get(): OpenHeap | Promise<OpenHeap> {
    if (this.#open !== undefined && !this.#open.heap.isBroken) return this.#open;
    this.#open = undefined;
    if (this.#opening !== undefined) return this.#opening;
    const made = this.#makeMaker();
    if (!(made instanceof Promise)) {
      this.#open = openHeap(made, true);
      return this.#open;
    }
    this.#opening = made
      .then((maker) => {
        this.#open = openHeap(maker, true);
        return this.#open;
      })
      .finally(() => {
        this.#opening = undefined;
      });
    return this.#opening;
  }
}

function openHeap(maker: HeapMaker, isShared: boolean): OpenHeap {
  const holder: { heap: Heap | undefined } = { heap: undefined };
  const operations = new Operations(() => {
    if (holder.heap === undefined) throw new Error('The heap is not open yet');
    return holder.heap;
  });
  const heap = maker.make(operations, isShared);
  holder.heap = heap;
  return { maker, heap, operations, scripts: new Map() };
}

class Script implements PreparedScript {
  readonly needs: PreparedScript['needs'];
  readonly findings: readonly ScriptFinding[];
  readonly #source: ScriptSource;
  readonly #program: Program;
  readonly #reads: ((exchange: Exchange) => Plain[]) | undefined;
  readonly #heaps: BundleHeaps;

  constructor(source: ScriptSource, program: Program, heaps: BundleHeaps) {
    this.needs = program.needs;
    this.findings = program.findings;
    this.#reads = batchedReads(program.reads);
    this.#source = source;
    this.#program = program;
    this.#heaps = heaps;
  }

  run(exchange: Exchange): Outcome {
    const open = this.#heaps.get();
    return open instanceof Promise ? open.then((one) => this.#runIn(one, exchange)) : this.#runIn(open, exchange);
  }

  #runIn(shared: OpenHeap, exchange: Exchange): Outcome {
    const own = this.#program.needsOwnHeap;
    const open = own ? openHeap(shared.maker, false) : shared;
    const run = new ScriptRun(open, this.#source, this.#program, exchange);
    let outcome: Outcome;
    try {
      outcome = run.start(() => this.#numberIn(open), open.maker.prefersBatches ? this.#reads?.(exchange) : undefined);
    } catch (error) {
      if (own) open.heap.close();
      throw error;
    }
    if (own && outcome !== undefined) return outcome.finally(() => open.heap.close());
    if (own) open.heap.close();
    return outcome;
  }

  #numberIn(open: OpenHeap): number {
    let number = open.scripts.get(this);
    if (number === undefined) {
      number = open.heap.compile(this.#program, this.#source.properties);
      open.scripts.set(this, number);
    }
    return number;
  }
}

/** One run: the script's body, its waits, and the callbacks of what it sent. */
class ScriptRun {
  readonly #open: OpenHeap;
  readonly #program: Program;
  readonly #run: HostRun;
  /** Milliseconds of computing that are left. */
  #left: number;

  constructor(open: OpenHeap, source: ScriptSource, program: Program, exchange: Exchange) {
    this.#open = open;
    this.#program = program;
    this.#run = new HostRun(exchange, source);
    this.#left = source.timeLimit === 0 ? Number.POSITIVE_INFINITY : source.timeLimit;
  }

  start(script: () => number, reads: readonly Plain[] | undefined): Outcome {
    const { heap } = this.#open;
    const number = this.#enter(() => (reads === undefined ? heap.start(script()) : heap.start(script(), ...reads)));
    return number === 0 ? undefined : this.#goOn(number);
  }

  async #goOn(number: number): Promise<void> {
    const { heap } = this.#open;
    try {
      await this.#waitOut(number);
      while (this.#run.callbacks.size > 0) {
        const call = await this.#nextCallback();
        this.#run.callbacks.delete(call);
        this.#enter(() => heap.callback(number, call));
        await this.#waitOut(number);
      }
    } finally {
      if (!heap.isBroken) heap.end(number);
    }
  }

  /** As long as the script waits: lets it go on when what it waits for is there, or its time is over. */
  async #waitOut(number: number): Promise<void> {
    for (let { waiting } = this.#run; waiting !== undefined; waiting = this.#run.waiting) {
      const { call, milliseconds } = waiting;
      this.#run.waiting = undefined;
      const done = this.#open.operations.transactionOf(this.#run.exchange).call(call)?.done ?? Promise.resolve();
      await (milliseconds === 0 ? done : atMost(done, milliseconds));
      this.#enter(() => this.#open.heap.resume(number));
    }
  }

  /** Callbacks run in the order in which answers come. */
  async #nextCallback(): Promise<number> {
    const transaction = this.#open.operations.transactionOf(this.#run.exchange);
    const pending = [...this.#run.callbacks];
    const ready = pending.find((one) => {
      const call = transaction.call(one);
      return call === undefined || isComplete(call);
    });
    return (
      ready ??
      Promise.race(
        pending.map(async (one) => {
          await transaction.call(one)?.done;
          return one;
        }),
      )
    );
  }

  #enter<T>(action: () => T): T {
    const { maker, heap, operations } = this.#open;
    const start = performance.now();
    try {
      return operations.during(this.#run, () =>
        maker.within(this.#left, this.#program.mayRunLong, () => {
          const result = action();
          if (this.#program.usesPromises) heap.runJobs();
          return result;
        }),
      );
    } catch (error) {
      if (this.#run.violation !== undefined) throw this.#run.violation;
      if (error instanceof HeapError) throw failureOf(error, this.#program, this.#run.source.timeLimit);
      throw error;
    } finally {
      this.#left -= performance.now() - start;
    }
  }
}

function atMost(done: Promise<void>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  return Promise.race([done, over]).finally(() => clearTimeout(timer));
}
