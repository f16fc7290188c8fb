import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WorkQueue } from '../deployment/work-queue.ts';
import { listenProblem } from '../server/front-door.ts';
import { CommandFailure } from '../settings.ts';
import { type AccessRules, refusalOf } from './access.ts';
import { type ApiAnswer, send } from './answer.ts';
import { writeAudit } from './audit.ts';
import { type BodyLimits, lingerAndClose } from './body.ts';
import type { ApiContext } from './context.ts';
import { ApiError, errorBody } from './failure.ts';
import { apiErrorOf } from './refusals.ts';
import { ApiRequest, bodySize } from './request.ts';
import type { Route } from './route.ts';
import { Router } from './router.ts';
import { routes } from './routes.ts';

export interface ManagementOptions extends ApiContext {
  readonly host: string;
  readonly port: number;
  readonly access: AccessRules;
  /** Milliseconds that a request body may take; a minute when absent. */
  readonly uploadTimeout?: number;
}

export interface ManagementServer {
  readonly port: number;
  close(): Promise<void>;
}

const uploadMilliseconds = 60_000;

/** The management port: never reachable through a proxy. @throws CommandFailure when the port is taken */
export async function openManagement(options: ManagementOptions): Promise<ManagementServer> {
  const limits: BodyLimits = { size: bodySize, time: options.uploadTimeout ?? uploadMilliseconds };
  const port = new Port(options, limits);
  const server = createServer((request, response) => port.handle(request, response, false));
  // What is refused need not be sent: the body is asked for when it is wanted.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) =>
    port.handle(request, response, true),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new CommandFailure(listenProblem(error, options.host, options.port))),
    );
    server.listen({ host: options.host, port: options.port }, resolve);
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

class Port {
  readonly #options: ManagementOptions;
  readonly #limits: BodyLimits;
  readonly #router = new Router(routes);
  readonly #turns = new WorkQueue();

  constructor(options: ManagementOptions, limits: BodyLimits) {
    this.#options = options;
    this.#limits = limits;
  }

  handle(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): void {
    // A client that goes away while it sends or is answered leaves nothing to do.
    request.on('error', () => response.destroy());
    this.#answer(request, response, awaitsContinue).catch((error: unknown) => this.#fail(request, response, error));
  }

  async #answer(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): Promise<void> {
    const isProbe = request.url === '/v1/emulator/healthz';
    const refusal = refusalOf(request, this.#options.access, isProbe);
    if (refusal !== undefined) {
      const { method, socket } = request;
      const { status, message } = refusal;
      this.#options.log.warn(
        { method, status, address: socket.remoteAddress },
        `management request refused: ${message}`,
      );
      if (refusal.status === 401) response.setHeader('WWW-Authenticate', ['Bearer', 'Basic realm="zerohop"']);
      throw new ApiError(refusal.status, 'request.Refused', refusal.message);
    }
    const match = this.#router.match(request.method ?? 'GET', request.url ?? '/');
    const beforeRead = (): void => {
      if (awaitsContinue && !response.headersSent) response.writeContinue();
    };
    const apiRequest = new ApiRequest(request, match, this.#limits, beforeRead);
    if (match.route.method !== 'GET') refusePlainText(apiRequest);
    const audit = writeAudit(match, apiRequest, this.#options.log);
    try {
      const answer = await this.#run(match.route, apiRequest);
      audit(answer.status);
      finish(request, response);
      send(response, answer);
    } catch (error) {
      audit(apiErrorOf(error)?.status ?? 500);
      throw error;
    }
  }

  /** Changes are made one at a time: what a handler reads is still so when it writes. Bodies are read before the turn. */
  async #run(route: Route, request: ApiRequest): Promise<ApiAnswer> {
    if (route.method === 'GET') return route.run(request, this.#options);
    await request.bytes();
    return this.#turns.run(async () => route.run(request, this.#options));
  }

  #fail(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    const known = apiErrorOf(error);
    if (known === undefined || known.status === 503) {
      const stack = error instanceof Error ? error.stack : undefined;
      this.#options.log.error({ error: String(error), stack }, 'management request failed');
    }
    if (response.headersSent || response.destroyed) return;
    if (known?.allow !== undefined) response.setHeader('Allow', known.allow);
    finish(request, response);
    const shown = known ?? new ApiError(500, 'request.Failed', 'The request failed; the log says why.');
    send(response, { status: shown.status, json: errorBody(shown) });
  }
}

/** Who did not send all of its body is told, and then let go. */
function finish(request: IncomingMessage, response: ServerResponse): void {
  if (request.complete || response.headersSent) return;
  response.setHeader('Connection', 'close');
  lingerAndClose(request);
}

/** The one type besides forms that a page of another site can send without asking; no client of this API does. */
function refusePlainText(request: ApiRequest): void {
  if (request.contentType !== 'text/plain') return;
  throw new ApiError(415, 'request.UnsupportedMediaType', 'A change is not sent as text/plain.');
}
