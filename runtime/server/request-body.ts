import type { IncomingMessage } from 'node:http';
import { Fault, flowFaults } from '../fault.ts';
import { Body, type BodyLimit, type BodySink, type BodySource } from '../message/body.ts';

/** Bytes of a request that nobody reads which are still taken in, so that the client sees the answer and not a reset. */
const drainedBytes = 32 * 1024 * 1024;
const drainedMilliseconds = 10_000;

/** Whether the head of a request announces a payload (RFC 9112 section 6.3). */
export function announcesPayload({ headers }: IncomingMessage): boolean {
  const declared = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (declared !== undefined && declared !== '0');
}

/** The payload of a request as it comes in; empty when the head announces none, and then no listener is attached. */
export function requestBody(request: IncomingMessage, limit: BodyLimit): Body {
  if (!announcesPayload(request)) return Body.empty;
  const declared = request.headers['content-length'];
  return Body.ofSource(new RequestBody(request, declared === undefined ? undefined : Number(declared), limit), limit);
}

/** Passes the chunks of a request on; a client that goes away before the end is an error, never an end. */
class RequestBody implements BodySource {
  readonly declaredLength: number | undefined;
  readonly #request: IncomingMessage;
  readonly #limit: BodyLimit;

  constructor(request: IncomingMessage, declaredLength: number | undefined, limit: BodyLimit) {
    this.#request = request;
    this.declaredLength = declaredLength;
    this.#limit = limit;
  }

  start(sink: BodySink): void {
    const request = this.#request;
    if (request.destroyed && !request.readableEnded) {
      sink.error(new Fault(flowFaults.unexpectedEOF));
      return;
    }
    let over = false;
    let left = this.#limit.bytes;
    const fail = (): void => {
      if (over) return;
      over = true;
      sink.error(new Fault(flowFaults.unexpectedEOF));
    };
    request.on('data', (chunk: Buffer) => {
      if (over) return;
      left -= chunk.length;
      if (left >= 0) {
        sink.data(chunk);
        return;
      }
      // A payload of unknown length is counted as it passes: the limit holds whether or not a policy reads it.
      over = true;
      sink.error(new Fault(this.#limit.tooBig));
      discardRest(request);
    });
    request.on('end', () => {
      if (over) return;
      over = true;
      sink.end();
    });
    request.on('error', fail);
    request.on('close', fail);
  }

  pause(): void {
    this.#request.pause();
  }

  resume(): void {
    this.#request.resume();
  }

  cancel(): void {
    discardRest(this.#request);
  }
}

/**
 * Takes in what is left of a request, up to a bound in bytes and time; beyond that the connection is closed.
 * @param done called once the request is over; an answer that ends only then is not lost to a reset, which is what a
 *   client gets that still sends while its connection is closed (RFC 9112 section 9.6)
 */
export function discardRest(request: IncomingMessage, done: () => void = ignoreLate): void {
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
