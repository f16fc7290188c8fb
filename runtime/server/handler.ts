import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Serving } from '../deployment/serving.ts';
import type { Snapshot } from '../deployment/snapshot.ts';
import { Fault, flowFaults } from '../fault.ts';
import type { Log } from '../log.ts';
import { type Client, Exchange, type Outcome, type Surroundings } from '../message/exchange.ts';
import { Headers } from '../message/headers.ts';
import { Message } from '../message/message.ts';
import { suffixOf } from '../target/local-dispatch.ts';
import { logAccess, logRefused } from './access-log.ts';
import { type AdmittedHeaders, admitHeaders, timesInCdnLoop } from './admission.ts';
import { announcesPayload, discardRest, requestBody } from './request-body.ts';
import { needsResolving, parseRequestTarget, type RequestTarget, resolvePath } from './request-path.ts';
import { type End, respond, respondFault } from './respond.ts';

export interface HandlerOptions {
  readonly serving: Serving;
  readonly surroundings: Surroundings;
  readonly log: Log;
  /** Bytes that a request target may have. */
  readonly maxTargetLength: number;
}

/** A request that may go to a proxy. */
interface Arrival {
  readonly target: RequestTarget;
  readonly headers: AdmittedHeaders;
  readonly snapshot: Snapshot;
  readonly endpoint: NonNullable<ReturnType<Snapshot['endpointByPath']>>;
}

/** The life of one outside request: admit, route, run, respond, finish. */
export function createHandler(options: HandlerOptions): (request: IncomingMessage, response: ServerResponse) => void {
  const { log } = options;
  return (request, response) => {
    const began = performance.now();
    let arrival: Arrival;
    try {
      arrival = admit(request, options);
    } catch (error) {
      refuse(request, response, error, log);
      return;
    }
    const exchange = makeExchange(request, arrival, options.surroundings);
    const { snapshot } = arrival;
    snapshot.enter();
    response.on('close', () => finish(exchange, response, snapshot, log, began));
    let outcome: Outcome;
    try {
      outcome = exchange.endpoint.run(exchange);
    } catch (error) {
      fail(exchange, request, response, error);
      return;
    }
    if (outcome === undefined) answer(exchange, request, response);
    else {
      outcome.then(
        () => answer(exchange, request, response),
        (error: unknown) => fail(exchange, request, response, error),
      );
    }
  };
}

/** @throws Fault for a request that no proxy may see, or that none serves */
function admit(request: IncomingMessage, { serving, surroundings, maxTargetLength }: HandlerOptions): Arrival {
  const { url = '', httpVersion } = request;
  if (httpVersion !== '1.1' && httpVersion !== '1.0')
    throw new Fault({ ...flowFaults.badPath, status: 505 }, 'HTTP version not supported');
  if (url.length > maxTargetLength) {
    throw new Fault(
      flowFaults.requestLineTooBig,
      `request line size exceeding ${maxTargetLength.toLocaleString('en-US')}`,
    );
  }
  const parsed = parseRequestTarget(url);
  if (parsed === undefined) throw new Fault(flowFaults.badPath);
  const headers = admitHeaders(request.rawHeaders, parsed.authority);
  if (timesInCdnLoop(headers.cdnLoop, surroundings.cdnLoopId) > surroundings.maxChainDepth) {
    const text = `Loop over the network: this request has passed here more than ${surroundings.maxChainDepth} times (CDN-Loop)`;
    throw new Fault(flowFaults.loopDetected, text);
  }
  const snapshot = serving.current;
  let target = parsed;
  let endpoint = snapshot.endpointByPath(target.path);
  if (needsResolving(target.path)) {
    const kept = endpoint === undefined ? 0 : endpoint.basePath.split('/').length - 1;
    const path = resolvePath(target.path, kept);
    if (path === undefined) throw new Fault(flowFaults.badPath);
    target = { ...target, path };
    endpoint = snapshot.endpointByPath(path);
  }
  if (endpoint === undefined) {
    const text = `Unable to identify proxy for host: ${headers.host || 'default'} and url: ${target.path}`;
    throw new Fault(flowFaults.applicationNotFound, text);
  }
  if (Number(request.headers['content-length'] ?? 0) > endpoint.requestLimit) throw new Fault(flowFaults.requestTooBig);
  return { target, headers, snapshot, endpoint };
}

function makeExchange(request: IncomingMessage, arrival: Arrival, surroundings: Surroundings): Exchange {
  const { target, headers, endpoint, snapshot } = arrival;
  const limit = { bytes: endpoint.requestLimit, tooBig: flowFaults.requestTooBig };
  const message = new Message('request', new Headers(headers.fields), requestBody(request, limit));
  message.verb = request.method ?? 'GET';
  message.version = request.httpVersion;
  message.path = target.path;
  message.querystring = target.query;
  const { socket } = request;
  const client: Client = {
    ip: plainAddress(socket.remoteAddress),
    port: socket.remotePort ?? 0,
    scheme: 'http',
    host: headers.host,
    cdnLoop: headers.cdnLoop,
    tls: undefined,
  };
  const suffix = suffixOf(endpoint.basePath, target.path);
  return new Exchange(snapshot, surroundings, endpoint, client, undefined, message, suffix, Date.now());
}

/** An IPv4 address that came in over an IPv6 socket is shown as what it is. */
function plainAddress(address: string | undefined): string {
  if (address === undefined) return '';
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}

function answer(exchange: Exchange, request: IncomingMessage, response: ServerResponse): void {
  const message = exchange.answer;
  if (message === undefined) {
    fail(exchange, request, response, new Error('A proxy ended without an answer'));
    return;
  }
  if (response.destroyed) {
    message.body.takeSource()?.cancel();
    return;
  }
  exchange.sentStart = Date.now();
  try {
    respond(response, message, exchange.arrivedVerb, endingOf(exchange, request));
  } catch (error) {
    fail(exchange, request, response, error);
  }
}

/** What a proxy did not read of its request must not be taken for the next one: the answer ends when it is in. */
function endingOf(exchange: Exchange, request: IncomingMessage): End | undefined {
  return exchange.request.body.source === undefined ? undefined : endAfter(request);
}

function endAfter(request: IncomingMessage): End {
  return (response, payload) => {
    if (payload !== undefined) response.write(payload);
    discardRest(request, () => response.end());
  };
}

/** Our mistake, not the proxy's: logged with its stack, a plain 500 to the client. */
function fail(exchange: Exchange, request: IncomingMessage, response: ServerResponse, error: unknown): void {
  exchange.surroundings.report(error, exchange);
  if (response.headersSent) response.destroy();
  else respondFault(response, new Fault(flowFaults.internalServerError), endingOf(exchange, request));
}

/** Refused before any proxy saw it. */
function refuse(request: IncomingMessage, response: ServerResponse, error: unknown, log: Log): void {
  const fault = error instanceof Fault ? error : new Fault(flowFaults.internalServerError);
  if (!(error instanceof Fault)) log.error({ error: String(error), stack: (error as Error).stack }, 'request failed');
  // After a request that was not understood, the bytes that follow it are not trusted.
  const trusted = fault.status !== 400 && fault.status !== 501 && fault.status !== 505;
  if (!trusted) response.shouldKeepAlive = false;
  respondFault(response, fault, trusted && announcesPayload(request) ? endAfter(request) : undefined);
  logRefused(log, request, fault, plainAddress(request.socket.remoteAddress));
}

/** The answer is out, or the client went away: PostClientFlow, then the log. */
function finish(exchange: Exchange, response: ServerResponse, snapshot: Snapshot, log: Log, began: number): void {
  const aborted = !response.writableFinished;
  if (aborted) exchange.abort();
  exchange.sentEnd = Date.now();
  const leave = (): void => {
    const status = aborted && !response.headersSent ? clientClosed : response.statusCode;
    logAccess(log, exchange, status, performance.now() - began, aborted);
    snapshot.leave();
  };
  let outcome: Outcome;
  try {
    outcome = exchange.endpoint.finish(exchange);
  } catch (error) {
    exchange.surroundings.report(error, exchange);
    leave();
    return;
  }
  if (outcome === undefined) leave();
  else outcome.catch((error: unknown) => exchange.surroundings.report(error, exchange)).finally(leave);
}

/** The status that is logged when the client left before its answer began; zerohop's choice, as nginx has it. */
const clientClosed = 499;
