import { Fault, flowFaults } from '../fault.ts';
import type { BodySink, BodySource } from '../message/body.ts';
import { EventSplitter } from '../message/event-splitter.ts';
import type { Answer } from '../state/answer.ts';

/** Bytes one event may have. zerohop's choice, as large as a payload that is buffered. */
export const mostEventBytes = 10 * 1024 * 1024;

/** What is done to one event: the bytes that go on, and whether it is the last one. */
export interface Passed {
  readonly bytes: Uint8Array;
  readonly ends: boolean;
}

/** Told an event as it came, with the blank line that ends it. Throws or rejects to break the stream off. */
export type PassEvent = (event: Buffer) => Answer<Passed>;

/**
 * A stream of server-sent events on its way through an EventFlow: each event goes on once it is through, in order, one at
 * a time. Whoever takes the events sets the pace, and so does a policy that takes its time: the source waits.
 */
export class EventStream implements BodySource, BodySink {
  readonly declaredLength = undefined;
  readonly #source: BodySource;
  readonly #pass: PassEvent;
  readonly #splitter = new EventSplitter();
  #sink: BodySink | undefined;
  #waiting: Buffer[] = [];
  #busy = false;
  #paused = false;
  #held = false;
  #ended = false;
  #failure: Error | undefined;

  constructor(source: BodySource, pass: PassEvent) {
    this.#source = source;
    this.#pass = pass;
  }

  start(sink: BodySink): void {
    this.#sink = sink;
    this.#source.start(this);
  }

  pause(): void {
    this.#paused = true;
    this.#hold();
  }

  resume(): void {
    this.#paused = false;
    this.#pump();
  }

  cancel(): void {
    this.#sink = undefined;
    this.#waiting = [];
    this.#source.cancel();
  }

  data(chunk: Uint8Array): void {
    if (this.#sink === undefined) return;
    this.#waiting.push(...this.#splitter.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)));
    if (this.#splitter.pending > mostEventBytes) {
      this.#source.cancel();
      this.#failure = new Fault(flowFaults.responseTooBig, 'A server-sent event is too large');
    }
    this.#pump();
  }

  /** An event that lacks its blank line at the end is one all the same. zerohop's choice. */
  end(): void {
    const rest = this.#splitter.rest();
    if (rest.length > 0) this.#waiting.push(rest);
    this.#ended = true;
    this.#pump();
  }

  error(error: Error): void {
    this.#failure = error;
    this.#pump();
  }

  #pump(): void {
    if (this.#busy) return;
    this.#busy = true;
    while (this.#sink !== undefined && !this.#paused) {
      const event = this.#waiting.shift();
      if (event === undefined) break;
      let passed: Answer<Passed>;
      try {
        passed = this.#pass(event);
      } catch (error) {
        this.#break(error);
        break;
      }
      if (passed instanceof Promise) {
        this.#hold();
        passed.then(
          (one) => this.#goOn(one),
          (error: unknown) => {
            this.#busy = false;
            this.#break(error);
          },
        );
        return;
      }
      this.#emit(passed);
    }
    this.#busy = false;
    this.#settle();
  }

  #goOn(passed: Passed): void {
    this.#busy = false;
    this.#emit(passed);
    this.#pump();
  }

  #emit({ bytes, ends }: Passed): void {
    if (bytes.length > 0) this.#sink?.data(bytes);
    if (!ends) return;
    this.#source.cancel();
    this.#waiting = [];
    this.#close((sink) => sink.end());
  }

  #break(error: unknown): void {
    this.#source.cancel();
    this.#waiting = [];
    this.#close((sink) => sink.error(error instanceof Error ? error : new Error(String(error))));
  }

  /** All that came has gone on, as far as it could. */
  #settle(): void {
    if (this.#sink === undefined) return;
    const failure = this.#failure;
    if (this.#paused || this.#waiting.length > 0) this.#hold();
    else if (failure !== undefined) this.#close((sink) => sink.error(failure));
    else if (this.#ended) this.#close((sink) => sink.end());
    else if (this.#held) {
      this.#held = false;
      this.#source.resume();
    }
  }

  #hold(): void {
    if (this.#held || this.#ended || this.#failure !== undefined) return;
    this.#held = true;
    this.#source.pause();
  }

  #close(say: (sink: BodySink) => void): void {
    const sink = this.#sink;
    this.#sink = undefined;
    if (sink !== undefined) say(sink);
  }
}

/** A payload that is in memory already. */
export function sourceOfBytes(bytes: Buffer): BodySource {
  return {
    declaredLength: bytes.length,
    start: (sink) => {
      sink.data(bytes);
      sink.end();
    },
    pause: () => undefined,
    resume: () => undefined,
    cancel: () => undefined,
  };
}
