import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { NodeCall } from './node-call.ts';

/** Milliseconds of silence before the system asks whether the other end of a switched connection is still there. */
const probeAfter = 60_000;

/**
 * The protocol that a request asks to switch to, when it is passed through. Only WebSocket is, asked for as RFC 6455
 * section 4.1 says: h2c would carry requests past the proxy, and a payload would come before the switch.
 */
export function upgradeOf({ method, httpVersion, headers }: IncomingMessage): string | undefined {
  if (method !== 'GET' || httpVersion !== '1.1' || headers.upgrade?.trim().toLowerCase() !== 'websocket')
    return undefined;
  return headers['content-length'] === undefined && headers['transfer-encoding'] === undefined
    ? 'websocket'
    : undefined;
}

/** A parser of node:http, as far as it is used here. */
interface Parser {
  onIncoming(request: IncomingMessage & { upgrade?: boolean | null }, keepsAlive: boolean): unknown;
}

/**
 * Has requests that ask for anything but a WebSocket answered as if they had not asked (RFC 9110 section 7.8 allows
 * that). node:http of version 20 takes all or none for a switch, and stops reading requests: the parser is told better.
 * @param declined told of such a request: what comes behind it in the same read, the parser loses
 */
export function declineUpgrades(
  socket: Socket & { parser?: Parser | null },
  declined: (request: IncomingMessage) => void,
): void {
  const { parser } = socket;
  if (typeof parser?.onIncoming !== 'function') return;
  const onIncoming = parser.onIncoming.bind(parser);
  parser.onIncoming = (request, keepsAlive) => {
    if (request.upgrade === true && request.method !== 'CONNECT' && upgradeOf(request) === undefined) {
      request.upgrade = false;
      declined(request);
    }
    return onIncoming(request, keepsAlive);
  };
}

/** An answer on a connection that node:http has let go of. Nothing of what came behind the request is looked at before. */
export function responseOn(socket: Socket, request: IncomingMessage, call: () => NodeCall | undefined): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  socket.on('drain', () => response.emit('drain'));
  response.on('finish', () => {
    const other = call()?.other;
    if (other !== undefined) {
      join(socket, other);
      return;
    }
    response.detachSocket(socket);
    socket.destroySoon();
    response.emit('close');
  });
  return response;
}

/** Passes bytes both ways until one side closes. */
function join(socket: Socket, other: Duplex): void {
  socket.setTimeout(0);
  socket.setKeepAlive(true, probeAfter);
  other.on('error', () => socket.destroy());
  other.on('close', () => socket.destroySoon());
  socket.on('close', () => other.destroy());
  if (other.destroyed) socket.destroySoon();
  socket.pipe(other);
  other.pipe(socket);
}
