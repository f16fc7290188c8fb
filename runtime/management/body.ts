import type { IncomingMessage } from 'node:http';
import { ApiError } from './failure.ts';

/** What a body may take. */
export interface BodyLimits {
  /** Bytes. */
  readonly size: number;
  /** Milliseconds until all of it must be here. */
  readonly time: number;
}

/**
 * The whole body, counted while it comes in.
 * @param begin called when it is wanted: a sender may wait for that
 * @throws ApiError 413, 408
 */
export async function readBody(
  request: IncomingMessage,
  { size, time }: BodyLimits,
  begin: () => void = () => undefined,
): Promise<Buffer> {
  // Refused before a byte is read, when the sender says how long it is.
  if (Number(request.headers['content-length'] ?? 0) > size) throw tooLarge(size);
  begin();
  const chunks: Buffer[] = [];
  let length = 0;
  return new Promise((resolve, reject) => {
    const settle = (done: () => void): void => {
      clearTimeout(timer);
      request.off('data', take).off('end', finish).off('error', fail).off('aborted', abandon);
      done();
    };
    const take = (chunk: Buffer): void => {
      length += chunk.length;
      if (length > size) settle(() => reject(tooLarge(size)));
      else chunks.push(chunk);
    };
    const finish = (): void => settle(() => resolve(Buffer.concat(chunks)));
    const fail = (error: Error): void => settle(() => reject(error));
    const abandon = (): void => settle(() => reject(new ApiError(400, 'request.Aborted', 'The upload broke off.')));
    const timer = setTimeout(() => settle(() => reject(tooSlow(time))), time);
    request.on('data', take).on('end', finish).on('error', fail).on('aborted', abandon);
  });
}

function tooLarge(size: number): ApiError {
  return new ApiError(413, 'request.TooLarge', `The body is larger than ${size / 1024 / 1024} MB.`);
}

function tooSlow(time: number): ApiError {
  return new ApiError(408, 'request.TooSlow', `The body was not complete within ${time / 1000} s.`);
}

/** Milliseconds that an unread body is let in, so that its sender gets to read the answer before the connection goes. */
const lingerMilliseconds = 1000;

/** Ends a connection whose request body is not read to its end. */
export function lingerAndClose(request: IncomingMessage): void {
  if (request.complete) return;
  request.resume();
  const timer = setTimeout(() => request.destroy(), lingerMilliseconds);
  request.once('close', () => clearTimeout(timer));
}
