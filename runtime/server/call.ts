import type { Duplex } from 'node:stream';
import type { BodySource } from '../message/body.ts';

/** The other end of a connection. */
export interface Peer {
  /** An IPv4 address that came in over an IPv6 socket is shown as what it is. */
  readonly ip: string;
  readonly port: number;
  readonly scheme: 'http' | 'https';
  /** What TLS told (flow variables `tls.*`, `client.cn` ...), by variable name; undefined without TLS. */
  readonly tls: ReadonlyMap<string, string> | undefined;
}

/**
 * One request and the answer to it, whichever door it came in by. A door hands over calls whose framing is sound, keeps
 * the order of answers, and never lets the bytes of one call become part of another.
 */
export interface Call {
  readonly verb: string;
  /** As in the request line. */
  readonly target: string;
  /** `1.1`, without `HTTP/`; `2` where a version has no second number (RFC 9113). */
  readonly version: string;
  /** Flat `[name, value, ...]`, as received; trailers are not among them. */
  readonly rawHeaders: readonly string[];
  readonly peer: Peer;
  /**
   * Undefined when the head announces no payload (RFC 9112 section 6.3). One consumer may start it. A client that goes
   * away before the end is an error, never an end.
   */
  readonly payload: BodySource | undefined;
  /** The protocol the client asks to switch to (RFC 9110 section 7.8), one that is passed through; else undefined. */
  readonly upgrade: string | undefined;
  /** Told of the end of the call; set as soon as it is handed over. */
  watcher: CallWatcher | undefined;
  /** Told of the connection while a payload goes out piece by piece. */
  writer: CallWriter | undefined;
  /** Whether the head of the answer was written, and its status. */
  readonly headSent: boolean;
  readonly status: number;
  /** Nobody is there any more to send to. */
  readonly gone: boolean;
  /**
   * Takes in what is left of the payload, up to a bound in bytes and time; beyond that the connection is closed.
   * @param done called once it is in; an answer that ends only then is not lost to a reset, which is what a client gets
   *   that still sends while its connection is closed (RFC 9112 section 9.6)
   */
  discardRest(done: () => void): void;
  /** No other request is taken from this connection. Before the head is written. */
  closeAfter(): void;
  /**
   * The head of the answer; it goes out with the first bytes of the payload. Fields of the connection are the door's.
   * @throws TypeError when a text cannot be written as it is
   */
  writeHead(status: number, reason: string, fields: readonly string[]): void;
  /** Gives false when the client reads slowly: `drained` follows. */
  write(chunk: Uint8Array | string): boolean;
  end(payload: Uint8Array | string | undefined): void;
  /** Breaks the connection: what was sent must not look complete. */
  abort(): void;
  /**
   * Answers 101 and joins the connection with the other one; the call ends when they do. Only when `upgrade` was asked.
   * @throws TypeError as `writeHead` does
   */
  switchProtocols(reason: string, fields: readonly string[], other: Duplex): void;
}

export interface CallWatcher {
  /** Once: the answer is out, or the connection broke before. */
  closed(complete: boolean): void;
}

export interface CallWriter {
  drained(): void;
  closed(): void;
}

/** What a door runs for every request. */
export type CallHandler = (call: Call) => void;

export function plainAddress(address: string | undefined): string {
  if (address === undefined) return '';
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}

/** What the head says of the payload (RFC 9112 section 6.3): its length, 0 for none, -1 when it is not known. */
export function announcedLength(rawHeaders: readonly string[]): number {
  let length = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (name.length === 14) {
      if (name.toLowerCase() === 'content-length') length = Number(rawHeaders[at + 1]);
    } else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') return -1;
  }
  return length;
}

/** Bytes and milliseconds of a payload nobody reads that are still taken in, so that the client sees the answer. */
export const drainedBytes = 32 * 1024 * 1024;
export const drainedMilliseconds = 10_000;
