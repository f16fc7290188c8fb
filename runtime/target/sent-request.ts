import type { Meter, NetworkRequest, NetworkSpan } from '../message/span.ts';

/** One request over the network as it is measured and traced, from before it is sent to its last byte. */
export class SentRequest {
  readonly #request: NetworkRequest;
  readonly #meter: Meter | undefined;
  readonly #span: NetworkSpan | undefined;
  readonly #began: number;

  private constructor(request: NetworkRequest, meter: Meter | undefined, span: NetworkSpan | undefined) {
    this.#request = request;
    this.#meter = meter;
    this.#span = span;
    this.#began = performance.now();
  }

  /** Undefined when nobody wants to know. */
  static follow(request: NetworkRequest): SentRequest | undefined {
    const { surroundings, span } = request.exchange;
    if (surroundings.meter === undefined && span === undefined) return undefined;
    return new SentRequest(request, surroundings.meter, span?.sent(request));
  }

  /** The header fields to send, in a list of their own. */
  fields(headers: readonly string[]): string[] {
    return this.#span === undefined ? [...headers] : this.#span.fields(headers);
  }

  /** @param status 0: there was no response */
  over(status: number, failure: Error | undefined): void {
    this.#meter?.sent(this.#request, status, performance.now() - this.#began);
    this.#span?.end(status, failure);
  }
}
