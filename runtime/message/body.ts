import type { Duplex } from 'node:stream';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { Fault, type FaultKind, flowFaults } from '../fault.ts';
import { parseJson } from '../json-depth.ts';

/**
 * Bytes that arrive over time. Nothing flows before `start`; the source then pushes into its sink, in order, ending with
 * exactly one `end` or `error`. A connection is one of these instead of a Node stream: passing a chunk on is a call.
 */
export interface BodySource {
  /** The length the sender declared, in bytes; undefined when it did not. */
  readonly declaredLength: number | undefined;
  /** The connection itself, after a 101: what comes and goes over it from now on is no message (RFC 9110 section 7.8). */
  readonly tunnel?: Duplex | undefined;
  start(sink: BodySink): void;
  pause(): void;
  resume(): void;
  /** Nobody wants the rest. No call to the sink follows. */
  cancel(): void;
}

export interface BodySink {
  data(chunk: Uint8Array): void;
  end(): void;
  error(error: Error): void;
}

/** What a body may be buffered up to, and the fault when it is larger. */
export interface BodyLimit {
  readonly bytes: number;
  readonly tooBig: FaultKind;
}

const emptyBytes = Buffer.alloc(0);

/**
 * A message's payload: in memory (bytes, text, or both) or still arriving. Content never changes, a policy that writes
 * gives the message another Body; so messages of a chain share one by reference.
 */
export class Body {
  #bytes: Buffer | undefined;
  #text: string | undefined;
  #source: BodySource | undefined;
  #limit: BodyLimit;
  #arriving: Promise<void> | undefined;
  #json: { value: unknown } | undefined;

  private constructor(
    bytes: Buffer | undefined,
    text: string | undefined,
    source: BodySource | undefined,
    limit: BodyLimit,
  ) {
    this.#bytes = bytes;
    this.#text = text;
    this.#source = source;
    this.#limit = limit;
    this.#arriving = undefined;
    this.#json = undefined;
  }

  static readonly empty: Body = new Body(emptyBytes, '', undefined, { bytes: 0, tooBig: flowFaults.requestTooBig });

  static ofText(text: string): Body {
    return text === '' ? Body.empty : new Body(undefined, text, undefined, noLimit);
  }

  static ofBytes(bytes: Buffer): Body {
    return bytes.length === 0 ? Body.empty : new Body(bytes, undefined, undefined, noLimit);
  }

  static ofSource(source: BodySource, limit: BodyLimit): Body {
    return new Body(undefined, undefined, source, limit);
  }

  /** Still to arrive: the one consumer is either `buffer` or whoever passes it on. */
  get source(): BodySource | undefined {
    return this.#source;
  }

  get limit(): BodyLimit {
    return this.#limit;
  }

  get inMemory(): boolean {
    return this.#source === undefined;
  }

  get isEmpty(): boolean {
    return this.#source === undefined && (this.#bytes === undefined ? this.#text === '' : this.#bytes.length === 0);
  }

  /** Takes the source out, to pass it on unread. The body is empty afterwards. */
  takeSource(): BodySource | undefined {
    const source = this.#source;
    if (source !== undefined) {
      this.#source = undefined;
      this.#bytes = emptyBytes;
    }
    return source;
  }

  /** Shows somebody the bytes of a payload that is still to arrive, on their way to whoever reads it. */
  observe(see: (chunk: Uint8Array) => void): void {
    const source = this.#source;
    // What goes over a tunnel is no payload.
    if (source === undefined || source.tunnel !== undefined || this.#arriving !== undefined) return;
    this.#source = {
      declaredLength: source.declaredLength,
      start: (sink) =>
        source.start({
          data: (chunk) => {
            see(chunk);
            sink.data(chunk);
          },
          end: () => sink.end(),
          error: (error) => sink.error(error),
        }),
      pause: () => source.pause(),
      resume: () => source.resume(),
      cancel: () => source.cancel(),
    };
  }

  /** Nobody will read it: its source is let go. A payload on its way into memory arrives all the same. */
  discard(): void {
    if (this.#arriving === undefined) this.takeSource()?.cancel();
  }

  /**
   * Brings the payload into memory, once; later calls wait for the same arrival.
   * @throws Fault protocol.http.TooBigBody, or what the source reports
   */
  buffer(): undefined | Promise<void> {
    if (this.#source === undefined) return undefined;
    this.#arriving ??= this.#collect(this.#source);
    return this.#arriving;
  }

  /** The bytes as they came. Only for a body in memory. */
  get bytes(): Buffer {
    if (this.#bytes === undefined) this.#bytes = Buffer.from(this.#text ?? '', 'utf8');
    return this.#bytes;
  }

  /** Bytes when it is cheaper to hand over bytes, else the text: what a socket write takes. */
  get outgoing(): Buffer | string {
    return this.#bytes ?? this.#text ?? emptyBytes;
  }

  /** Length in bytes of a body in memory. */
  get length(): number {
    return this.#bytes === undefined ? Buffer.byteLength(this.#text ?? '') : this.#bytes.length;
  }

  /**
   * The payload as text.
   * @param encoding value of Content-Encoding; decoded first
   * @param charset of the Content-Type; UTF-8 unless it names a Latin-1
   * @throws Fault when the bytes do not fit the encoding
   */
  text(encoding: string | undefined, charset: string | undefined): string {
    if (this.#text === undefined) {
      const plain = this.decoded(encoding);
      this.#text = charset === 'iso-8859-1' || charset === 'latin1' ? plain.toString('latin1') : plain.toString('utf8');
    }
    return this.#text;
  }

  /**
   * The bytes with the content coding taken off (RFC 9110 section 8.4.1).
   * @throws Fault DecompressionFailureAtRequest / AtResponse, UnsupportedEncoding, TooBigBody
   */
  decoded(encoding: string | undefined): Buffer {
    const bytes = this.bytes;
    if (encoding === undefined || bytes.length === 0) return bytes;
    const coding = encoding.trim().toLowerCase();
    if (coding === '' || coding === 'identity') return bytes;
    const atRequest = this.#limit.tooBig.status === flowFaults.requestTooBig.status;
    const options = { maxOutputLength: this.#limit.bytes };
    try {
      if (coding === 'gzip' || coding === 'x-gzip') return gunzipSync(bytes, options);
      if (coding === 'deflate') return inflateSync(bytes, options);
      if (coding === 'br') return brotliDecompressSync(bytes, options);
    } catch (error) {
      if (error instanceof RangeError) throw new Fault(this.#limit.tooBig);
      throw new Fault(atRequest ? flowFaults.decompressionFailureAtRequest : flowFaults.decompressionFailureAtResponse);
    }
    const kind = atRequest ? flowFaults.unsupportedEncodingAtRequest : flowFaults.unsupportedEncodingAtResponse;
    throw new Fault(kind, `Unsupported Encoding "${coding}"`);
  }

  /** The payload as parsed JSON, parsed once. @throws SyntaxError, also for JSON that is nested too deeply */
  json(text: string): unknown {
    this.#json ??= { value: parseJson(text) };
    return this.#json.value;
  }

  #collect(source: BodySource): Promise<void> {
    const limit = this.#limit;
    return new Promise((resolve, reject) => {
      if (source.declaredLength !== undefined && source.declaredLength > limit.bytes) {
        source.cancel();
        this.#finish(emptyBytes);
        reject(new Fault(limit.tooBig));
        return;
      }
      const chunks: Uint8Array[] = [];
      let size = 0;
      source.start({
        data: (chunk) => {
          size += chunk.length;
          if (size > limit.bytes) {
            source.cancel();
            this.#finish(emptyBytes);
            reject(new Fault(limit.tooBig));
            return;
          }
          chunks.push(chunk);
        },
        end: () => {
          this.#finish(Buffer.concat(chunks, size));
          resolve();
        },
        error: (error) => {
          this.#finish(emptyBytes);
          reject(error);
        },
      });
    });
  }

  #finish(bytes: Buffer): void {
    this.#source = undefined;
    this.#bytes = bytes;
  }
}

const noLimit: BodyLimit = { bytes: 30 * 1024 * 1024, tooBig: flowFaults.requestTooBig };
