import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Peer } from './call.ts';
import { plainAddress } from './call.ts';

/** What the connections of one door have in common. */
export interface DoorState {
  /** No request is taken from a connection after the one that runs. */
  draining: boolean;
  /** Requests that wait for an earlier one of their connection, in all. */
  waiting: number;
}

/** A request under way, as the connection sees it. */
export interface Watched {
  /** Whether more of the request is wanted than has come. */
  readonly awaitsClient: boolean;
  /** All of the request is here. */
  readonly isWhole: boolean;
  /** The client has neither sent nor read for too long. */
  stalled(): void;
}

/**
 * Requests of all connections together that may wait. One read of a socket can bring two thousand: beyond this a
 * connection is closed after its running request, and its client sends the others anew (RFC 9112 section 9.3.2).
 */
const mostWaiting = 20_000;

/**
 * A connection to a client. Its requests run one after the other, however many come at once; while one waits nothing is
 * read, so that what can wait is bounded by one read.
 */
export class NodeConnection implements Peer {
  readonly ip: string;
  readonly port: number;
  readonly scheme: 'http' | 'https';
  readonly tls: ReadonlyMap<string, string> | undefined;
  readonly door: DoorState;
  /** Its last call was taken: what a client sent behind it is not run. */
  closing = false;
  /** The last request whose bytes are to be trusted; undefined: all are. */
  last: IncomingMessage | undefined = undefined;
  readonly #socket: Socket;
  #running: Watched | undefined;
  #waiting: (() => void)[] | undefined;
  #taken = 0;
  #read = 0;
  #written = 0;
  #queued = 0;
  #movedAt = 0;

  constructor(socket: Socket, door: DoorState, tls: ReadonlyMap<string, string> | undefined) {
    this.ip = plainAddress(socket.remoteAddress);
    this.port = socket.remotePort ?? 0;
    this.scheme = tls === undefined ? 'http' : 'https';
    this.tls = tls;
    this.door = door;
    this.#socket = socket;
  }

  get isBusy(): boolean {
    return this.#running !== undefined || this.#waiting !== undefined;
  }

  /** Whether what comes now cannot be part of the request that runs. */
  get isBehind(): boolean {
    return this.#waiting !== undefined || this.#running?.isWhole === true;
  }

  begin(call: Watched): void {
    this.#running = call;
    this.#movedAt = 0;
  }

  /** Has `start` called when all requests before are answered. */
  wait(start: () => void): void {
    if (this.door.waiting >= mostWaiting) {
      this.closing = true;
      return;
    }
    if (this.#waiting === undefined) {
      this.#waiting = [];
      this.#taken = 0;
      this.#socket.on('resume', this.#hold);
      this.#socket.pause();
    }
    this.#waiting.push(start);
    this.door.waiting++;
  }

  /** The running request is answered, or broken off. */
  over(): void {
    this.#running = undefined;
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    if (this.closing || this.#socket.destroyed) {
      this.forget();
      return;
    }
    const next = waiting[this.#taken];
    if (++this.#taken === waiting.length) this.#release();
    this.door.waiting--;
    next?.();
  }

  /** Requests that wait are not run any more. */
  forget(): void {
    this.door.waiting -= (this.#waiting?.length ?? 0) - (this.#waiting === undefined ? 0 : this.#taken);
    this.#waiting = undefined;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Looks whether the client has moved since the last look. @param patience milliseconds it may stand still */
  look(now: number, patience: number): void {
    const running = this.#running;
    if (running === undefined) return;
    const socket = this.#socket;
    const unsent = socket.writableLength;
    const { bytesRead } = socket;
    const sent = socket.bytesWritten - unsent;
    const queued = queuedBytes(socket);
    const moved = bytesRead !== this.#read || sent !== this.#written || queued !== this.#queued;
    this.#read = bytesRead;
    this.#written = sent;
    this.#queued = queued;
    // Who waits for us has all the time that the proxy and its target take.
    if (moved || this.#movedAt === 0 || !(unsent > 0 || running.awaitsClient)) this.#movedAt = now;
    else if (now - this.#movedAt >= patience) running.stalled();
  }

  #release(): void {
    this.#waiting = undefined;
    this.#socket.off('resume', this.#hold);
    this.#socket.resume();
  }

  /** node:http reads on whenever an answer is out. */
  readonly #hold = (): void => {
    if (this.#waiting !== undefined) this.#socket.pause();
  };
}

/** Bytes that the system has not taken yet. The parts of one long write count nowhere else; Node keeps this there. */
function queuedBytes(socket: Socket & { _handle?: { readonly writeQueueSize?: number } | null }): number {
  return socket._handle?.writeQueueSize ?? 0;
}
