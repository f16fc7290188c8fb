import type { Context, Span, Tracer as SpanMaker, SpanStatusCode, TraceAPI } from '@opentelemetry/api';
import { Fault } from '../fault.ts';
import type { Exchange } from '../message/exchange.ts';
import type { CallSpan, NetworkRequest, NetworkSpan, Tracer } from '../message/span.ts';
import type { Propagators } from './propagation.ts';
import {
  endAttributes,
  localAttributes,
  networkAttributes,
  routeOf,
  serverAttributes,
  titleOf,
} from './span-attributes.ts';

/** What spans are made with. The packages are loaded by who configures telemetry: here they are types alone. */
export interface Tracing {
  readonly maker: SpanMaker;
  readonly trace: TraceAPI;
  /** A context that holds nothing. */
  readonly root: Context;
  readonly propagators: Propagators;
}

/** `SpanKind` and `SpanStatusCode` of the OpenTelemetry API, as numbers. */
const Kind = { internal: 0, server: 1, client: 2 } as const;
const failed = 2 satisfies SpanStatusCode;

/** Begins a trace, or goes on with the one that a request belongs to, for every outside request. */
export function createTracer(tracing: Tracing): Tracer {
  return {
    begin: (exchange) => {
      const parent = tracing.propagators.extract(tracing.root, exchange.request.headers);
      const name = `${titleOf(exchange.arrivedVerb)} ${routeOf(exchange)}`;
      const span = tracing.maker.startSpan(name, { kind: Kind.server }, parent);
      if (span.isRecording()) span.setAttributes(serverAttributes(exchange));
      return new TracedCall(tracing, span, parent);
    },
  };
}

/** The span of one proxy run. */
class TracedCall implements CallSpan {
  readonly #tracing: Tracing;
  readonly #span: Span;
  readonly #context: Context;

  constructor(tracing: Tracing, span: Span, parent: Context) {
    this.#tracing = tracing;
    this.#span = span;
    this.#context = tracing.trace.setSpan(parent, span);
  }

  called(exchange: Exchange): CallSpan {
    const { maker } = this.#tracing;
    const span = maker.startSpan(`proxy ${exchange.endpoint.proxy}`, { kind: Kind.internal }, this.#context);
    if (span.isRecording()) span.setAttributes(localAttributes(exchange));
    return new TracedCall(this.#tracing, span, this.#context);
  }

  sent(request: NetworkRequest): NetworkSpan {
    const { maker } = this.#tracing;
    const span = maker.startSpan(titleOf(request.method), { kind: Kind.client }, this.#context);
    if (span.isRecording()) span.setAttributes(networkAttributes(request));
    return new TracedRequest(this.#tracing, span, this.#context);
  }

  set(name: string, value: unknown): void {
    if (value === undefined || value === null || !this.#span.isRecording()) return;
    const isPlain = typeof value === 'number' || typeof value === 'boolean';
    this.#span.setAttribute(name, isPlain ? value : String(value));
  }

  end(exchange: Exchange, status: number): void {
    const span = this.#span;
    if (!span.isRecording()) return;
    span.setAttributes(endAttributes(exchange, status));
    // The conventions: what the caller did wrong is no error of a server. The fault's text may quote what it was sent.
    if (status >= 500) span.setStatus({ code: failed, ...messageOf(exchange) });
    span.end();
  }
}

function messageOf({ fault }: Exchange): { message?: string } {
  if (fault === undefined) return {};
  const { code, origin } = fault;
  return { message: origin === undefined ? code : `${code} in ${origin.policy} (${origin.file}:${origin.line})` };
}

class TracedRequest implements NetworkSpan {
  readonly #tracing: Tracing;
  readonly #span: Span;
  readonly #parent: Context;

  constructor(tracing: Tracing, span: Span, parent: Context) {
    this.#tracing = tracing;
    this.#span = span;
    this.#parent = parent;
  }

  fields(headers: readonly string[]): string[] {
    const { propagators, trace } = this.#tracing;
    return propagators.inject(trace.setSpan(this.#parent, this.#span), headers);
  }

  end(status: number, failure: Error | undefined): void {
    const span = this.#span;
    if (!span.isRecording()) return;
    if (status !== 0) span.setAttribute('http.response.status_code', status);
    const error = status === 0 || failure !== undefined ? typeOf(failure) : status >= 400 ? String(status) : undefined;
    if (error !== undefined) {
      span.setAttribute('error.type', error);
      span.setStatus({ code: failed });
    }
    span.end();
  }
}

/** Of few values, as the conventions ask: a fault's code, or the code of a network error such as `ECONNREFUSED`. */
function typeOf(failure: Error | undefined): string {
  if (failure === undefined) return '_OTHER';
  if (failure instanceof Fault) return failure.code;
  return (failure as NodeJS.ErrnoException).code ?? failure.name;
}
