import type { Socket } from 'node:net';

const start = Buffer.from('HTTP/1.1 100');
const end = '\r\n\r\n';
/** Bytes an interim response may have before it is left to the parser, which refuses it. */
const longest = 8 * 1024;

/** Whether the next bytes of a connection are the beginning of a response. Set by whoever sends the request. */
export interface Awaiting {
  awaitsHead: boolean;
}

/**
 * Takes interim responses 100 (Continue) off the front of a response that a socket reads. A client has to skip them
 * although it did not ask (RFC 9110 section 15.2), undici drops the connection instead.
 */
export function skipContinue(socket: Socket, state: Awaiting): void {
  const read = socket.read.bind(socket);
  let held: Buffer | undefined;
  socket.read = (size?: number): unknown => {
    const chunk: unknown = read(size);
    if (!state.awaitsHead || !(chunk instanceof Buffer)) return chunk;
    const bytes: Buffer = held === undefined ? chunk : Buffer.concat([held, chunk]);
    held = undefined;
    const rest = afterContinue(bytes);
    if (rest === undefined) {
      held = bytes;
      return null;
    }
    if (rest.length > 0) state.awaitsHead = false;
    return rest.length > 0 ? rest : null;
  };
}

/** What follows all interim responses; undefined when that cannot be told yet. */
function afterContinue(bytes: Buffer): Buffer | undefined {
  let rest = bytes;
  while (rest.length > 0 && mayBeContinue(rest)) {
    const close = rest.indexOf(end);
    if (close === -1) return rest.length > longest ? rest : undefined;
    rest = rest.subarray(close + end.length);
  }
  return rest;
}

function mayBeContinue(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, start.length);
  return bytes.compare(start, 0, length, 0, length) === 0;
}
