import type { IncomingMessage, ServerResponse } from 'node:http';
import { Fault, flowFaults } from '../fault.ts';
import type { BodySink, BodySource } from '../message/body.ts';
import {
  announcedLength,
  type Call,
  type CallWatcher,
  type CallWriter,
  drainedBytes,
  drainedMilliseconds,
  type Peer,
} from './call.ts';

/** What is kept for a connection. */
export interface NodeConnection extends Peer {
  /** Its last call was taken: what a client sent behind it is not run. */
  closing: boolean;
}

/** A request and its answer on node:http. */
export class NodeCall implements Call {
  readonly verb: string;
  readonly target: string;
  readonly version: string;
  readonly rawHeaders: readonly string[];
  readonly peer: NodeConnection;
  readonly payload: BodySource | undefined;
  watcher: CallWatcher | undefined;
  writer: CallWriter | undefined;
  /** Whether `drain` is listened to: only an answer that ever had to wait does. */
  #listens: boolean;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #door: { readonly draining: boolean };

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    peer: NodeConnection,
    door: { readonly draining: boolean },
  ) {
    this.verb = request.method ?? 'GET';
    this.target = request.url ?? '';
    this.version = request.httpVersion;
    this.rawHeaders = request.rawHeaders;
    this.peer = peer;
    this.watcher = undefined;
    this.writer = undefined;
    this.#listens = false;
    this.#request = request;
    this.#response = response;
    this.#door = door;
    const length = announcedLength(request.rawHeaders);
    this.payload = length === 0 ? undefined : new NodePayload(request, length < 0 ? undefined : length);
    // The framing of such a request is not trusted (RFC 9112 section 6.1).
    if (length < 0 && request.httpVersion !== '1.1') this.closeAfter();
    response.on('close', () => {
      this.writer?.closed();
      this.watcher?.closed(response.writableFinished);
    });
  }

  get headSent(): boolean {
    return this.#response.headersSent;
  }

  get status(): number {
    return this.#response.statusCode;
  }

  get gone(): boolean {
    return this.#response.destroyed;
  }

  discardRest(done: () => void): void {
    discardRest(this.#request, done);
  }

  closeAfter(): void {
    this.peer.closing = true;
    this.#response.shouldKeepAlive = false;
  }

  writeHead(status: number, reason: string, fields: readonly string[]): void {
    if (this.#door.draining) this.closeAfter();
    this.#response.writeHead(status, reason, fields as string[]);
  }

  write(chunk: Uint8Array | string): boolean {
    if (this.#response.write(chunk)) return true;
    if (this.writer !== undefined && !this.#listens) {
      this.#listens = true;
      this.#response.on('drain', () => this.writer?.drained());
    }
    return false;
  }

  end(payload: Uint8Array | string | undefined): void {
    this.#response.end(payload);
  }

  abort(): void {
    this.#response.destroy();
  }
}

/** Passes the chunks of a request on. */
class NodePayload implements BodySource {
  readonly declaredLength: number | undefined;
  readonly #request: IncomingMessage;

  constructor(request: IncomingMessage, declaredLength: number | undefined) {
    this.#request = request;
    this.declaredLength = declaredLength;
  }

  start(sink: BodySink): void {
    const request = this.#request;
    let over = false;
    const fail = (): void => {
      if (over) return;
      over = true;
      sink.error(new Fault(flowFaults.unexpectedEOF));
    };
    if (request.destroyed && !request.readableEnded) {
      fail();
      return;
    }
    request.on('data', (chunk: Buffer) => sink.data(chunk));
    request.on('end', () => {
      if (over) return;
      over = true;
      sink.end();
    });
    request.on('error', fail);
    request.on('close', fail);
  }

  pause(): void {
    this.#request.pause();
  }

  resume(): void {
    this.#request.resume();
  }

  cancel(): void {
    discardRest(this.#request, ignoreLate);
  }
}

function discardRest(request: IncomingMessage, done: () => void): void {
  if (request.readableEnded || request.destroyed) {
    done();
    return;
  }
  request.removeAllListeners('data');
  let left = drainedBytes;
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.socket.destroySoon();
  });
  request.on('error', ignoreLate);
  const late = setTimeout(() => request.socket.destroySoon(), drainedMilliseconds);
  request.on('end', done);
  request.on('close', () => clearTimeout(late));
  request.resume();
}

function ignoreLate(): void {
  // The answer is decided: how the rest of the request ends changes nothing.
}
