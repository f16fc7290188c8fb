import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import { Fault, flowFaults } from '../fault.ts';
import type { BodySink, BodySource } from '../message/body.ts';
import type { Exchange, TargetCall } from '../message/exchange.ts';
import type { Connection } from './connection-pool.ts';
import { faultOfFailure, readTimeout } from './failure.ts';
import type { SentRequest } from './sent-request.ts';
import type { Upload } from './upload.ts';

/** Bytes of a payload that are kept while nobody takes them; a small response is whole before anybody looks. */
const readAhead = 64 * 1024;
/** Interim responses (1xx) before a target counts as faulty. */
const mostInterim = 50;
/** Below this the coarse timers of undici (half a second) are too coarse. Milliseconds. */
const precise = 10_000;

export interface CallOptions {
  readonly connection: Connection;
  readonly exchange: Exchange;
  /** Has its times noted; undefined for a call that is not the target's. */
  readonly target: TargetCall | undefined;
  readonly upload: Upload | undefined;
  /** Bytes the response payload may have. */
  readonly limit: number;
  /** Milliseconds without a sign of the target. */
  readonly timeout: number;
  /** Milliseconds since 1970; 0 = none. */
  readonly deadline: number;
  /** The call goes on when the client has gone. */
  readonly detached: boolean;
  /** Told when it is over; undefined when nobody measures or traces. */
  readonly sent: SentRequest | undefined;
  /** Called once, when the connection is no longer taken by this call. */
  readonly onOver: (() => void) | undefined;
}

/**
 * One request over one connection, and the source of its response's payload. `send` settles when the head of the
 * response is there; the payload is read ahead a little, and then at the pace of whoever takes it.
 */
export class HttpCall implements Dispatcher.DispatchHandler, BodySource {
  status = 0;
  reason = '';
  /** Flat, as they came. */
  rawHeaders: string[] = [];
  /** The request was, or may have been, written to a connection. */
  sent = false;
  /** It was written to one that had served others before. */
  reused = false;
  headArrived = false;
  declaredLength: number | undefined = undefined;
  tunnel: Duplex | undefined = undefined;
  readonly connection: Connection;
  readonly #options: CallOptions;
  #controller: Dispatcher.DispatchController | undefined;
  #settle: ((failure: Error | undefined) => void) | undefined;
  #chunks: Buffer[] = [];
  #size = 0;
  #interim = 0;
  #sink: BodySink | undefined;
  #ended = false;
  #failure: Error | undefined;
  #method = '';
  #hasNoPayload = false;
  #paused = false;
  #flushing = false;
  #idleTimer: NodeJS.Timeout | undefined;
  #deadlineTimer: NodeJS.Timeout | undefined;
  #cancel: (() => void) | undefined;
  #over = false;
  /** An event stream has no end that could be measured: each event is, where one is read. */
  #limit: number;

  constructor(options: CallOptions) {
    this.connection = options.connection;
    this.#options = options;
    this.#limit = options.limit;
  }

  /** Settles when there is a response, or with what undici reports, or a Fault, when there is none. */
  send(request: Dispatcher.DispatchOptions): Promise<Error | undefined> {
    const { exchange, detached } = this.#options;
    this.#method = request.method;
    if (!detached) {
      this.#cancel = () => this.#fail(new Fault(flowFaults.unexpectedEOF));
      exchange.onAbort(this.#cancel);
    }
    this.#arm();
    return new Promise((resolve) => {
      this.#settle = resolve;
      if (!detached && exchange.root.aborted) this.#fail(new Fault(flowFaults.unexpectedEOF));
      else this.connection.client.dispatch(request, this);
    });
  }

  /** Whether the whole payload is here. */
  get isComplete(): boolean {
    return this.#ended || this.#hasNoPayload;
  }

  /** The payload; only once it is complete. */
  get bytes(): Buffer {
    const [first] = this.#chunks;
    return first !== undefined && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks, this.#size);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#failure !== undefined) {
      controller.abort(this.#failure);
      return;
    }
    this.sent = true;
    const { connection } = this;
    this.reused = !connection.isNew;
    connection.isNew = false;
    connection.awaitsHead = true;
    const { target } = this.#options;
    if (target !== undefined) target.sentEnd = Date.now();
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    reason: string | undefined,
  ): void {
    if (status < 200) {
      this.#informed(status);
      return;
    }
    this.headArrived = true;
    this.status = status;
    this.reason = reason ?? '';
    this.rawHeaders = textsOf(controller.rawHeaders);
    this.declaredLength = lengthIn(this.rawHeaders);
    if (isEventStream(this.rawHeaders)) this.#limit = Number.POSITIVE_INFINITY;
    // RFC 9112 section 6.3: there is none, whatever the length says. undici takes that length of a 304 for a mistake.
    this.#hasNoPayload = status === 204 || status === 304 || this.#method === 'HEAD';
    const { target } = this.#options;
    if (target !== undefined) target.receivedStart = Date.now();
    this.#idleTimer?.refresh();
    this.#settle?.(undefined);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.#limit) {
      this.#fail(new Fault(flowFaults.responseTooBig));
      return;
    }
    this.#idleTimer?.refresh();
    if (this.#sink !== undefined && !this.#paused && this.#chunks.length === 0) {
      this.#sink.data(chunk);
      return;
    }
    this.#chunks.push(chunk);
    if (this.#sink !== undefined || this.#size >= readAhead) controller.pause();
  }

  onResponseEnd(): void {
    if (this.connection.isBroken) {
      this.#fail(new Fault(flowFaults.unexpectedEOFAtTarget));
      return;
    }
    this.#ended = true;
    const { target } = this.#options;
    if (target !== undefined) target.receivedEnd = Date.now();
    this.#finish();
    if (this.#sink !== undefined) this.#flush();
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#fail(error);
  }

  onRequestUpgrade(controller: Dispatcher.DispatchController, status: number, _headers: unknown, socket: Duplex): void {
    if (this.#failure !== undefined) {
      socket.destroy();
      return;
    }
    this.headArrived = true;
    this.status = status;
    this.rawHeaders = textsOf(controller.rawHeaders);
    this.tunnel = socket;
    // Until it is joined with the client nobody else listens.
    socket.on('error', () => socket.destroy());
    this.connection.isOpen = false;
    this.#finish();
    this.#settle?.(undefined);
  }

  start(sink: BodySink): void {
    if (this.tunnel !== undefined) {
      // Read as a payload it has none, and is of no more use.
      this.tunnel.destroy();
      sink.end();
      return;
    }
    this.#sink = sink;
    this.#flush();
  }

  pause(): void {
    this.#paused = true;
    this.#controller?.pause();
  }

  resume(): void {
    this.#paused = false;
    if (this.#sink !== undefined) this.#flush();
  }

  cancel(): void {
    this.tunnel?.destroy();
    this.#sink = undefined;
    this.#chunks = [];
    this.#fail(new Fault(flowFaults.unexpectedEOF));
  }

  /** Hands over what was read ahead, then lets the rest come. */
  #flush(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    while (!this.#paused && this.#sink !== undefined) {
      const chunk = this.#chunks.shift();
      if (chunk === undefined) break;
      this.#sink.data(chunk);
    }
    this.#flushing = false;
    if (this.#sink === undefined) return;
    const failure = this.#failure;
    if (failure !== undefined) this.#close((last) => last.error(faultOfFailure(failure, true)));
    else if (this.#paused || this.#chunks.length > 0) return;
    else if (this.#ended) this.#close((last) => last.end());
    else {
      this.#idleTimer?.refresh();
      this.#controller?.resume();
    }
  }

  /** The last word to the sink. */
  #close(say: (sink: BodySink) => void): void {
    const sink = this.#sink;
    this.#sink = undefined;
    if (sink !== undefined) say(sink);
  }

  #informed(status: number): void {
    this.#interim++;
    this.connection.awaitsHead = true;
    if (status === 101) this.#fail(new Fault(flowFaults.unexpectedEOFAtTarget, switched));
    else if (this.#interim > mostInterim) this.#fail(new Fault(flowFaults.unexpectedEOFAtTarget));
  }

  /** Ends the call, once: the connection is not used again. */
  #fail(error: Error): void {
    if (this.#failure !== undefined || this.#ended) return;
    this.connection.isOpen = false;
    if (this.#hasNoPayload) {
      this.#ended = true;
      this.#controller?.abort(error);
      this.#finish();
      return;
    }
    this.#failure = error;
    this.#controller?.abort(error);
    this.#finish();
    if (this.headArrived) this.#close((sink) => sink.error(faultOfFailure(error, true)));
    else this.#settle?.(error);
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#idleTimer);
    clearTimeout(this.#deadlineTimer);
    const { exchange, upload } = this.#options;
    if (this.#cancel !== undefined) exchange.settled(this.#cancel);
    // What the target did not wait for; unless nothing was sent: then the payload can go another way.
    if (upload?.started === true) upload.cancel();
    this.connection.release();
    this.#options.sent?.over(this.status, this.#failure);
    this.#options.onOver?.();
  }

  /** The end of the whole call, and short time limits, need timers of their own. */
  #arm(): void {
    const { timeout, deadline } = this.#options;
    if (deadline !== 0) {
      this.#deadlineTimer = setTimeout(() => this.#fail(readTimeout()), Math.max(0, deadline - Date.now()));
    }
    if (timeout < precise) this.#idleTimer = setTimeout(() => this.#stalled(), timeout);
  }

  /** A reader, or a client, that takes its time is not the target's fault. */
  #stalled(): void {
    const { upload } = this.#options;
    const uploading = upload?.started === true && !upload.complete;
    if (this.#paused || this.#controller?.paused === true || uploading) this.#idleTimer?.refresh();
    else this.#fail(readTimeout());
  }
}

const switched = 'The target switched protocols (101), which was not asked for';

/** Names and values of a head that undici has parsed. Bytes of headers are Latin-1 (RFC 9110 section 5.5). */
function textsOf(raw: Dispatcher.DispatchController['rawHeaders']): string[] {
  if (!Array.isArray(raw)) return [];
  const texts = new Array<string>(raw.length);
  let at = 0;
  for (const one of raw) texts[at++] = typeof one === 'string' ? one : one.toString('latin1');
  return texts;
}

function isEventStream(headers: readonly string[]): boolean {
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at]?.length !== 12 || headers[at]?.toLowerCase() !== 'content-type') continue;
    if (/^\s*text\/event-stream\b/i.test(headers[at + 1] ?? '')) return true;
  }
  return false;
}

function lengthIn(headers: readonly string[]): number | undefined {
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at];
    if (name?.length === 14 && name.toLowerCase() === 'content-length') return Number(headers[at + 1]);
  }
  return undefined;
}
