import { Fault, flowFaults } from '../fault.ts';
import type { BodySink, BodySource } from '../message/body.ts';
import { answerHead, lengthIn } from './answer-head.ts';
import type { Call, CallWatcher, CallWriter, Peer } from './call.ts';
import type { RequestParser } from './request-parser.ts';

/** What a call asks of the connection it came in by. */
export interface Wire {
  readonly peer: Peer;
  /** Now, as a Date field has it. */
  readonly date: string;
  /** No other request is taken. */
  readonly lastCall: boolean;
  /** Gives false when the client reads slowly. */
  send(head: string, payload: Uint8Array | string | undefined, tail: string): boolean;
  /** Sends the last of an answer: a text in Latin-1, then a payload if there is one. */
  finish(call: SocketCall, text: string, payload: Uint8Array | string | undefined): void;
  /** The call can take more of its payload. */
  proceed(): void;
  /** Sends what makes a client send its payload (RFC 9110 section 10.1.1). */
  invite(): void;
  cut(): void;
}

/** A request and its answer on a connection of our own. Both ends of it are strict: what does not fit breaks it off. */
export class SocketCall implements Call, BodySource {
  readonly verb: string;
  readonly target: string;
  readonly version: string;
  readonly rawHeaders: readonly string[];
  readonly payload: BodySource | undefined;
  readonly declaredLength: number | undefined;
  watcher: CallWatcher | undefined;
  writer: CallWriter | undefined;
  headSent: boolean;
  status: number;
  gone: boolean;
  keepAlive: boolean;
  /** Whether the answer is written. */
  ended: boolean;
  /** Whether the whole request is in. */
  arrived: boolean;
  readonly #wire: Wire;
  #head: string;
  #chunked: boolean;
  /** Whether the answer has a payload on the wire, and how much of its length is still to come; -1 when it is not known. */
  #hasPayload: boolean;
  #left: number;
  #sink: BodySink | undefined;
  #paused: boolean;
  /** What is called when the rest of the payload, which nobody reads, is in. */
  #discarded: (() => void) | undefined;
  #awaitsInvitation: boolean;
  #uninvited: boolean;

  constructor(wire: Wire, parser: RequestParser) {
    const { length, fields } = parser;
    this.verb = parser.verb;
    this.target = parser.target;
    this.version = parser.version;
    this.rawHeaders = fields;
    this.payload = length === 0 ? undefined : this;
    this.declaredLength = length < 0 ? undefined : length;
    this.watcher = undefined;
    this.writer = undefined;
    this.headSent = false;
    this.status = 200;
    this.gone = false;
    this.keepAlive = parser.keepAlive;
    this.ended = false;
    this.arrived = length === 0;
    this.#wire = wire;
    this.#head = '';
    this.#chunked = false;
    this.#hasPayload = true;
    this.#left = -1;
    this.#sink = undefined;
    this.#paused = false;
    this.#discarded = undefined;
    this.#uninvited = false;
    this.#awaitsInvitation = length !== 0 && parser.version === '1.1' && expectsContinue(fields);
  }

  get peer(): Peer {
    return this.#wire.peer;
  }

  /** Whether the payload has somewhere to go. */
  get takes(): boolean {
    return this.#discarded !== undefined || (this.#sink !== undefined && !this.#paused);
  }

  /** Nobody reads what is left of the payload. */
  get discards(): boolean {
    return this.#discarded !== undefined;
  }

  /** Whether bytes sent now would not end up inside this answer. */
  get answerable(): boolean {
    return !this.headSent || this.ended || (this.#head === '' && this.#left === 0);
  }

  start(sink: BodySink): void {
    if (this.gone) {
      sink.error(new Fault(flowFaults.unexpectedEOF));
      return;
    }
    this.#sink = sink;
    this.#invite();
    this.#wire.proceed();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#wire.proceed();
  }

  cancel(): void {
    if (this.#discarded === undefined) this.discardRest(ignored);
  }

  discardRest(done: () => void): void {
    this.#sink = undefined;
    if (this.arrived || this.gone || this.#uninvited) {
      done();
      return;
    }
    this.#discarded = done;
    this.#invite();
    this.#wire.proceed();
  }

  /** A piece of the payload came in. */
  take(piece: Uint8Array): void {
    this.#sink?.data(piece);
  }

  /** The payload is in. */
  takeEnd(): void {
    this.arrived = true;
    this.#sink?.end();
    this.#sink = undefined;
    this.#discarded?.();
    this.#discarded = undefined;
  }

  closeAfter(): void {
    this.keepAlive = false;
  }

  writeHead(status: number, reason: string, fields: readonly string[]): void {
    if (this.#awaitsInvitation) this.#answerExpectation(status);
    const bodiless = status === 204 || status === 304 || status < 200;
    const left = lengthIn(fields);
    const hasPayload = !bodiless && this.verb !== 'HEAD';
    const endsByClose = hasPayload && left < 0 && this.version !== '1.1';
    if (endsByClose || this.#wire.lastCall) this.keepAlive = false;
    this.#chunked = hasPayload && left < 0 && !endsByClose;
    const { keepAlive, version } = this;
    const { date } = this.#wire;
    this.#head = `${answerHead(status, reason, fields, { keepAlive, chunked: this.#chunked, version, date })}\r\n`;
    this.#hasPayload = hasPayload;
    this.#left = hasPayload ? left : 0;
    this.status = status;
    this.headSent = true;
  }

  write(chunk: Uint8Array | string): boolean {
    const size = typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.length;
    if (this.gone || this.ended || !this.#hasPayload || size === 0) return true;
    if (!this.#fits(size)) return true;
    const head = this.#head;
    this.#head = '';
    if (this.#chunked) return this.#wire.send(`${head}${size.toString(16)}\r\n`, chunk, '\r\n');
    return this.#wire.send(head, chunk, '');
  }

  end(payload: Uint8Array | string | undefined): void {
    if (this.gone || this.ended) return;
    if (this.#chunked) {
      if (payload !== undefined) this.write(payload);
      this.ended = true;
      this.#wire.finish(this, `${this.#head}0\r\n\r\n`, undefined);
      return;
    }
    const body = this.#hasPayload ? payload : undefined;
    const size = body === undefined ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    if (!this.#fits(size)) return;
    // Shorter than announced: it must not look complete.
    if (this.#left > 0) {
      this.abort();
      return;
    }
    this.ended = true;
    // A text of one byte a character goes out with its head in one piece.
    if (typeof body === 'string' && body.length === size) this.#wire.finish(this, this.#head + body, undefined);
    else this.#wire.finish(this, this.#head, body);
  }

  abort(): void {
    this.#wire.cut();
  }

  /** What is left of the payload is dropped, unless somebody still reads it. */
  leaveRest(): void {
    if (this.#sink === undefined) this.cancel();
  }

  /** What is left of the payload does not come. */
  loseRest(): void {
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.error(new Fault(flowFaults.unexpectedEOF));
  }

  /** The answer is out, or the connection broke before. */
  over(complete: boolean): void {
    if (this.gone) return;
    this.gone = true;
    this.writer?.closed();
    this.watcher?.closed(complete);
  }

  /** Counts payload against its announced length; more than that would be taken for the next answer. */
  #fits(size: number): boolean {
    if (this.#left < 0) return true;
    this.#left -= size;
    if (this.#left >= 0) return true;
    this.abort();
    return false;
  }

  #invite(): void {
    if (!this.#awaitsInvitation) return;
    this.#awaitsInvitation = false;
    this.#wire.invite();
  }

  /** A client whose request is refused does not send its payload; whether it would is not known, so the connection ends. */
  #answerExpectation(status: number): void {
    if (status < 400) this.#invite();
    else {
      this.#awaitsInvitation = false;
      this.#uninvited = true;
      this.keepAlive = false;
    }
  }
}

function expectsContinue(fields: readonly string[]): boolean {
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] ?? '';
    if (name.length === 6 && name.toLowerCase() === 'expect') return /^\s*100-continue\s*$/i.test(fields[at + 1] ?? '');
  }
  return false;
}

function ignored(): void {
  // Nobody waits for it.
}
