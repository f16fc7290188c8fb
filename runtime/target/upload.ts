import { Fault, flowFaults } from '../fault.ts';
import type { BodyLimit, BodySink, BodySource } from '../message/body.ts';

/**
 * A payload that is still arriving, as the async iterable that undici writes from: one chunk ahead, the source paused
 * meanwhile. Nothing is taken from the source before the first chunk is asked for, so an upload that has not begun can
 * be sent over another connection.
 */
export class Upload implements BodySink, AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  readonly #source: BodySource;
  readonly #limit: BodyLimit;
  #size = 0;
  #chunks: Uint8Array[] = [];
  #started = false;
  #ended = false;
  #failure: Error | undefined;
  #waiting: { resolve(result: IteratorResult<Uint8Array>): void; reject(error: Error): void } | undefined;

  /** @throws Fault the limit's, when more was declared than may come */
  constructor(source: BodySource, limit: BodyLimit) {
    this.#source = source;
    this.#limit = limit;
    if (source.declaredLength === undefined || source.declaredLength <= limit.bytes) return;
    source.cancel();
    throw new Fault(limit.tooBig);
  }

  get declaredLength(): number | undefined {
    return this.#source.declaredLength;
  }

  get started(): boolean {
    return this.#started;
  }

  /** The whole payload was handed over. */
  get complete(): boolean {
    return this.#ended && this.#chunks.length === 0;
  }

  /** Whatever was not taken is not wanted. */
  cancel(): void {
    if (this.#ended || this.#failure !== undefined) return;
    this.#fail(new Fault(flowFaults.unexpectedEOF));
    this.#source.cancel();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    if (!this.#started) {
      this.#started = true;
      this.#source.start(this);
    }
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) {
      if (this.#chunks.length === 0 && !this.#ended) this.#source.resume();
      return Promise.resolve({ value: chunk, done: false });
    }
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#ended) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    this.cancel();
    return Promise.resolve({ value: undefined, done: true });
  }

  data(chunk: Uint8Array): void {
    this.#size += chunk.length;
    if (this.#size > this.#limit.bytes) {
      this.#source.cancel();
      this.#fail(new Fault(this.#limit.tooBig));
      return;
    }
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) {
      waiting.resolve({ value: chunk, done: false });
      return;
    }
    this.#chunks.push(chunk);
    this.#source.pause();
  }

  end(): void {
    this.#ended = true;
    this.#waiting?.resolve({ value: undefined, done: true });
    this.#waiting = undefined;
  }

  /** The client broke off: the target must not take for complete what it has got. */
  error(error: Error): void {
    this.#fail(error instanceof Fault ? error : new Fault(flowFaults.unexpectedEOF));
  }

  #fail(error: Error): void {
    this.#failure = error;
    this.#chunks = [];
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}
