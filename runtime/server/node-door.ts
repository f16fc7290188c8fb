import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type FaultKind, flowFaults } from '../fault.ts';
import type { CallHandler } from './call.ts';
import { plainAddress } from './call.ts';
import {
  badBytes,
  type FrontDoor,
  headersTooBig,
  listen,
  maxHeadBytes,
  methodRefused,
  rawAnswer,
  timeouts,
} from './front-door.ts';
import { NodeCall, type NodeConnection } from './node-call.ts';

/** A listener on node:http, with the limits a gateway needs. @throws CommandFailure when the port is taken */
export async function openNodeDoor(host: string, port: number, handle: CallHandler): Promise<FrontDoor> {
  const options = {
    maxHeaderSize: maxHeadBytes,
    headersTimeout: timeouts.head,
    requestTimeout: timeouts.request,
    keepAliveTimeout: timeouts.idle,
    connectionsCheckingInterval: 5_000,
    noDelay: true,
    // From Node.js 24.12 on: no stream is set up for a request without payload. Older versions ignore it.
    optimizeEmptyRequests: true,
  };
  const server = createServer(options);
  // Node drops the fields after the 2,000th without a word; bytes are the bound instead.
  server.maxHeadersCount = 0;
  const state = { draining: false };
  server.on('connection', (socket: ServedSocket) => {
    socket[connectionOf] = { ip: plainAddress(socket.remoteAddress), port: socket.remotePort ?? 0, closing: false };
  });
  server.on('request', (request, response) => {
    const connection = (request.socket as ServedSocket)[connectionOf];
    if (connection === undefined || connection.closing) return;
    const call = new NodeCall(request, response, connection, state);
    handle(call);
  });
  server.on('clientError', refuseBytes);
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => socket.end(rawAnswer(methodRefused)));
  await listen(server, host, port);
  return {
    port: (server.address() as AddressInfo).port,
    close: (milliseconds) => {
      state.draining = true;
      return closeServer(server, milliseconds);
    },
  };
}

/** Kept at the socket: it is looked for with every request. */
const connectionOf: unique symbol = Symbol('connection');
type ServedSocket = Socket & { [connectionOf]?: NodeConnection };

async function closeServer(server: Server, milliseconds: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), milliseconds);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** Bytes that are no request: an answer where one can be given, then the connection is closed (RFC 9112 section 2.2). */
function refuseBytes(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable || answerBegun(socket)) socket.destroy();
  else socket.end(rawAnswer(kindOf(error)));
}

function kindOf({ code }: NodeJS.ErrnoException): FaultKind {
  if (code === 'HPE_HEADER_OVERFLOW') return headersTooBig;
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return flowFaults.requestTooBig;
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? flowFaults.requestTimeOut : badBytes;
}

/** Whether an answer to an earlier request is on its way: bytes written now would end up inside it. Node keeps it there. */
function answerBegun(socket: Duplex & { _httpMessage?: ServerResponse | null }): boolean {
  return socket._httpMessage?.headersSent === true;
}
