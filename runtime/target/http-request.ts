import type { Dispatcher } from 'undici';
import { Fault, flowFaults } from '../fault.ts';
import type { Exchange, TargetCall } from '../message/exchange.ts';
import type { Connection, ConnectionPool } from './connection-pool.ts';
import { faultOfFailure, isCutOff } from './failure.ts';
import { HttpCall } from './http-call.ts';
import type { HttpConnection } from './http-connection.ts';
import type { LoadBalancer, Server } from './load-balancer.ts';
import { SentRequest } from './sent-request.ts';
import { parseAuthority, type TargetUrl } from './target-url.ts';
import type { TlsSettings } from './tls.ts';
import type { Upload } from './upload.ts';

/** A request as it goes out, whichever server it goes to. */
export interface HttpRequest {
  readonly method: string;
  /** Path and query. */
  readonly uri: string;
  /** Flat, without Host and Content-Length. */
  readonly headers: readonly string[];
  /** In place of the target's own. */
  readonly host: string | undefined;
  /** The name the target's certificate must carry. */
  readonly expectedCn: string | undefined;
  /** A payload in memory; undefined when there is none, or an upload. */
  readonly body: Buffer | string | undefined;
  readonly upload: Upload | undefined;
  /** The protocol to switch to, if the target does; undefined: a 101 is a mistake of the target. */
  readonly upgrade: string | undefined;
  /** The place was computed from what a request brought: settings may forbid it. */
  readonly computed: boolean;
  /** Milliseconds without a sign of the target. */
  readonly timeout: number;
  /** Milliseconds since 1970; 0 = none. */
  readonly deadline: number;
  readonly detached: boolean;
  /** Told what the connection turned out to be. */
  readonly target: TargetCall | undefined;
  /** Name of the policy that calls, for telemetry. */
  readonly policy: string | undefined;
}

/** Where one attempt goes. */
type Place = Pick<TargetUrl, 'origin' | 'scheme' | 'host' | 'port'>;

/** May be sent twice without doing more than once (RFC 9110 section 9.2.2). */
const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);

/**
 * Sends to the place of a URL. A kept connection that the target closes under the request is its right: what may be
 * repeated is, once, over a new connection.
 * @throws Fault when there is no response
 */
export async function sendToUrl(
  exchange: Exchange,
  connection: HttpConnection,
  place: Place,
  request: HttpRequest,
): Promise<HttpCall> {
  const { call, failure } = await sendTo(exchange, connection, place, connection.tls, request, 0, undefined);
  if (failure === undefined) return call;
  request.upload?.cancel();
  throw faultOfFailure(failure, call.sent);
}

/**
 * Sends to a server of the load balancer; when that fails, to others, as far as the request can be sent again.
 * @throws Fault when there is no response, or no server
 */
export async function sendBalanced(
  exchange: Exchange,
  connection: HttpConnection,
  balancer: LoadBalancer,
  request: HttpRequest,
): Promise<HttpCall> {
  const tried: Server[] = [];
  let failed: { readonly call: HttpCall; readonly failure: Error } | undefined;
  for (;;) {
    const server = balancer.choose(tried, Date.now());
    if (server === undefined) {
      request.upload?.cancel();
      if (failed === undefined) throw new Fault(flowFaults.noActiveTargets);
      throw faultOfFailure(failed.failure, failed.call.sent);
    }
    tried.push(server);
    note(request.target, server, tried);
    const tls = server.tls ?? connection.tls;
    const place = parseAuthority(tls.enabled(exchange) ? 'https' : 'http', server.authority);
    if (place === undefined) throw new Fault(flowFaults.noActiveTargets);
    server.open++;
    const { call, failure } = await sendTo(exchange, connection, place, tls, request, tried.length - 1, () => {
      server.open--;
    });
    if (failure === undefined && !balancer.isUnhealthy(call.status)) {
      balancer.succeeded(server);
      return call;
    }
    const given = exchange.root.aborted || hasPassed(request.deadline);
    if (!given) balancer.failed(server, Date.now());
    const again = !given && balancer.retries && tried.length < balancer.servers.length && canRepeat(call, request);
    if (failure === undefined) {
      if (!again || balancer.choose(tried, Date.now()) === undefined) return call;
      call.cancel();
    } else if (again) failed = { call, failure };
    else {
      request.upload?.cancel();
      throw faultOfFailure(failure, call.sent);
    }
  }
}

function note(target: TargetCall | undefined, server: Server, tried: readonly Server[]): void {
  if (target === undefined) return;
  target.server = server.name;
  target.isFallback = server.isFallback;
  target.failedServers = tried.slice(0, -1).map((one) => one.name);
}

/** Nothing was sent, or it does no harm to send it twice and it is still there. */
function canRepeat(call: HttpCall, request: HttpRequest): boolean {
  if (!call.sent) return request.upload?.started !== true;
  return idempotent.has(request.method) && request.upload === undefined;
}

function hasPassed(deadline: number): boolean {
  return deadline !== 0 && Date.now() >= deadline;
}

async function sendTo(
  exchange: Exchange,
  connection: HttpConnection,
  place: Place,
  tls: TlsSettings,
  request: HttpRequest,
  resends: number,
  onOver: (() => void) | undefined,
): Promise<{ readonly call: HttpCall; readonly failure: Error | undefined }> {
  const { properties, pools } = connection;
  const pool = pools.get({
    origin: place.origin,
    connectTimeout: properties.connectTimeout,
    keepAliveTimeout: properties.keepAliveTimeout,
    resumesTls: properties.resumesTls,
    tls: place.scheme === 'https' ? tls.identity(exchange, request.expectedCn) : undefined,
    guarded: request.computed,
  });
  const limit = properties.responseLimit;
  const first = pool.take(false) ?? (await queued(pool, request, onOver));
  let sent = follow(exchange, place, request, resends);
  let call = callOver(first, exchange, request, limit, sent, onOver);
  let failure = await call.send(dispatchOptions(place, request, sent));
  if (failure !== undefined && call.reused && isCutOff(failure) && canRepeat(call, request) && !exchange.root.aborted) {
    const second = pool.take(true) ?? (await queued(pool, request, undefined));
    sent = follow(exchange, place, request, resends + 1);
    call = callOver(second, exchange, request, limit, sent, undefined);
    failure = await call.send(dispatchOptions(place, request, sent));
  }
  const { target } = request;
  if (target !== undefined) {
    target.host = place.host;
    target.port = place.port;
    target.scheme = place.scheme;
    target.ip = call.connection.peer?.ip;
    target.certificate = call.connection.peer?.certificate;
  }
  return { call, failure };
}

function follow(exchange: Exchange, place: Place, request: HttpRequest, resends: number): SentRequest | undefined {
  const { method, uri, target, policy } = request;
  const { scheme, host, port } = place;
  return SentRequest.follow({ exchange, method, scheme, host, port, uri, target: target?.name, policy, resends });
}

/** The next connection that is free. @throws Fault when none is in time */
async function queued(
  pool: ConnectionPool,
  { upload }: HttpRequest,
  onOver: (() => void) | undefined,
): Promise<Connection> {
  try {
    return await pool.wait();
  } catch (error) {
    upload?.cancel();
    onOver?.();
    throw error;
  }
}

function callOver(
  connection: Connection,
  exchange: Exchange,
  request: HttpRequest,
  limit: number,
  sent: SentRequest | undefined,
  onOver: (() => void) | undefined,
): HttpCall {
  const { target, upload, timeout, deadline, detached } = request;
  return new HttpCall({
    connection,
    exchange,
    target,
    upload,
    limit,
    timeout,
    deadline,
    detached,
    sent,
    onOver,
  });
}

function dispatchOptions(
  place: Place,
  request: HttpRequest,
  sent: SentRequest | undefined,
): Dispatcher.DispatchOptions {
  const headers = sent === undefined ? [...request.headers] : sent.fields(request.headers);
  if (request.host !== undefined) headers.push('Host', request.host);
  const length = request.upload?.declaredLength;
  if (length !== undefined) headers.push('Content-Length', String(length));
  // undici takes any async iterable and any server name for TLS; its types say less.
  const body = request.body ?? (request.upload as unknown as NonNullable<Dispatcher.DispatchOptions['body']>) ?? null;
  const options: Dispatcher.DispatchOptions & { servername?: string } = {
    method: request.method,
    path: request.uri,
    headers,
    body,
    headersTimeout: request.timeout,
    bodyTimeout: request.timeout,
    upgrade: request.upgrade ?? null,
  };
  // Else undici would ask for the name in the Host field, and reconnect whenever that changes.
  if (place.scheme === 'https' && request.host !== undefined) options.servername = place.host;
  return options;
}
