import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Serving } from '../deployment/serving.ts';
import type { Log } from '../log.ts';
import { listenProblem } from '../server/front-door.ts';
import { CommandFailure } from '../settings.ts';
import { type AccessRules, refusalOf } from './access.ts';
import { tree, version } from './emulator.ts';
import type { Metrics } from './metrics.ts';

export interface ManagementOptions {
  readonly host: string;
  readonly port: number;
  readonly access: AccessRules;
  readonly serving: Serving;
  readonly metrics: Metrics;
  readonly version: string;
  readonly log: Log;
  /** Whether traffic is served; false while the server shuts down. */
  ready(): boolean;
}

export interface ManagementServer {
  readonly port: number;
  close(): Promise<void>;
}

/** The management port: never reachable through a proxy. @throws CommandFailure when the port is taken */
export async function openManagement(options: ManagementOptions): Promise<ManagementServer> {
  const server = createServer((request, response) => {
    handle(request, response, options).catch((error: unknown) => {
      options.log.error(
        { error: String(error), stack: error instanceof Error ? error.stack : undefined },
        'management request failed',
      );
      if (!response.headersSent) sendError(response, 500, 'INTERNAL', 'The request failed; the log says why.');
    });
  });
  await new Promise<void>((resolve, reject) => {
    const { host, port } = options;
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new CommandFailure(listenProblem(error, host, port))),
    );
    server.listen({ host, port }, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function handle(request: IncomingMessage, response: ServerResponse, options: ManagementOptions): Promise<void> {
  const refusal = refusalOf(request, options.access);
  if (refusal !== undefined) {
    if (refusal.status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
    sendError(
      response,
      refusal.status,
      refusal.status === 401 ? 'UNAUTHENTICATED' : 'PERMISSION_DENIED',
      refusal.message,
    );
    return;
  }
  const path = (request.url ?? '/').replace(/\?.*$/s, '').replace(/(.)\/$/, '$1');
  const read = reads.get(path);
  if (read === undefined) {
    sendError(response, 404, 'NOT_FOUND', `There is no ${path} here.`);
  } else if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    sendError(response, 405, 'METHOD_NOT_ALLOWED', `${path} can only be read.`);
  } else await read(response, options);
}

type Read = (response: ServerResponse, options: ManagementOptions) => void | Promise<void>;

const reads: ReadonlyMap<string, Read> = new Map<string, Read>([
  [
    '/v1/emulator/healthz',
    (response, { ready }) => sendJson(response, ready() ? 200 : 503, { status: ready() ? 'ok' : 'stopping' }),
  ],
  [
    '/v1/emulator/version',
    (response, options) => sendJson(response, 200, version(options.version, options.serving.current.environment)),
  ],
  ['/v1/emulator/tree', (response, { serving }) => sendJson(response, 200, tree(serving.current))],
  [
    '/metrics',
    async (response, { metrics }) => {
      const { contentType, text } = await metrics.text();
      send(response, 200, contentType, text);
    },
  ],
]);

/** Errors in the shape that clients of both generations of the platform read. Apigee: management API, error bodies. */
function sendError(response: ServerResponse, status: number, name: string, message: string): void {
  sendJson(response, status, {
    error: { code: status, message, status: name, details: [] },
    code: name,
    message,
    contexts: [],
  });
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, 'application/json', JSON.stringify(value));
}

function send(response: ServerResponse, status: number, contentType: string, text: string): void {
  response.writeHead(status, {
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(text);
}
