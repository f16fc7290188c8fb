import { type Context, compileFunction, createContext, Script } from 'node:vm';
import { crossingOperations } from './crossing.ts';
import { type Heap, HeapError, type HeapMaker, jsonMilliseconds, modelFileName, scriptFileName } from './heap.ts';
import type { HeapEntries, HostOperations, Plain } from './host.ts';
import { preludeSource } from './inside/prelude.ts';
import type { Program } from './program/program.ts';

/**
 * The trusting engine: node:vm, many times faster than the sandbox. It is NOT a security boundary: a script that wants to
 * finds its way to Node, and nothing bounds its memory. For bundles one would run as a program of one's own.
 *
 * Time limits hold for scripts that loop, call functions or match regular expressions; arming Node's timer costs tens of
 * microseconds, which straight-line scripts are spared.
 */
export function createVmMaker(): HeapMaker {
  return new VmMaker();
}

class VmMaker implements HeapMaker {
  readonly prefersBatches = false;
  #action: (() => unknown) | undefined;
  #timed: { readonly script: Script; readonly context: Context } | undefined;

  make(operations: HostOperations, isShared: boolean): Heap {
    return new VmHeap(this, operations, isShared);
  }

  within<T>(milliseconds: number, mayRunLong: boolean, action: () => T): T {
    if (!mayRunLong || milliseconds === Number.POSITIVE_INFINITY) return action();
    if (milliseconds <= 0) throw new HeapError('timeLimit', 'interrupted');
    // Only what Node starts as a script can be stopped: the action is called from one.
    this.#timed ??= {
      script: new Script('run()', { filename: modelFileName }),
      context: createContext({ run: () => this.#action?.() }),
    };
    const outer = this.#action;
    this.#action = action;
    try {
      return this.#timed.script.runInContext(this.#timed.context, {
        timeout: Math.max(1, Math.ceil(milliseconds)),
      }) as T;
    } catch (error) {
      throw isTimeout(error) ? new HeapError('timeLimit', 'interrupted') : error;
    } finally {
      this.#action = outer;
    }
  }
}

function isTimeout(error: unknown): boolean {
  // Made in the context it ended, so it is no Error of this one.
  return (
    typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  );
}

type Prelude = (raw: Record<string, unknown>, isShared: boolean, freezesGlobal: boolean) => HeapEntries;

class VmHeap implements Heap {
  readonly isBroken = false;
  readonly #maker: VmMaker;
  readonly #context: Context;
  readonly #entries: HeapEntries;

  constructor(maker: VmMaker, operations: HostOperations, isShared: boolean) {
    this.#maker = maker;
    this.#context = createContext(Object.create(null), {
      codeGeneration: { strings: true, wasm: false },
      microtaskMode: 'afterEvaluate',
    });
    // Node's own additions to ECMAScript.
    new Script('delete globalThis.console; delete globalThis.WebAssembly').runInContext(this.#context);
    const prelude = this.#compile(preludeSource, modelFileName) as Prelude;
    const raw: Record<string, unknown> = Object.create(null);
    for (const { name, call } of crossingOperations(operations)) raw[name] = call;
    // Node does not let the global object itself be frozen.
    this.#entries = prelude(raw, isShared, false);
  }

  #compile(source: string, filename: string): unknown {
    return compileFunction(`return ${source}`, [], { parsingContext: this.#context, filename })();
  }

  compile(program: Program, properties: ReadonlyMap<string, string>): number {
    return this.#guarded(() => {
      const factory = this.#compile(program.source, scriptFileName);
      const values = JSON.stringify(Object.fromEntries(properties));
      return this.#entries.define(
        factory,
        program.parameters.join(','),
        values,
        program.perRun,
        JSON.stringify(program.reads),
      );
    });
  }

  start(script: number, ...reads: readonly Plain[]): number {
    return this.#guarded(() => this.#entries.start(script, ...reads));
  }

  resume(run: number): boolean {
    return this.#guarded(() => this.#entries.resume(run));
  }

  callback(run: number, call: number): boolean {
    return this.#guarded(() => this.#entries.callback(run, call));
  }

  end(run: number): void {
    this.#entries.end(run);
  }

  json(transaction: number, object: number): string | undefined {
    const read = (): string | undefined => this.#guarded(() => this.#entries.json(transaction, object));
    return this.#maker.within(jsonMilliseconds, true, read);
  }

  release(transaction: number): void {
    this.#entries.release(transaction);
  }

  runJobs(): void {
    // Evaluating anything in the context runs what its promises have to do.
    new Script('0').runInContext(this.#context);
  }

  close(): void {
    // Nothing is held that the garbage collector does not see.
  }

  #guarded<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (error instanceof HeapError || isTimeout(error)) throw error;
      const { text, name, stack } = JSON.parse(this.#entries.describe(error)) as Described;
      throw new HeapError('threw', text, name, stack);
    }
  }
}

interface Described {
  readonly text: string;
  readonly name: string;
  readonly stack: string;
}
