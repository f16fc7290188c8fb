import { validateHeaderName, validateHeaderValue } from 'node:http';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { Fault, flowFaults } from '../fault.ts';
import type { BodySink, BodySource } from '../message/body.ts';
import { isHopByHop } from '../message/hop-by-hop.ts';
import { announcedLength, type Call, type CallWatcher, type CallWriter, type Peer } from './call.ts';
import { requestHead } from './http2-head.ts';

/** A stream of HTTP/2 (RFC 9113 section 8): one request and the answer to it. */
export class Http2Call implements Call {
  readonly verb: string;
  readonly target: string;
  readonly version = '2';
  readonly rawHeaders: readonly string[];
  readonly peer: Peer;
  readonly payload: StreamPayload | undefined;
  readonly upgrade: string | undefined = undefined;
  watcher: CallWatcher | undefined;
  writer: CallWriter | undefined;
  status: number;
  #listens: boolean;
  #isEnded: boolean;
  readonly #stream: ServerHttp2Stream;

  /** @param patience milliseconds that the client may neither send nor read */
  constructor(stream: ServerHttp2Stream, raw: readonly string[], peer: Peer, patience: number) {
    const head = requestHead(raw);
    this.verb = head.verb;
    this.target = head.target;
    this.rawHeaders = head.fields;
    this.peer = peer;
    this.watcher = undefined;
    this.writer = undefined;
    this.status = 200;
    this.#listens = false;
    this.#isEnded = false;
    this.#stream = stream;
    const length = announcedLength(head.fields);
    const ended = stream.endAfterHeaders;
    this.payload = ended ? undefined : new StreamPayload(stream, length > 0 ? length : undefined);
    if (ended) stream.resume();
    stream.setTimeout(patience, () => this.#stalled());
    // What breaks a stream is told by its end.
    stream.on('error', () => undefined);
    stream.once('close', () => {
      this.writer?.closed();
      this.watcher?.closed(this.isOut);
    });
  }

  get headSent(): boolean {
    return this.#stream.headersSent;
  }

  /** The whole answer went out. A stream that is reset counts as finished as well. */
  get isOut(): boolean {
    return this.#isEnded && this.#stream.writableFinished && !this.#stream.aborted;
  }

  get gone(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }

  /** A stream has its own end: what is left of the payload is in nobody's way. */
  discardRest(done: () => void): void {
    done();
  }

  closeAfter(): void {
    // Other streams of the connection are not touched by this one.
  }

  writeHead(status: number, _reason: string, fields: readonly string[]): void {
    const headers: Record<string, string | string[] | number> = Object.create(null);
    headers[':status'] = status;
    for (let at = 0; at < fields.length; at += 2) {
      const name = (fields[at] ?? '').toLowerCase();
      const value = fields[at + 1] ?? '';
      validateHeaderName(name);
      validateHeaderValue(name, value);
      if (isHopByHop(name)) continue;
      const before = headers[name];
      // Several fields of one name are one list (RFC 9110 section 5.3); cookies cannot be joined.
      if (before === undefined) headers[name] = name === 'set-cookie' ? [value] : value;
      else if (Array.isArray(before)) before.push(value);
      else headers[name] = `${before}, ${value}`;
    }
    this.status = status;
    if (!this.gone) this.#stream.respond(headers);
  }

  write(chunk: Uint8Array | string): boolean {
    const stream = this.#stream;
    if (stream.writableEnded || this.gone || stream.write(chunk)) return true;
    if (this.writer !== undefined && !this.#listens) {
      this.#listens = true;
      stream.on('drain', () => this.writer?.drained());
    }
    return false;
  }

  end(payload: Uint8Array | string | undefined): void {
    const stream = this.#stream;
    const { payload: received } = this;
    this.#isEnded = true;
    if (received !== undefined) stream.once('finish', () => received.answered());
    // An answer to HEAD, and others that never have a payload, ended with their head.
    if (stream.writableEnded || this.gone) return;
    if (payload === undefined) stream.end();
    else stream.end(payload);
  }

  abort(): void {
    // Closed, a stream would be ended first.
    this.#stream.destroy(new Error('The answer broke off'));
  }

  switchProtocols(): void {
    throw new TypeError('HTTP/2 switches no protocols (RFC 9113 section 8.6)');
  }

  #stalled(): void {
    const stream = this.#stream;
    if (stream.writableLength > 0) stream.close(constants.NGHTTP2_CANCEL);
    else if (this.payload?.isAwaited === true) this.payload.fail(new Fault(flowFaults.requestTimeOut));
  }
}

/** The payload of a request. Its client sends no faster than it is read: that is what the window of a stream is for. */
class StreamPayload implements BodySource {
  readonly declaredLength: number | undefined;
  readonly #stream: ServerHttp2Stream;
  #sink: BodySink | undefined;
  #wanted: boolean;

  constructor(stream: ServerHttp2Stream, declaredLength: number | undefined) {
    this.declaredLength = declaredLength;
    this.#stream = stream;
    this.#sink = undefined;
    this.#wanted = true;
  }

  get isAwaited(): boolean {
    return this.#sink !== undefined && !this.#stream.isPaused();
  }

  start(sink: BodySink): void {
    const stream = this.#stream;
    this.#sink = sink;
    if (stream.destroyed || stream.aborted) {
      this.fail(new Fault(flowFaults.unexpectedEOF));
      return;
    }
    const cutOff = (): void => this.fail(new Fault(flowFaults.unexpectedEOF));
    // A stream that is reset also ends: it was told to be aborted before.
    stream.on('aborted', cutOff);
    stream.on('close', cutOff);
    stream.on('data', (chunk: Buffer) => this.#sink?.data(chunk));
    stream.on('end', () => {
      if (stream.aborted) return;
      const last = this.#sink;
      this.#sink = undefined;
      last?.end();
    });
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  cancel(): void {
    this.#sink = undefined;
    this.#wanted = false;
    if (this.#stream.writableFinished) this.#letGo();
  }

  fail(fault: Fault): void {
    const last = this.#sink;
    this.#sink = undefined;
    last?.error(fault);
  }

  /** The answer is out: nobody but a reader that is at work wants the rest (RFC 9113 section 8.1). */
  answered(): void {
    if (this.#sink === undefined || !this.#wanted) this.#letGo();
  }

  #letGo(): void {
    const stream = this.#stream;
    if (!stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
  }
}
