import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { Fault, type FaultKind, faultBody, flowFaults } from '../fault.ts';
import { CommandFailure } from '../settings.ts';

/** Bytes. Apigee X: limits of a request line (here the target) and of all header fields. */
export const maxTargetLength = 16 * 1024;
const maxHeaderBytes = 60 * 1024;

const headMilliseconds = 60_000;
const idleMilliseconds = 60_000;
const requestMilliseconds = 300_000;

/** An open listener. */
export interface FrontDoor {
  readonly port: number;
  /** Stops accepting; running requests have `milliseconds` to finish, then their connections are cut. */
  close(milliseconds: number): Promise<void>;
}

/** Opens a listener on node:http with the limits a gateway needs. @throws CommandFailure when the port is taken */
export async function openFrontDoor(
  host: string,
  port: number,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<FrontDoor> {
  const server = createServer({
    // The target has a limit of its own; together with it the head may be this long.
    maxHeaderSize: maxHeaderBytes + maxTargetLength,
    headersTimeout: headMilliseconds,
    requestTimeout: requestMilliseconds,
    keepAliveTimeout: idleMilliseconds,
    connectionsCheckingInterval: 5_000,
    noDelay: true,
  });
  // Node drops the fields after the 2,000th without a word; bytes are the bound instead.
  server.maxHeadersCount = 0;
  let draining = false;
  server.on('request', (request, response) => {
    if (draining) response.shouldKeepAlive = false;
    handle(request, response);
  });
  server.on('clientError', refuseBytes);
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    socket.end(rawAnswer({ ...flowFaults.badPath, status: 405 }, 'Method Not Allowed'));
  });
  await listen(server, host, port);
  return {
    port: (server.address() as AddressInfo).port,
    close: (milliseconds) => {
      draining = true;
      return closeServer(server, milliseconds);
    },
  };
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new CommandFailure(listenProblem(error, host, port))),
    );
    server.listen({ host, port, backlog: 4096 }, resolve);
  });
}

export function listenProblem(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === 'EADDRINUSE')
    return `Port ${port} on ${host} is in use; stop what listens there or choose another port.`;
  if (error.code === 'EACCES') return `Port ${port} may not be opened by this user; choose one above 1023.`;
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') return `This machine has no address ${host}.`;
  return `Cannot listen on ${host}:${port}: ${error.message}`;
}

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
  if (error.code === 'ECONNRESET' || !socket.writable || answerBegun(socket)) {
    socket.destroy();
    return;
  }
  if (error.code === 'HPE_HEADER_OVERFLOW') {
    const limit = (maxHeaderBytes + maxTargetLength).toLocaleString('en-US');
    socket.end(
      rawAnswer(
        flowFaults.requestHeadersTooBig,
        'Request Header Fields Too Large',
        `request headers size exceeding ${limit}`,
      ),
    );
  } else if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    socket.end(rawAnswer(flowFaults.requestTimeOut, 'Request Timeout'));
  } else socket.end(rawAnswer({ ...flowFaults.unexpectedEOF, code: 'protocol.http.BadRequest' }, 'Bad Request'));
}

/** Whether an answer to an earlier request is on its way: bytes written now would end up inside it. Node keeps it there. */
function answerBegun(socket: Duplex & { _httpMessage?: ServerResponse | null }): boolean {
  return socket._httpMessage?.headersSent === true;
}

function rawAnswer(kind: FaultKind, reason: string, text: string = kind.text): string {
  const body = faultBody(new Fault(kind, text));
  const head = `HTTP/1.1 ${kind.status} ${reason}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n`;
  return head + body;
}
