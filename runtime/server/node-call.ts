import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { flowFaults } from '../fault.ts';
import { announcedLength, type Call, type CallWatcher, type CallWriter } from './call.ts';
import type { NodeConnection, Watched } from './node-connection.ts';
import { discardRest, NodePayload } from './node-payload.ts';

/** What a request asks of the connection, beside an answer. */
export interface Asked {
  /** The client waits for 100 (Continue) before it sends its payload (RFC 9110 section 10.1.1). */
  readonly continues: boolean;
  readonly upgrade: string | undefined;
}

export const nothingAsked: Asked = { continues: false, upgrade: undefined };

/** A request and its answer on node:http. */
export class NodeCall implements Call, Watched {
  readonly verb: string;
  readonly target: string;
  readonly version: string;
  readonly rawHeaders: readonly string[];
  readonly peer: NodeConnection;
  readonly payload: NodePayload | undefined;
  readonly upgrade: string | undefined;
  watcher: CallWatcher | undefined;
  writer: CallWriter | undefined;
  /** Whether `drain` is listened to: only an answer that ever had to wait does. */
  #listens: boolean;
  /** The whole answer was taken by the system. */
  #isOut: boolean;
  /** The client was not yet told to send its payload. */
  #holdsBack: boolean;
  /** The other side, once protocols are switched. */
  #other: Duplex | undefined;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;

  constructor(request: IncomingMessage, response: ServerResponse, peer: NodeConnection, asked: Asked) {
    this.verb = request.method ?? 'GET';
    this.target = request.url ?? '';
    this.version = request.httpVersion;
    this.rawHeaders = request.rawHeaders;
    this.peer = peer;
    this.upgrade = asked.upgrade;
    this.watcher = undefined;
    this.writer = undefined;
    this.#listens = false;
    this.#isOut = false;
    this.#holdsBack = asked.continues;
    this.#other = undefined;
    this.#request = request;
    this.#response = response;
    const length = announcedLength(request.rawHeaders);
    const begin = asked.continues ? () => this.#continue() : undefined;
    this.payload = length === 0 ? undefined : new NodePayload(request, length < 0 ? undefined : length, begin);
    // The framing of such a request is not trusted (RFC 9112 section 6.1).
    if ((length < 0 && request.httpVersion !== '1.1') || peer.last === request) this.closeAfter();
    peer.begin(this);
    // An answer that is cut off finishes too, with a socket that is gone. Asked before node:http closes one itself.
    response.prependListener('finish', () => {
      this.#isOut = !request.socket.destroyed;
    });
    response.on('close', () => {
      this.writer?.closed();
      this.watcher?.closed(this.#isOut);
      peer.over();
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

  /** The other side, once protocols are switched. */
  get other(): Duplex | undefined {
    return this.#other;
  }

  get awaitsClient(): boolean {
    return this.payload?.isAwaited === true;
  }

  get isWhole(): boolean {
    return this.#request.complete;
  }

  stalled(): void {
    this.peer.closing = true;
    if (this.#response.headersSent || !this.awaitsClient) {
      this.#response.destroy();
      return;
    }
    this.closeAfter();
    this.payload?.fail(flowFaults.requestTimeOut);
  }

  discardRest(done: () => void): void {
    // Who was never told to send may not do so; what it may still send is not looked at.
    if (this.#holdsBack) done();
    else discardRest(this.#request, done);
  }

  closeAfter(): void {
    this.peer.closing = true;
    this.#response.shouldKeepAlive = false;
  }

  writeHead(status: number, reason: string, fields: readonly string[]): void {
    if (this.peer.door.draining || this.#holdsBack) this.closeAfter();
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
    // Where the end of the connection is the end of the payload, only a reset tells that it is none (RFC 9112 section 8).
    // `resetAndDestroy` would end it first.
    if (this.version === '1.0') Object.assign(this.#request.socket, { resetAndClosing: true });
    this.#response.destroy();
  }

  switchProtocols(reason: string, fields: readonly string[], other: Duplex): void {
    const own = ['Connection', 'Upgrade', 'Upgrade', this.upgrade ?? ''];
    this.#response.writeHead(101, reason, [...own, ...fields]);
    this.#other = other;
    this.#response.end();
  }

  #continue(): void {
    if (!this.#holdsBack) return;
    this.#holdsBack = false;
    this.#response.writeContinue();
  }
}
