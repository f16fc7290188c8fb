import type { Context, TextMapGetter, TextMapPropagator, TextMapSetter } from '@opentelemetry/api';
import type { Headers } from '../message/headers.ts';
import type { Propagation } from './configuration.ts';

/** Trace contexts in header fields, in the forms that were asked for. */
export class Propagators {
  readonly #propagators: readonly TextMapPropagator[];
  /** Names of all fields they write, in lower case. */
  readonly #names: ReadonlySet<string>;

  constructor(propagators: readonly TextMapPropagator[]) {
    this.#propagators = propagators;
    this.#names = new Set(propagators.flatMap((one) => one.fields()).map((name) => name.toLowerCase()));
  }

  /** The context a request brings, by the first form in which it brings a valid one; else what is given. */
  extract(root: Context, headers: Headers): Context {
    for (const propagator of this.#propagators) {
      const found = propagator.extract(root, headers, getter);
      if (found !== root) return found;
    }
    return root;
  }

  /** A list of header fields with the context in place of what was there. */
  inject(context: Context, headers: readonly string[]): string[] {
    const fields: string[] = [];
    for (let at = 0; at < headers.length; at += 2) {
      const [name = '', value = ''] = [headers[at], headers[at + 1]];
      if (!this.#names.has(name.toLowerCase())) fields.push(name, value);
    }
    for (const propagator of this.#propagators) propagator.inject(context, fields, setter);
    return fields;
  }
}

const getter: TextMapGetter<Headers> = {
  keys: (headers) => headers.names(),
  get: (headers, name) => {
    const [first, ...more] = headers.lines(name);
    if (more.length === 0) return first;
    // W3C Trace Context section 4.3: several `tracestate` are one list. Of several of anything else none can be trusted.
    return name === 'tracestate' ? headers.text(name) : undefined;
  },
};

const setter: TextMapSetter<string[]> = {
  set: (fields, name, value) => {
    // An empty `tracestate` says nothing.
    if (value !== '') fields.push(name, value);
  },
};

export async function createPropagators(names: readonly Propagation[]): Promise<Propagators> {
  const propagators: TextMapPropagator[] = [];
  for (const name of names) {
    if (name === 'tracecontext') {
      const { W3CTraceContextPropagator } = await import('@opentelemetry/core');
      propagators.push(new W3CTraceContextPropagator());
    } else {
      const { B3InjectEncoding, B3Propagator } = await import('@opentelemetry/propagator-b3');
      const injectEncoding = name === 'b3' ? B3InjectEncoding.SINGLE_HEADER : B3InjectEncoding.MULTI_HEADER;
      propagators.push(new B3Propagator({ injectEncoding }));
    }
  }
  return new Propagators(propagators);
}
