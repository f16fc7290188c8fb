import type { IncomingMessage } from 'node:http';
import { Fault, flowFaults } from '../fault.ts';
import type { BodySink, BodySource } from '../message/body.ts';
import { drainedBytes, drainedMilliseconds } from './call.ts';

/** Passes the chunks of a request on. */
export class NodePayload implements BodySource {
  readonly declaredLength: number | undefined;
  readonly #request: IncomingMessage;
  /** Called before the first chunk is asked for: a client may wait for that. */
  readonly #begin: (() => void) | undefined;
  #sink: BodySink | undefined;

  constructor(request: IncomingMessage, declaredLength: number | undefined, begin: (() => void) | undefined) {
    this.declaredLength = declaredLength;
    this.#request = request;
    this.#begin = begin;
    this.#sink = undefined;
  }

  /** More of it is wanted, and has not come. */
  get isAwaited(): boolean {
    return this.#sink !== undefined && !this.#request.isPaused();
  }

  start(sink: BodySink): void {
    const request = this.#request;
    this.#sink = sink;
    if (request.destroyed && !request.readableEnded) {
      this.fail(flowFaults.unexpectedEOF);
      return;
    }
    this.#begin?.();
    request.on('data', (chunk: Buffer) => this.#sink?.data(chunk));
    request.on('end', () => {
      const last = this.#sink;
      this.#sink = undefined;
      last?.end();
    });
    const cutOff = (): void => this.fail(flowFaults.unexpectedEOF);
    request.on('error', cutOff);
    request.on('close', cutOff);
  }

  pause(): void {
    this.#request.pause();
  }

  resume(): void {
    this.#request.resume();
  }

  cancel(): void {
    this.#sink = undefined;
    discardRest(this.#request, ignoreLate);
  }

  fail(kind: typeof flowFaults.unexpectedEOF | typeof flowFaults.requestTimeOut): void {
    const last = this.#sink;
    this.#sink = undefined;
    last?.error(new Fault(kind));
  }
}

/** Takes in what is left of a request, within bounds; `done` is called once it is all here. */
export function discardRest(request: IncomingMessage, done: () => void): void {
  if (request.readableEnded || request.destroyed) {
    done();
    return;
  }
  request.removeAllListeners('data');
  let left = drainedBytes;
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.socket.destroySoon();
  });
  request.on('error', ignoreLate);
  const late = setTimeout(() => request.socket.destroySoon(), drainedMilliseconds);
  request.on('end', done);
  request.on('close', () => clearTimeout(late));
  request.resume();
}

function ignoreLate(): void {
  // The answer is decided: how the rest of the request ends changes nothing.
}
