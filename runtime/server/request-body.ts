import { Fault, flowFaults } from '../fault.ts';
import { Body, type BodyLimit, type BodySink, type BodySource } from '../message/body.ts';
import type { Call } from './call.ts';

/** The payload of a request as it comes in; empty when the head announces none. */
export function requestBody({ payload }: Call, limit: BodyLimit): Body {
  return payload === undefined ? Body.empty : Body.ofSource(new LimitedPayload(payload, limit), limit);
}

/** A payload of unknown length is counted as it passes: the limit holds whether or not a policy reads it. */
class LimitedPayload implements BodySource, BodySink {
  readonly declaredLength: number | undefined;
  readonly #payload: BodySource;
  readonly #limit: BodyLimit;
  #left: number;
  #sink: BodySink | undefined;

  constructor(payload: BodySource, limit: BodyLimit) {
    this.declaredLength = payload.declaredLength;
    this.#payload = payload;
    this.#limit = limit;
    this.#left = limit.bytes;
    this.#sink = undefined;
  }

  start(sink: BodySink): void {
    this.#sink = sink;
    this.#payload.start(this);
  }

  pause(): void {
    this.#payload.pause();
  }

  resume(): void {
    this.#payload.resume();
  }

  cancel(): void {
    this.#sink = undefined;
    this.#payload.cancel();
  }

  data(chunk: Uint8Array): void {
    this.#left -= chunk.length;
    if (this.#left >= 0) {
      this.#sink?.data(chunk);
      return;
    }
    const sink = this.#sink;
    this.cancel();
    sink?.error(new Fault(this.#limit.tooBig));
  }

  end(): void {
    this.#sink?.end();
  }

  error(error: Error): void {
    this.#sink?.error(error instanceof Fault ? error : new Fault(flowFaults.unexpectedEOF));
  }
}
