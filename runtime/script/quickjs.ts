import {
  type JSContextPointer,
  type JSRuntimePointer,
  type JSValueConstPointer,
  RELEASE_SYNC,
} from 'quickjs-emscripten';
import { type CrossingOperation, crossingOperations } from './crossing.ts';
import { type Heap, HeapError, type HeapMaker, jsonMilliseconds, modelFileName, scriptFileName } from './heap.ts';
import type { HostOperations, Plain } from './host.ts';
import { preludeSource } from './inside/prelude.ts';
import type { Program } from './program/program.ts';
import { type Bindings, type Module, type Value, Values } from './quickjs-values.ts';

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
  const [imported, Ffi] = await Promise.all([RELEASE_SYNC.importModuleLoader(), RELEASE_SYNC.importFFI()]);
  const load = loaderOf(imported);
  const module = await load();
  module.type = 'sync';
  return new QuickJsMaker(module, new Ffi(module));
}

/** It comes bare, as a module, or, where a bundler was at work, as a module in a module. */
function loaderOf(imported: Awaited<ReturnType<typeof RELEASE_SYNC.importModuleLoader>>) {
  if (typeof imported === 'function') return imported;
  const { default: inner } = imported;
  return typeof inner === 'function' ? inner : inner.default;
}

type HostFunction = (argumentList: JSValueConstPointer) => Value;

class QuickJsMaker implements HeapMaker {
  readonly module: Module;
  readonly bindings: Bindings;
  readonly runtime: JSRuntimePointer;
  /** What scripts may call, by the number QuickJS knows it by. */
  readonly functions = new Map<number, HostFunction>();
  #lastFunction = 0;
  #deadline = Number.POSITIVE_INFINITY;
  isBroken = false;
  readonly prefersBatches = true;

  constructor(module: Module, bindings: Bindings) {
    this.module = module;
    this.bindings = bindings;
    const refuse = (): never => {
      throw new TypeError('Scripts have no modules');
    };
    module.callbacks = {
      callFunction: (_, __, ___, ____, argumentList, id) => {
        const found = this.functions.get(id as number);
        return found === undefined ? (0 as Value) : found(argumentList);
      },
      shouldInterrupt: () => (performance.now() > this.#deadline ? 1 : 0),
      loadModuleSource: refuse,
      normalizeModule: refuse,
      freeHostRef: (_, __, id) => {
        this.functions.delete(id as number);
      },
    };
    this.runtime = bindings.QTS_NewRuntime();
    bindings.QTS_RuntimeSetMemoryLimit(this.runtime, memoryLimitMegabytes * 1024 * 1024);
    bindings.QTS_RuntimeSetMaxStackSize(this.runtime, stackBytes);
    bindings.QTS_RuntimeEnableInterruptHandler(this.runtime);
  }

  make(operations: HostOperations, isShared: boolean): Heap {
    return new QuickJsHeap(this, crossingOperations(operations), isShared);
  }

  register(host: HostFunction): number {
    this.functions.set(++this.#lastFunction, host);
    return this.#lastFunction;
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

const entryNames = ['define', 'start', 'resume', 'callback', 'end', 'json', 'release', 'describe'] as const;
type EntryName = (typeof entryNames)[number];

/** Numbers whose values are kept: those of scripts. */
const keptNumbers = 256;

class QuickJsHeap implements Heap {
  readonly #maker: QuickJsMaker;
  readonly #context: JSContextPointer;
  readonly #values: Values;
  readonly #entries: Readonly<Record<EntryName, Value>>;
  readonly #numbers: Value[] = [];

  constructor(maker: QuickJsMaker, operations: readonly CrossingOperation[], isShared: boolean) {
    this.#maker = maker;
    const { bindings, runtime } = maker;
    this.#context = bindings.QTS_NewContext(runtime, 0 as Parameters<Bindings['QTS_NewContext']>[1]);
    this.#values = new Values(maker.module, bindings, this.#context);
    const values = this.#values;
    const failed = (error: Value): Error => new Error(`The object model does not start: ${values.text(error)}`);
    const prelude = values.evaluate(preludeSource, modelFileName, failed);
    const raw = bindings.QTS_NewObject(this.#context);
    for (const operation of operations) this.#expose(raw, operation);
    const shared = values.make(isShared);
    const entries = values.call(prelude, [raw, shared, shared], failed);
    const entry = (name: EntryName): [EntryName, Value] => [name, values.property(entries, name)];
    this.#entries = Object.fromEntries(entryNames.map(entry)) as Record<EntryName, Value>;
    for (const one of [prelude, raw, shared, entries]) values.free(one);
  }

  #expose(raw: Value, { name, signature, call }: CrossingOperation): void {
    const { bindings } = this.#maker;
    const values = this.#values;
    const isText = [...signature].map((letter) => letter === 's');
    const given = (list: JSValueConstPointer, index: number): Plain => {
      const value = bindings.QTS_ArgvGetJSValueConstPointer(list, index);
      return isText[index] === true ? values.text(value) : values.number(value);
    };
    const count = signature.length;
    const id = this.#maker.register((list) =>
      values.make(
        call(
          count > 0 ? given(list, 0) : undefined,
          count > 1 ? given(list, 1) : undefined,
          count > 2 ? given(list, 2) : undefined,
          count > 3 ? given(list, 3) : undefined,
        ),
      ),
    );
    const hostId = id as Parameters<Bindings['QTS_NewFunction']>[4];
    const made = bindings.QTS_NewFunction(this.#context, name, count, false, hostId);
    const key = values.make(name);
    bindings.QTS_SetProp(this.#context, raw, key, made);
    values.free(key);
    values.free(made);
  }

  compile(program: Program, properties: ReadonlyMap<string, string>): number {
    const values = this.#values;
    return this.#guarded(() => {
      const factory = values.evaluate(program.source, scriptFileName, this.#thrown);
      const parameters = values.make(program.parameters.join(','));
      const settings = values.make(JSON.stringify(Object.fromEntries(properties)));
      const perRun = values.make(program.perRun);
      const reads = values.make(JSON.stringify(program.reads));
      const given = [factory, parameters, settings, perRun, reads];
      try {
        return this.#number(values.call(this.#entries.define, given, this.#thrown));
      } finally {
        for (const one of given) values.free(one);
      }
    });
  }

  start(script: number, ...reads: readonly Plain[]): number {
    return this.#guarded(() => this.#number(this.#call('start', script, ...reads)));
  }

  resume(run: number): boolean {
    return this.#guarded(() => this.#number(this.#call('resume', run)) !== 0);
  }

  callback(run: number, call: number): boolean {
    return this.#guarded(() => this.#number(this.#call('callback', run, call)) !== 0);
  }

  end(run: number): void {
    this.#guarded(() => this.#values.free(this.#call('end', run)));
  }

  json(transaction: number, object: number): string | undefined {
    const read = (): string | undefined => {
      const value = this.#call('json', transaction, object);
      const json = this.#values.typeof(value) === 'string' ? this.#values.text(value) : undefined;
      this.#values.free(value);
      return json;
    };
    return this.#maker.within(jsonMilliseconds, true, () => this.#guarded(read));
  }

  release(transaction: number): void {
    this.#guarded(() => this.#values.free(this.#call('release', transaction)));
  }

  runJobs(): void {
    const { bindings, runtime, module } = this.#maker;
    this.#guarded(() => {
      if (bindings.QTS_IsJobPending(runtime) === 0) return;
      const contextOut = module._malloc(4);
      const all = -1;
      const result = bindings.QTS_ExecutePendingJob(
        runtime,
        all,
        contextOut as Parameters<Bindings['QTS_ExecutePendingJob']>[2],
      );
      module._free(contextOut);
      if (this.#values.typeof(result) !== 'number') throw this.#thrown(result);
      this.#values.free(result);
    });
  }

  get isBroken(): boolean {
    return this.#maker.isBroken;
  }

  close(): void {
    if (this.isBroken) return;
    for (const value of [...Object.values(this.#entries), ...this.#numbers]) this.#values.free(value);
    this.#values.close();
    this.#maker.bindings.QTS_FreeContext(this.#context);
  }

  #call(name: EntryName, first: number, ...more: readonly Plain[]): Value {
    const given = [this.#argument(first)];
    for (const one of more) given.push(typeof one === 'number' ? this.#argument(one) : this.#values.make(one));
    try {
      return this.#values.call(this.#entries[name], given, this.#thrown);
    } finally {
      for (const one of given) if (!this.#numbers.includes(one)) this.#values.free(one);
    }
  }

  #argument(value: number): Value {
    const known = this.#numbers[value];
    if (known !== undefined) return known;
    const made = this.#values.make(value);
    if (value === this.#numbers.length && value < keptNumbers) this.#numbers.push(made);
    return made;
  }

  #number(value: Value): number {
    const number = this.#values.number(value);
    this.#values.free(value);
    return number;
  }

  /** Node's own errors come out of WebAssembly when its stack ends or it traps. */
  #guarded<T>(action: () => T): T {
    if (this.isBroken) throw new HeapError('broken', 'The heap was given up');
    try {
      return action();
    } catch (error) {
      if (error instanceof HeapError) throw error;
      if (error instanceof RangeError) throw this.#maker.break('broken', 'The script calls itself too deeply');
      const trapped = error instanceof Error && error.name === 'RuntimeError';
      throw trapped ? this.#maker.break('broken', 'The script engine stopped') : error;
    }
  }

  readonly #thrown = (thrown: Value): HeapError => {
    const values = this.#values;
    const own = this.#ownError(thrown);
    if (own === 'interrupted') return new HeapError('timeLimit', own);
    const full = `Javascript runtime exceeded its memory limit of ${memoryLimitMegabytes} MB`;
    if (own === 'out of memory') return this.#maker.break('memory', full);
    const unknown = new HeapError('threw', 'an error that cannot be shown');
    const json = values.call(this.#entries.describe, [thrown], () => unknown);
    const { text, name, stack } = JSON.parse(values.text(json)) as { text: string; name: string; stack: string };
    values.free(json);
    values.free(thrown);
    return new HeapError('threw', text, name, stack);
  };

  /** The message of an error that QuickJS itself raised; such errors have no getters. */
  #ownError(thrown: Value): string | undefined {
    if (this.#values.typeof(thrown) !== 'object') return undefined;
    return this.#textOf(thrown, 'name') === 'InternalError' ? this.#textOf(thrown, 'message') : undefined;
  }

  #textOf(object: Value, name: string): string | undefined {
    const value = this.#values.property(object, name);
    const text = this.#values.typeof(value) === 'string' ? this.#values.text(value) : undefined;
    this.#values.free(value);
    return text;
  }
}
