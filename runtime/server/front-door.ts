import { STATUS_CODES } from 'node:http';
import type { Server } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { Fault, type FaultKind, faultBody, flowFaults } from '../fault.ts';
import { CommandFailure } from '../settings.ts';

/** Bytes. Apigee X: limits of a request line (here the target) and of all header fields. */
export const maxTargetLength = 16 * 1024;
const maxHeaderBytes = 60 * 1024;
/** The target has a limit of its own; together with it a head may be this long. */
export const maxHeadBytes: number = maxHeaderBytes + maxTargetLength;

/** Milliseconds: for a whole head, between two requests, for a client that neither sends nor reads, for a whole request. */
export interface Timeouts {
  readonly head: number;
  readonly idle: number;
  readonly stalled: number;
  readonly request: number;
}

export const defaultTimeouts: Timeouts = { head: 60_000, idle: 60_000, stalled: 60_000, request: 300_000 };

/** How a door is opened beside where. */
export interface DoorOptions {
  readonly timeouts?: Timeouts;
  /** Undefined: no TLS, HTTP/1.1 only. */
  readonly tls?: DoorTls;
}

/** Certificates of a door with TLS. */
export interface DoorTls {
  /** What is valid now. */
  readonly context: () => SecureContextOptions;
  /** Told of new ones, for connections made from then on. */
  readonly onChange: (changed: (context: SecureContextOptions) => void) => void;
  /** Whether a certificate is asked of clients, and whether they may go without. */
  readonly clientCertificate: 'none' | 'optional' | 'required';
}

/** How often connections are looked at for clients that have stalled, milliseconds. */
export function sweepInterval({ stalled }: Timeouts): number {
  return Math.max(10, Math.min(5_000, stalled / 4));
}

/** An open listener. */
export interface FrontDoor {
  readonly port: number;
  /** Stops accepting; running requests have `milliseconds` to finish, then their connections are cut. */
  close(milliseconds: number): Promise<void>;
}

/** @throws CommandFailure when the port is taken */
export async function listen(server: Server, host: string, port: number): Promise<void> {
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

/** What bytes are answered with that never become a call. */
export const badBytes: FaultKind = { ...flowFaults.unexpectedEOF, code: 'protocol.http.BadRequest' };
export const methodRefused: FaultKind = { ...flowFaults.badPath, status: 405 };
export const headersTooBig: FaultKind = {
  ...flowFaults.requestHeadersTooBig,
  text: `request headers size exceeding ${maxHeadBytes.toLocaleString('en-US')}`,
};

/** A whole answer that ends its connection. */
export function rawAnswer(kind: FaultKind): string {
  const body = faultBody(new Fault(kind, kind.text));
  const reason = STATUS_CODES[kind.status] ?? '';
  const head = `HTTP/1.1 ${kind.status} ${reason}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n`;
  return head + body;
}
