import { announcedLength } from './call.ts';
import { maxHeadBytes } from './front-door.ts';
import type { Llhttp, Notes } from './llhttp.ts';

/** Why parsing stopped. */
export const Stop = {
  /** All bytes are used, the message goes on. */
  more: 0,
  /** The head is complete; the payload it announces follows. */
  head: 1,
  /** The message is complete; what follows belongs to the next one. */
  message: 2,
  /** No request. Nothing after this may be parsed. */
  bad: 3,
  tooBig: 4,
} as const;
export type Stop = (typeof Stop)[keyof typeof Stop];

/** Bytes that may surround a payload: chunk sizes, extensions and trailers, and so many for each byte of payload. */
const framingBytes = 16 * 1024;
const framingPerByte = 8;

/** Takes requests off the bytes of one connection, one after the other. */
export class RequestParser implements Notes {
  verb: string;
  target: string;
  version: string;
  fields: string[];
  /** Length of the payload, 0 for none, -1 when it is not known. */
  length: number;
  /** Whether another request may follow on the connection. */
  keepAlive: boolean;
  /** Pieces of the payload that were found in the last run. */
  pieces: Buffer[];
  readonly #llhttp: Llhttp;
  readonly #parser: number;
  #inHead: boolean;
  #inName: boolean;
  #complete: boolean;
  #headBytes: number;
  #payloadBytes: number;
  #usedBytes: number;
  #tooBig: boolean;

  constructor(llhttp: Llhttp) {
    this.verb = '';
    this.target = '';
    this.version = '';
    this.fields = [];
    this.length = 0;
    this.keepAlive = true;
    this.pieces = [];
    this.#llhttp = llhttp;
    this.#parser = llhttp.open();
    this.#inHead = true;
    this.#inName = false;
    this.#complete = false;
    this.#headBytes = 0;
    this.#payloadBytes = 0;
    this.#usedBytes = 0;
    this.#tooBig = false;
  }

  /** Bytes that the last run used. */
  get used(): number {
    return this.#llhttp.used;
  }

  /** Whether a part of a head has come in. */
  get begun(): boolean {
    return this.#headBytes > 0;
  }

  /** Gets ready for the next request. */
  next(): void {
    this.target = '';
    this.fields = [];
    this.#inHead = true;
    this.#inName = false;
    this.#complete = false;
    this.#headBytes = 0;
    this.#payloadBytes = 0;
    this.#usedBytes = 0;
  }

  run(chunk: Buffer, from: number): Stop {
    const llhttp = this.#llhttp;
    const inPayload = !this.#inHead;
    if (inPayload) this.pieces = [];
    const code = llhttp.run(this.#parser, this, chunk, from, !inPayload);
    if (inPayload) {
      this.#usedBytes += llhttp.used;
      if (this.#usedBytes > framingBytes + (framingPerByte + 1) * this.#payloadBytes) return Stop.tooBig;
    }
    if (code === llhttp.ok) return Stop.more;
    if (code === llhttp.paused) return this.#complete ? Stop.message : Stop.head;
    return this.#tooBig ? Stop.tooBig : Stop.bad;
  }

  close(): void {
    this.#llhttp.close(this.#parser);
  }

  onTarget(text: string): number {
    this.target = this.target === '' ? text : this.target + text;
    return this.#count(text.length);
  }

  onName(text: string): number {
    if (this.#inHead) {
      const { fields } = this;
      if (this.#inName) fields[fields.length - 1] += text;
      else fields.push(text);
      this.#inName = true;
    }
    return this.#count(text.length);
  }

  /** Trailers are dropped: merged with the fields of the head they could change what it means (RFC 9110 section 6.5). */
  onValue(text: string): number {
    if (this.#inHead) {
      const { fields } = this;
      if (this.#inName) fields.push(text);
      else fields[fields.length - 1] += text;
      this.#inName = false;
    }
    return this.#count(text.length);
  }

  onHead(upgrade: boolean, keepAlive: boolean): number {
    const llhttp = this.#llhttp;
    this.#inHead = false;
    this.verb = llhttp.verb(this.#parser);
    this.version = llhttp.version(this.#parser);
    this.length = announcedLength(this.fields);
    // No other protocol is spoken here: what follows such a request is never read as anything. And after chunks from a
    // client of HTTP/1.0 its framing is not trusted (RFC 9112 section 6.1).
    this.keepAlive = keepAlive && !upgrade && (this.length !== -1 || this.version === '1.1');
    return this.length === 0 ? llhttp.ok : llhttp.paused;
  }

  onBody(bytes: Buffer): number {
    this.pieces.push(bytes);
    this.#payloadBytes += bytes.length;
    return this.#llhttp.ok;
  }

  onComplete(): number {
    this.#complete = true;
    return this.#llhttp.paused;
  }

  /** Field lines have a colon, a blank and a line end besides. */
  #count(length: number): number {
    this.#headBytes += length + 2;
    if (this.#headBytes <= maxHeadBytes) return this.#llhttp.ok;
    this.#tooBig = true;
    return this.#llhttp.refused;
  }
}
