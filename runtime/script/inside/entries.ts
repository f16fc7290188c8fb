import type { HeapEntries } from '../host.ts';
import type { contentModel } from './content.ts';
import type { contextModel } from './context.ts';
import type { httpModel } from './http.ts';
import type { messagesModel } from './messages.ts';
import type { Model, Run } from './types.ts';

/** The ways into the heap: runs of scripts, suspended ones, callbacks. */
export function entriesModel(
  { host, current, harden }: Model,
  crypto: object,
  { flush }: ReturnType<typeof contentModel>,
  { Context, json, release }: ReturnType<typeof contextModel>,
  { messageOf }: ReturnType<typeof messagesModel>,
  { Request, httpClient, Waiting, resultOf }: ReturnType<typeof httpModel>,
): HeapEntries {
  type Steps = Generator<unknown, unknown, unknown>;
  type Body = (...given: unknown[]) => unknown;

  interface Script {
    readonly factory: (tools: object) => Body;
    readonly body: Body | undefined;
    readonly parameters: readonly string[];
    readonly properties: Record<string, string>;
    readonly reads: readonly string[];
  }

  /** A waiting function that was called: nothing of it has run before somebody waits for it. */
  class Suspendable {
    readonly steps: Steps;
    readonly run: Run;

    constructor(steps: Steps, run: Run) {
      this.steps = steps;
      this.run = run;
      run.unsettled++;
    }
  }

  function* settle(value: unknown): Steps {
    if (value instanceof Waiting) {
      value.run.unsettled--;
      yield;
      return undefined;
    }
    if (!(value instanceof Suspendable)) return value;
    value.run.unsettled--;
    return yield* value.steps;
  }

  /** Array methods whose callback may wait. ECMA-262 section 23.1.3, for lists without holes. */
  function* each(list: unknown, method: string, callback: unknown, given: unknown): Steps {
    const object = list as Record<string, Body> & { length: number };
    if (object[method] !== (Array.prototype as unknown as Record<string, unknown>)[method]) {
      return yield* settle((object[method] as Body).call(object, callback, given));
    }
    const items = object as unknown as unknown[];
    const found: unknown[] = [];
    let result = given;
    for (let index = 0; index < items.length; index++) {
      const item = items[index];
      if (method === 'reduce') {
        // biome-ignore lint/complexity/noArguments: undefined is a start value like any other
        if (index === 0 && arguments.length < 4) result = item;
        else result = yield* settle((callback as Body)(result, item, index, items));
        continue;
      }
      const answer = yield* settle((callback as Body).call(given, item, index, items));
      if (method === 'map') found.push(answer);
      else if (method === 'filter' && answer) found.push(item);
      else if (method === 'some' && answer) return true;
      else if (method === 'every' && !answer) return false;
      else if (method === 'find' && answer) return item;
      else if (method === 'findIndex' && answer) return index;
    }
    if (method === 'map' || method === 'filter') return found;
    if (method === 'some' || method === 'every') return method === 'every';
    if (method === 'findIndex') return -1;
    return method === 'reduce' ? result : undefined;
  }

  const shared = {
    settle,
    each,
    same: (value: unknown) => value,
    suspendable: (steps: Steps) => new Suspendable(steps, current.run),
    realGlobal: globalThis,
  };
  harden(Suspendable);
  for (const one of [settle, each, shared.same, shared.suspendable]) harden(one);
  Object.freeze(shared);

  const scripts: Script[] = [];
  const runs = new Map<number, Run>();
  let last = 0;

  const toolsOf = (run: Run): object => ({
    ...shared,
    get global() {
      run.global ??= Object.create(globalThis);
      return run.global;
    },
    expose(members: () => object) {
      run.global ??= Object.create(globalThis) as object;
      if (!run.exposed) Object.defineProperties(run.global, Object.getOwnPropertyDescriptors(members()));
      run.exposed = true;
      return run.global;
    },
  });

  const argument = (name: string, script: Script): unknown => {
    switch (name) {
      case 'context':
        return new Context();
      case 'request':
      case 'response':
        return messageOf(host.message(name));
      case 'crypto':
        return crypto;
      case 'httpClient':
        return httpClient;
      case 'Request':
        return Request;
      case 'properties':
        return { ...script.properties };
      default:
        return print;
    }
  };
  const print = (...values: unknown[]): void => host.print(values.map((one) => String(one)).join(' '));
  harden(print);

  /** Values by name. What is to be asked for has no entry. */
  const readsOf = (names: readonly string[], values: readonly unknown[]): Record<string, unknown> => {
    const reads: Record<string, unknown> = Object.create(null);
    for (let index = 0; index < names.length; index++) {
      const value = values[index];
      if (value !== undefined) reads[names[index] as string] = value;
    }
    return reads;
  };

  /** Runs the steps until they wait or end; whether they wait. */
  const advance = (run: Run, steps: Steps): boolean => {
    const { done } = steps.next();
    run.suspended = done === true ? undefined : steps;
    if (done === true) return finish(run);
    flush();
    return true;
  };

  const finish = (run: Run): false => {
    flush();
    if (run.unsettled === 0) return false;
    throw new Error(
      'waitForComplete was called where a script cannot wait: call it in a loop or a function of your own',
    );
  };

  /** It stays the current run until the next entry: promises of the script go on after this. */
  const inRun = <T>(run: Run, action: () => T): T => {
    current.run = run;
    return action();
  };

  const finishCall = (run: Run, value: unknown): boolean => {
    const steps = value instanceof Suspendable ? value.steps : undefined;
    if (steps !== undefined) run.unsettled--;
    return steps === undefined ? finish(run) : advance(run, steps);
  };

  return {
    define(factory, parameters, properties, perRun, reads) {
      const made = factory as Script['factory'];
      const body = perRun ? undefined : made(shared);
      // Runs share the function, and reach it as arguments.callee.
      if (body !== undefined) for (const one of [body, body.prototype as object]) Object.freeze(one);
      return (
        scripts.push({
          factory: made,
          body,
          parameters: parameters === '' ? [] : parameters.split(','),
          properties: JSON.parse(properties) as Record<string, string>,
          reads: JSON.parse(reads) as string[],
        }) - 1
      );
    },
    start(index, ...given) {
      const script = scripts[index] as Script;
      current.reads = given.length === 0 ? undefined : readsOf(script.reads, given);
      const run: Run = {
        number: ++last,
        views: [],
        suspended: undefined,
        unsettled: 0,
        callbacks: undefined,
        global: undefined,
        exposed: false,
      };
      return inRun(run, () => {
        const body = script.body ?? script.factory(toolsOf(run));
        const value = body(...script.parameters.map((name) => argument(name, script)));
        const isGenerator = value !== undefined && body.prototype !== undefined && value instanceof body;
        if (isGenerator) advance(run, value as Steps);
        else finish(run);
        if (run.suspended === undefined && run.callbacks === undefined) return 0;
        runs.set(run.number, run);
        return run.number;
      });
    },
    resume(number) {
      current.reads = undefined;
      const run = runs.get(number) as Run;
      return inRun(run, () => advance(run, run.suspended as Steps));
    },
    callback(number, call) {
      current.reads = undefined;
      const run = runs.get(number) as Run;
      return inRun(run, () => {
        const callback = run.callbacks?.get(call);
        run.callbacks?.delete(call);
        const result = resultOf(call);
        const response = result?.message === undefined ? undefined : messageOf(result.message);
        return finishCall(run, callback?.(response, result?.error));
      });
    },
    end(number) {
      runs.delete(number);
    },
    json,
    release,
    describe(error) {
      const isError = error instanceof Error;
      let text: string;
      try {
        text = String(error);
      } catch {
        text = 'an object that has no text';
      }
      return JSON.stringify({
        text,
        name: isError ? String(error.name) : '',
        stack: isError ? String(error.stack) : '',
      });
    },
  };
}
