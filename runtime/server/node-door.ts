import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Server as NetServer, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type FaultKind, flowFaults } from '../fault.ts';
import type { CallHandler } from './call.ts';
import {
  badBytes,
  type DoorOptions,
  defaultTimeouts,
  type FrontDoor,
  headersTooBig,
  listen,
  maxHeadBytes,
  methodRefused,
  rawAnswer,
  sweepInterval,
  type Timeouts,
} from './front-door.ts';
import { Http2Sessions } from './http2-door.ts';
import { type Asked, NodeCall, nothingAsked } from './node-call.ts';
import { type DoorState, NodeConnection } from './node-connection.ts';
import { declineUpgrades, responseOn, upgradeOf } from './node-upgrade.ts';
import { createTlsListener } from './tls-listener.ts';
import { tlsVariables } from './tls-variables.ts';

/**
 * A listener on node:http, with the limits a gateway needs; with TLS also HTTP/2, for clients that ask for it.
 * @throws CommandFailure when the port is taken
 */
export async function openNodeDoor(
  host: string,
  port: number,
  handle: CallHandler,
  options: DoorOptions = {},
): Promise<FrontDoor> {
  const { timeouts = defaultTimeouts, tls } = options;
  const door: DoorState = { draining: false, waiting: 0 };
  const connections = new Set<NodeConnection>();
  const server = createHttpServer(timeouts, door, connections, handle);
  const sessions = tls === undefined ? undefined : new Http2Sessions(handle, timeouts, door);
  const listener = tls === undefined ? server : createTlsListener(tls, server, (socket) => sessions?.accept(socket));
  await listen(listener, host, port);
  // Without a listener of its own the server does not look after the time limits of its connections.
  if (listener !== server) server.emit('listening');
  const sweep = setInterval(() => {
    const now = Date.now();
    for (const connection of connections) connection.look(now, timeouts.stalled);
    sessions?.look();
  }, sweepInterval(timeouts)).unref();
  return {
    port: (listener.address() as AddressInfo).port,
    close: async (milliseconds) => {
      door.draining = true;
      sessions?.drain();
      await closed(listener, server, milliseconds, () => {
        server.closeAllConnections();
        sessions?.destroy();
        for (const connection of connections) connection.destroy();
      });
      clearInterval(sweep);
      // Never listened itself, so it has nothing to say but lets go of its timer.
      if (listener !== server) server.close(() => undefined);
    },
  };
}

function createHttpServer(
  timeouts: Timeouts,
  door: DoorState,
  connections: Set<NodeConnection>,
  handle: CallHandler,
): Server {
  const server = createServer({
    maxHeaderSize: maxHeadBytes,
    headersTimeout: timeouts.head,
    requestTimeout: timeouts.request,
    keepAliveTimeout: timeouts.idle,
    connectionsCheckingInterval: Math.min(5_000, timeouts.head),
    noDelay: true,
    // From Node.js 24.12 on: no stream is set up for a request without payload. Older versions ignore it.
    ...{ optimizeEmptyRequests: true },
  });
  // Node drops the fields after the 2,000th without a word; bytes are the bound instead.
  server.maxHeadersCount = 0;
  server.on('connection', (socket: ServedSocket) => {
    const connection = new NodeConnection(socket, door, tlsVariables(socket));
    socket[connectionOf] = connection;
    connections.add(connection);
    socket.once('close', () => {
      connections.delete(connection);
      connection.forget();
    });
    declineUpgrades(socket, (request) => {
      connection.last ??= request;
    });
  });
  const serve = (request: IncomingMessage, response: ServerResponse, asked: Asked): void => {
    const connection = (request.socket as ServedSocket)[connectionOf];
    if (connection === undefined || connection.closing) return;
    if (connection.last !== undefined && connection.last !== request) return;
    if (connection.isBusy) connection.wait(() => handle(new NodeCall(request, response, connection, asked)));
    else handle(new NodeCall(request, response, connection, asked));
  };
  server.on('request', (request, response) => serve(request, response, nothingAsked));
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) =>
    serve(request, response, { continues: true, upgrade: undefined }),
  );
  server.on('clientError', refuseBytes);
  server.on('connect', (request: IncomingMessage, socket: Duplex) => {
    atLast(request, socket, () => socket.end(rawAnswer(methodRefused)));
  });
  server.on('upgrade', (request: IncomingMessage, duplex: Duplex, head: Buffer) => {
    const socket = duplex as ServedSocket;
    if (head.length > 0) socket.unshift(head);
    atLast(request, socket, (connection) => {
      const asked = { continues: false, upgrade: upgradeOf(request) };
      let call: NodeCall | undefined;
      call = new NodeCall(
        request,
        responseOn(socket, request, () => call),
        connection,
        asked,
      );
      handle(call);
    });
  });
  return server;
}

/** Runs the last request of a connection, which node:http has let go of, when its turn comes. */
function atLast(request: IncomingMessage, socket: Duplex, run: (connection: NodeConnection) => void): void {
  const connection = (request.socket as ServedSocket)[connectionOf];
  socket.on('error', () => socket.destroy());
  if (connection === undefined || connection.closing) return;
  if (connection.isBusy) connection.wait(() => run(connection));
  else run(connection);
}

/** Kept at the socket: it is looked for with every request. */
const connectionOf: unique symbol = Symbol('connection');
type ServedSocket = Socket & { [connectionOf]?: NodeConnection };

async function closed(listener: NetServer, server: Server, milliseconds: number, cut: () => void): Promise<void> {
  await new Promise<void>((resolve) => {
    const late = setTimeout(cut, milliseconds);
    listener.close(() => {
      clearTimeout(late);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** Bytes that are no request: an answer where one can be given, then the connection is closed (RFC 9112 section 2.2). */
function refuseBytes(error: NodeJS.ErrnoException, duplex: Duplex): void {
  const socket = duplex as ServedSocket;
  const connection = socket[connectionOf];
  if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
  // The answers to sound requests before it go out first, and in their place.
  else if (connection?.isBehind === true) connection.wait(() => socket.end(rawAnswer(kindOf(error))));
  else if (answerBegun(socket)) socket.destroy();
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
