import type { Socket } from 'node:net';
import { type FaultKind, flowFaults } from '../fault.ts';
import { type CallHandler, drainedBytes, drainedMilliseconds, type Peer, plainAddress } from './call.ts';
import { badBytes, headersTooBig, methodRefused, rawAnswer, timeouts } from './front-door.ts';
import type { Llhttp } from './llhttp.ts';
import { RequestParser, Stop } from './request-parser.ts';
import { SocketCall, type Wire } from './socket-call.ts';

/** What all connections of a door share. */
export interface Door {
  readonly handle: CallHandler;
  readonly llhttp: Llhttp;
  /** Milliseconds, and the same as a Date field has it; both a second old at most. */
  readonly now: number;
  readonly date: string;
  /** No new request is taken. */
  readonly draining: boolean;
  left(connection: Connection): void;
}

/**
 * One connection: takes a request off it, has it answered, then takes the next. Requests that a client sends ahead stay
 * unread until then, so that neither they nor their answers pile up. Whatever cannot be parsed ends the connection.
 */
export class Connection implements Wire {
  readonly peer: Peer;
  /** When the door ends what is going on, in its milliseconds. */
  deadline: number;
  readonly #socket: Socket;
  readonly #door: Door;
  readonly #parser: RequestParser;
  readonly #sent: () => void;
  /** Bytes that are not parsed yet, from `#at` on. */
  #pending: Buffer | undefined;
  #at: number;
  /** The call whose request or answer is not complete. */
  #call: SocketCall | undefined;
  /** The call whose answer is written and not yet with the system. */
  #leaving: SocketCall | undefined;
  /** Pieces of payload that were found and not yet passed on, and whether they are the last. */
  #pieces: Buffer[];
  #lastPieces: boolean;
  /** Milliseconds by which the running request has to be in. */
  #requestDeadline: number;
  #advancing: boolean;
  /** Nothing is parsed any more; what still comes in is dropped, up to this many bytes. */
  #closing: boolean;
  #mayDrop: number;

  constructor(socket: Socket, door: Door) {
    this.peer = { ip: plainAddress(socket.remoteAddress), port: socket.remotePort ?? 0 };
    this.deadline = door.now + timeouts.head;
    this.#socket = socket;
    this.#door = door;
    this.#parser = new RequestParser(door.llhttp);
    this.#sent = () => this.#letGo();
    this.#pending = undefined;
    this.#at = 0;
    this.#call = undefined;
    this.#leaving = undefined;
    this.#pieces = [];
    this.#lastPieces = false;
    this.#requestDeadline = 0;
    this.#advancing = false;
    this.#closing = false;
    this.#mayDrop = drainedBytes;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('drain', () => this.#drained());
    socket.on('end', () => this.#clientEnded());
    socket.on('error', ignored);
    socket.on('close', () => this.#closed());
  }

  get date(): string {
    return this.#door.date;
  }

  get lastCall(): boolean {
    return this.#door.draining;
  }

  get #idle(): boolean {
    return this.#call === undefined && this.#leaving === undefined;
  }

  /** Whether it is the proxy, not the client, that makes the payload wait. */
  get #isWaitedFor(): boolean {
    return this.#call !== undefined && !this.#call.takes;
  }

  /** The door is closed: a connection that does nothing ends, another with its answer. */
  drain(): void {
    if (this.#idle && !this.#parser.begun) this.#socket.destroy();
  }

  cut(): void {
    this.#socket.destroy();
  }

  /** The deadline has passed. */
  expire(): void {
    const call = this.#call;
    const nothingToSay = this.#closing || this.#leaving !== undefined || call?.ended === true;
    if (nothingToSay || (call === undefined && !this.#parser.begun)) this.#socket.destroy();
    else if (this.#isWaitedFor && this.#door.now < this.#requestDeadline) this.deadline = this.#requestDeadline;
    else this.#refuse(flowFaults.requestTimeOut);
  }

  send(head: string, payload: Uint8Array | string | undefined, tail: string): boolean {
    const socket = this.#socket;
    const several = (head !== '' && payload !== undefined) || tail !== '';
    if (several) socket.cork();
    if (head !== '') socket.write(head, 'latin1');
    if (payload !== undefined) socket.write(payload);
    if (tail !== '') socket.write(tail, 'latin1');
    if (several) socket.uncork();
    if (!socket.writableNeedDrain) return true;
    this.deadline = this.#door.now + timeouts.idle;
    return false;
  }

  finish(call: SocketCall, text: string, payload: Uint8Array | string | undefined): void {
    const socket = this.#socket;
    this.#leaving = call;
    if (payload === undefined) socket.write(text, 'latin1', this.#sent);
    else if (payload.length <= joinedBytes) socket.write(joined(text, payload), this.#sent);
    else {
      socket.cork();
      socket.write(text, 'latin1');
      socket.write(payload, this.#sent);
      socket.uncork();
    }
    if (!call.keepAlive) this.#close();
    else if (!call.arrived) {
      this.deadline = this.#door.now + drainedMilliseconds;
      call.leaveRest();
    } else this.#call = undefined;
    if (socket.writableLength === 0) this.#letGo();
    else this.deadline = this.#door.now + timeouts.idle;
  }

  proceed(): void {
    if (this.#call?.arrived === false) this.#awaitPayload();
    this.#advance();
  }

  invite(): void {
    this.#socket.write('HTTP/1.1 100 Continue\r\n\r\n', 'latin1');
  }

  #receive(chunk: Buffer): void {
    if (this.#closing) {
      this.#mayDrop -= chunk.length;
      if (this.#mayDrop < 0) this.#socket.destroy();
      return;
    }
    this.#pending = this.#pending === undefined ? chunk : Buffer.concat([this.#pending.subarray(this.#at), chunk]);
    this.#at = 0;
    this.#advance();
  }

  /** Goes as far as it can; what it cannot go on with waits, and the client with it. */
  #advance(): void {
    if (this.#advancing) return;
    this.#advancing = true;
    while (!this.#closing && this.#step());
    this.#advancing = false;
    if (this.#closing) this.#pending = undefined;
    const socket = this.#socket;
    if (this.#pending !== undefined || this.#pieces.length > 0) socket.pause();
    else if (socket.isPaused()) socket.resume();
  }

  /** Does one thing; gives whether there may be another. */
  #step(): boolean {
    const call = this.#call;
    if (call !== undefined) {
      if (call.arrived || !call.takes) return false;
      const piece = this.#pieces.shift();
      if (piece !== undefined) {
        this.#pass(piece, call);
        return true;
      }
      if (this.#lastPieces) {
        this.#requestIn(call);
        return true;
      }
    } else if (this.#leaving !== undefined) return false;
    return this.#pending !== undefined && this.#parse(this.#pending);
  }

  #parse(pending: Buffer): boolean {
    const parser = this.#parser;
    const inPayload = this.#call !== undefined;
    const wasBegun = parser.begun;
    const stop = parser.run(pending, this.#at);
    this.#at += parser.used;
    if (this.#at >= pending.length) this.#pending = undefined;
    if (inPayload) this.#pieces = parser.pieces;
    switch (stop) {
      case Stop.more:
        if (inPayload) this.#awaitPayload();
        else if (!wasBegun) this.deadline = this.#door.now + timeouts.head;
        return this.#pending !== undefined || inPayload;
      case Stop.head:
        this.#requestDeadline = this.#door.now + timeouts.request;
        this.#awaitPayload();
        this.#begin();
        return true;
      case Stop.message:
        if (inPayload) this.#lastPieces = true;
        else this.#begin();
        return true;
      case Stop.tooBig:
        this.#refuse(inPayload ? flowFaults.requestTooBig : headersTooBig);
        return false;
      default:
        this.#refuse(badBytes);
        return false;
    }
  }

  #awaitPayload(): void {
    this.deadline = Math.min(this.#door.now + timeouts.idle, this.#requestDeadline);
  }

  #begin(): void {
    const call = new SocketCall(this, this.#parser);
    const { arrived } = call;
    this.#call = call;
    if (arrived) {
      this.deadline = Number.POSITIVE_INFINITY;
      this.#parser.next();
    }
    if (call.verb === 'CONNECT') this.#refuse(methodRefused);
    else this.#door.handle(call);
  }

  #pass(piece: Buffer, call: SocketCall): void {
    if (!call.discards) {
      call.take(piece);
      return;
    }
    this.#mayDrop -= piece.length;
    if (this.#mayDrop < 0) this.#socket.destroy();
  }

  #requestIn(call: SocketCall): void {
    this.#lastPieces = false;
    this.#mayDrop = drainedBytes;
    this.deadline = call.ended ? this.#door.now + timeouts.idle : Number.POSITIVE_INFINITY;
    this.#parser.next();
    call.takeEnd();
    if (call.ended && this.#call === call) this.#call = undefined;
  }

  /** The answer is with the system. */
  #letGo(): void {
    const call = this.#leaving;
    if (call === undefined) return;
    this.#leaving = undefined;
    if (!this.#closing && this.#call === undefined) this.deadline = this.#door.now + timeouts.idle;
    call.over(true);
    if (this.#door.draining) this.drain();
    this.#advance();
  }

  #drained(): void {
    const call = this.#call;
    if (call === undefined) return;
    this.deadline = call.arrived ? Number.POSITIVE_INFINITY : this.#door.now + timeouts.idle;
    call.writer?.drained();
  }

  /** Answers bytes that are no request, where that cannot end up inside another answer, and ends the connection. */
  #refuse(kind: FaultKind): void {
    const call = this.#call;
    if (call !== undefined && !call.answerable) {
      this.#socket.destroy();
      return;
    }
    this.#socket.write(rawAnswer(kind), 'latin1');
    this.#close();
    if (call !== this.#leaving) call?.over(false);
  }

  /**
   * Nothing more goes out. The client is given time to read it: closing while bytes come in would make a reset of it
   * (RFC 9112 section 9.6).
   */
  #close(): void {
    const call = this.#call;
    this.#closing = true;
    this.#call = undefined;
    this.#pieces = [];
    call?.loseRest();
    this.deadline = this.#door.now + drainedMilliseconds;
    this.#socket.end();
    this.#socket.resume();
  }

  /** A client that closes its side has gone, as far as anybody can tell. */
  #clientEnded(): void {
    if (this.#closing) return;
    const call = this.#call;
    if (call === undefined || call.ended) {
      if (call === undefined && this.#parser.begun) this.#refuse(badBytes);
      else this.#close();
    } else if (call.arrived) this.#socket.destroy();
    else this.#refuse(badBytes);
  }

  #closed(): void {
    this.#closing = true;
    this.#parser.close();
    this.#door.left(this);
    const calls = [this.#call, this.#leaving];
    this.#call = undefined;
    this.#leaving = undefined;
    for (const call of calls) {
      call?.loseRest();
      call?.over(false);
    }
  }
}

/** Up to this size copying a payload behind its head is cheaper than giving the system two pieces. */
const joinedBytes = 16 * 1024;

function joined(text: string, payload: Uint8Array | string): Buffer {
  const size = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length;
  const bytes = Buffer.allocUnsafe(text.length + size);
  bytes.write(text, 'latin1');
  if (typeof payload === 'string') bytes.write(payload, text.length);
  else bytes.set(payload, text.length);
  return bytes;
}

function ignored(): void {
  // The close that follows says all there is to say.
}
