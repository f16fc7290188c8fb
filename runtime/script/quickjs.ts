import {
  newQuickJSWASMModuleFromVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSRuntime,
  RELEASE_SYNC,
} from 'quickjs-emscripten';
import { type CrossingOperation, crossingOperations } from './crossing.ts';
import { type Heap, HeapError, type HeapMaker, modelFileName, scriptFileName } from './heap.ts';
import type { HostOperations, Plain } from './host.ts';
import { preludeSource } from './inside/prelude.ts';
import type { Program } from './program/program.ts';

/**
 * The sandbox: QuickJS as WebAssembly. Scripts have a heap that holds nothing of Node, an own stack, a limit of memory,
 * and an interrupt that QuickJS polls every ten thousand branches and calls, in regular expressions too. Each bundle has
 * an instance of its own (0.2 MB), so that what breaks one (a trap, memory used up) is replaced and touches no other.
 *
 * What the poll cannot see is a single native operation over a long text, such as `indexOf`: the memory limit bounds it.
 */

const memoryLimitMegabytes = 64;
/** QuickJS counts its own stack; Node's, on which WebAssembly runs, must not end first. */
const stackBytes = 128 * 1024;

export async function createQuickJsMaker(): Promise<HeapMaker> {
  const module = await newQuickJSWASMModuleFromVariant(RELEASE_SYNC);
  const runtime = module.newRuntime();
  runtime.setMemoryLimit(memoryLimitMegabytes * 1024 * 1024);
  runtime.setMaxStackSize(stackBytes);
  return new QuickJsMaker(runtime);
}

class QuickJsMaker implements HeapMaker {
  readonly #runtime: QuickJSRuntime;
  #deadline = Number.POSITIVE_INFINITY;
  isBroken = false;

  constructor(runtime: QuickJSRuntime) {
    this.#runtime = runtime;
    runtime.setInterruptHandler(() => performance.now() > this.#deadline);
  }

  make(operations: HostOperations, isShared: boolean): Heap {
    return new QuickJsHeap(this.#runtime, this, crossingOperations(operations), isShared);
  }

  within<T>(milliseconds: number, _: boolean, action: () => T): T {
    const outer = this.#deadline;
    this.#deadline = Math.min(outer, performance.now() + milliseconds);
    try {
      return action();
    } finally {
      this.#deadline = outer;
    }
  }

  /** Something inside may have been left half done: a trap, Node's stack at its end, or no memory. */
  break(reason: 'memory' | 'broken', message: string): HeapError {
    this.isBroken = true;
    return new HeapError(reason, message);
  }
}

type EntryName = 'define' | 'start' | 'resume' | 'callback' | 'end' | 'json' | 'release' | 'describe';

class QuickJsHeap implements Heap {
  readonly #runtime: QuickJSRuntime;
  readonly #context: QuickJSContext;
  readonly #maker: QuickJsMaker;
  readonly #entries = new Map<EntryName, QuickJSHandle>();
  readonly #numbers: QuickJSHandle[] = [];

  constructor(
    runtime: QuickJSRuntime,
    maker: QuickJsMaker,
    operations: readonly CrossingOperation[],
    isShared: boolean,
  ) {
    this.#runtime = runtime;
    this.#maker = maker;
    this.#context = runtime.newContext();
    const context = this.#context;
    using prelude = context.unwrapResult(context.evalCode(preludeSource, modelFileName));
    using raw = context.newObject();
    for (const operation of operations) {
      using made = this.#operation(operation);
      context.setProp(raw, operation.name, made);
    }
    const shared = isShared ? context.true : context.false;
    using entries = context.unwrapResult(context.callFunction(prelude, context.undefined, raw, shared, shared));
    for (const name of ['define', 'start', 'resume', 'callback', 'end', 'json', 'release', 'describe'] as const) {
      this.#entries.set(name, context.getProp(entries, name));
    }
  }

  #operation({ name, parameters, call }: CrossingOperation): QuickJSHandle {
    const fn = (...handles: QuickJSHandle[]): QuickJSHandle => this.#in(call(handles.map((one) => this.#out(one))));
    return this.#context.newFunctionWithOptions({ name, length: parameters, isConstructor: false, fn });
  }

  #out(handle: QuickJSHandle): Plain {
    switch (this.#context.typeof(handle)) {
      case 'string':
        return this.#context.getString(handle);
      case 'number':
        return this.#context.getNumber(handle);
      case 'boolean':
        return this.#context.sameValue(handle, this.#context.true);
      case 'undefined':
        return undefined;
      default:
        return null;
    }
  }

  #in(value: Plain): QuickJSHandle {
    const context = this.#context;
    switch (typeof value) {
      case 'string':
        return context.newString(value);
      case 'number':
        return context.newNumber(value);
      case 'boolean':
        return value ? context.true : context.false;
      default:
        return value === null ? context.null : context.undefined;
    }
  }

  compile(program: Program, properties: ReadonlyMap<string, string>): number {
    const context = this.#context;
    return this.#guarded(() => {
      const compiled = context.evalCode(program.source, scriptFileName);
      if (compiled.error) throw this.#thrown(compiled.error);
      using factory = compiled.value;
      using parameters = context.newString(program.parameters.join(','));
      using values = context.newString(JSON.stringify(Object.fromEntries(properties)));
      return this.#result(
        context.callFunction(
          this.#entry('define'),
          context.undefined,
          factory,
          parameters,
          values,
          program.perRun ? context.true : context.false,
        ),
      ) as number;
    });
  }

  start(script: number): number {
    return this.#call('start', script) as number;
  }

  resume(run: number): boolean {
    return this.#call('resume', run) === true;
  }

  callback(run: number, call: number): boolean {
    return this.#call('callback', run, call) === true;
  }

  end(run: number): void {
    this.#call('end', run);
  }

  json(transaction: number, object: number): string | undefined {
    const json = this.#call('json', transaction, object);
    return typeof json === 'string' ? json : undefined;
  }

  release(transaction: number): void {
    this.#call('release', transaction);
  }

  runJobs(): void {
    this.#guarded(() => {
      const jobs = this.#runtime.executePendingJobs();
      if (jobs.error) throw this.#thrown(jobs.error);
    });
  }

  get isBroken(): boolean {
    return this.#maker.isBroken;
  }

  close(): void {
    if (this.isBroken) return;
    for (const handle of [...this.#entries.values(), ...this.#numbers]) handle.dispose();
    this.#context.dispose();
  }

  #entry(name: EntryName): QuickJSHandle {
    const handle = this.#entries.get(name);
    if (handle === undefined) throw new TypeError(`The model has no entry ${name}`);
    return handle;
  }

  #call(name: EntryName, ...numbers: number[]): Plain {
    return this.#guarded(() => {
      const given = numbers.map((one) => this.#number(one));
      return this.#result(this.#context.callFunction(this.#entry(name), this.#context.undefined, given));
    });
  }

  /** Small numbers are asked for again and again: those of scripts. */
  #number(value: number): QuickJSHandle {
    const known = this.#numbers[value];
    if (known !== undefined) return known;
    const made = this.#context.newNumber(value);
    if (value < 256 && value >= 0) this.#numbers[value] = made;
    return made;
  }

  #result(result: ReturnType<QuickJSContext['callFunction']>): Plain {
    if (result.error) throw this.#thrown(result.error);
    const value = this.#out(result.value);
    result.value.dispose();
    return value;
  }

  /** Node's own errors come out of WebAssembly when its stack ends or it traps. */
  #guarded<T>(action: () => T): T {
    if (this.isBroken) throw new HeapError('broken', 'The heap was given up');
    try {
      return action();
    } catch (error) {
      if (error instanceof HeapError) throw error;
      if (error instanceof RangeError) throw this.#maker.break('broken', 'The script calls itself too deeply');
      if (error instanceof Error && error.name === 'RuntimeError')
        throw this.#maker.break('broken', 'The script engine stopped');
      throw error;
    }
  }

  #thrown(error: QuickJSHandle): HeapError {
    using thrown = error;
    const context = this.#context;
    const own = this.#ownError(thrown);
    if (own === 'interrupted') return new HeapError('timeLimit', own);
    const full = `Javascript runtime exceeded its memory limit of ${memoryLimitMegabytes} MB`;
    if (own === 'out of memory') return this.#maker.break('memory', full);
    const described = context.callFunction(this.#entry('describe'), context.undefined, thrown);
    if (described.error) {
      described.error.dispose();
      return new HeapError('threw', 'an error that cannot be shown');
    }
    using json = described.value;
    const { text, name, stack } = JSON.parse(context.getString(json)) as { text: string; name: string; stack: string };
    return new HeapError('threw', text, name, stack);
  }

  /** The message of an error that QuickJS itself raised; such errors have no getters. */
  #ownError(thrown: QuickJSHandle): string | undefined {
    const context = this.#context;
    if (context.typeof(thrown) !== 'object') return undefined;
    using name = context.getProp(thrown, 'name');
    if (context.typeof(name) !== 'string' || context.getString(name) !== 'InternalError') return undefined;
    using message = context.getProp(thrown, 'message');
    return context.typeof(message) === 'string' ? context.getString(message) : undefined;
  }
}
