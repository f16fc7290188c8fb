import { constants, createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { type CallHandler, type Peer, plainAddress } from './call.ts';
import { maxHeadBytes, type Timeouts } from './front-door.ts';
import { Http2Call } from './http2-call.ts';
import type { DoorState } from './node-connection.ts';
import { tlsVariables } from './tls-variables.ts';

/** Requests of one connection that may run at the same time. RFC 9113 section 5.1.2 asks for no less than 100. */
const concurrentStreams = 100;
/** Of one connection, between two looks: what an honest client never does. CVE-2023-44487, CVE-2019-9512, CVE-2019-9515. */
const mostResets = 200;
const mostPings = 500;
const mostSettings = 50;
/** Megabytes that one connection may hold. */
const sessionMemory = 10;

/** A connection and what its client has done to it since the last look. */
interface Watch {
  readonly peer: Peer;
  streams: number;
  resets: number;
  pings: number;
  settings: number;
}

/** Connections that speak HTTP/2. Each stream is a call; they share nothing but their connection. */
export class Http2Sessions {
  readonly #server: Http2Server;
  readonly #watched = new Map<ServerHttp2Session, Watch>();

  constructor(handle: CallHandler, timeouts: Timeouts, door: DoorState) {
    this.#server = createServer({
      settings: { maxConcurrentStreams: concurrentStreams, maxHeaderListSize: maxHeadBytes, enablePush: false },
      maxSessionMemory: sessionMemory,
      // Bytes are the bound for headers, not their number; the smallest field is 33 of them (RFC 9113 section 6.5.2).
      maxHeaderListPairs: Math.ceil(maxHeadBytes / 33),
      maxOutstandingPings: 10,
      // Not in the types: answers that are owed, frames that make no sense, streams opened beyond the limit.
      ...{ maxOutstandingSettings: 10, maxSessionInvalidFrames: 100, maxSessionRejectedStreams: 100 },
    });
    this.#server.on('session', (session) => this.#watch(session, timeouts.idle));
    this.#server.on('stream', (stream: ServerHttp2Stream, _headers: unknown, _flags: unknown, rawHeaders: unknown) => {
      // Undefined once the stream is closed.
      const session = stream.session as ServerHttp2Session | undefined;
      const watch = session === undefined ? undefined : this.#watched.get(session);
      if (session === undefined || watch === undefined || door.draining) {
        stream.close(constants.NGHTTP2_REFUSED_STREAM);
        return;
      }
      const call = new Http2Call(stream, rawHeaders as string[], watch.peer, timeouts.stalled);
      this.#count(stream, call, session, watch);
      handle(call);
    });
    // A connection that its client breaks is nothing to report: its calls are told.
    this.#server.on('sessionError', (_error, session) => session.destroy());
  }

  accept(socket: TLSSocket): void {
    this.#server.emit('connection', socket);
  }

  /** Begins a new span of counting. */
  look(): void {
    for (const watch of this.#watched.values()) watch.resets = watch.pings = watch.settings = 0;
  }

  /** No new requests: clients are told (GOAWAY), running ones go on. */
  drain(): void {
    for (const session of this.#watched.keys()) session.close();
  }

  destroy(): void {
    for (const session of this.#watched.keys()) session.destroy();
  }

  #watch(session: ServerHttp2Session, idle: number): void {
    const socket = session.socket as TLSSocket;
    const peer: Peer = {
      ip: plainAddress(socket.remoteAddress),
      port: socket.remotePort ?? 0,
      scheme: 'https',
      tls: tlsVariables(socket),
    };
    const watch: Watch = { peer, streams: 0, resets: 0, pings: 0, settings: 0 };
    this.#watched.set(session, watch);
    session.on('close', () => this.#watched.delete(session));
    session.on('ping', () => {
      if (++watch.pings > mostPings) calm(session);
    });
    session.on('remoteSettings', () => {
      if (++watch.settings > mostSettings) calm(session);
    });
    session.setTimeout(idle, () => {
      if (watch.streams === 0) session.close();
    });
  }

  #count(stream: ServerHttp2Stream, call: Http2Call, session: ServerHttp2Session, watch: Watch): void {
    watch.streams++;
    stream.once('close', () => {
      watch.streams--;
      if (call.isOut) return;
      // Also what a client has us reset, by frames that are wrong (CVE-2025-8671).
      if (++watch.resets > mostResets) calm(session);
    });
  }
}

/** Ends a connection whose client makes work for nothing. RFC 9113 section 10.5. */
function calm(session: ServerHttp2Session): void {
  session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  session.destroy();
}
