import { Fault, flowFaults } from '../fault.ts';
import { type Endpoint, Exchange, type Outcome } from '../message/exchange.ts';
import { Message } from '../message/message.ts';
import type { CallSpan } from '../message/span.ts';
import { checkLoop } from './loop-check.ts';

/** Which endpoint a local call goes to, and what it is asked for. */
export interface LocalDestination {
  readonly endpoint: Endpoint;
  readonly path: string;
  readonly pathSuffix: string;
  /** Without `?`. */
  readonly query: string;
}

/** Told the answer of a local call; `now` is the time, in milliseconds since 1970. */
export type Receive = (caller: Exchange, response: Message, destination: LocalDestination, now: number) => void;

/** The endpoint of a proxy by name. @throws Fault messaging.adaptors.http.flow.ApplicationNotFound naming what is missing */
export function destinationByName(caller: Exchange, proxy: string, endpointName: string | undefined): Endpoint {
  const { directory } = caller;
  const endpoint = directory.endpointByName(proxy, endpointName);
  if (endpoint !== undefined) return endpoint;
  const missing = directory.proxyExists(proxy)
    ? `ProxyEndpoint "${endpointName ?? 'default'}" of proxy "${proxy}"`
    : `proxy "${proxy}"`;
  throw new Fault(flowFaults.applicationNotFound, `Unable to identify ${missing} for a local call: it is not deployed`);
}

/** The endpoint that serves a path, found as for an outside call. @throws Fault ApplicationNotFound */
export function destinationByPath(caller: Exchange, path: string, query: string): LocalDestination {
  const clean = path.startsWith('/') ? path : `/${path}`;
  const endpoint = caller.directory.endpointByPath(clean);
  if (endpoint === undefined) {
    throw new Fault(flowFaults.applicationNotFound, `Unable to identify proxy for a local call to path: ${clean}`);
  }
  return { endpoint, path: clean, pathSuffix: suffixOf(endpoint.basePath, clean), query };
}

/** What follows a base path in a path that it matches, segment by segment (a base path may hold `*`). */
export function suffixOf(basePath: string, path: string): string {
  if (path.startsWith(basePath)) return path.slice(basePath.length);
  const segments = basePath.split('/').length;
  let end = 0;
  for (let count = 1; count < segments; count++) {
    end = path.indexOf('/', end + 1);
    if (end === -1) return '';
  }
  return path.slice(end);
}

/**
 * Calls another proxy in memory: an exchange of its own, headers shared until somebody writes, payload by reference.
 * The answer, an error answer too, is the response; only a call that cannot be made is a fault.
 * @param request verb, headers and payload to call with; it is not changed
 * @param now milliseconds since 1970
 * @param upgrade the protocol that a target may switch to: only who passes the answer on as it is can let it
 * @throws Fault LoopDetected, TooManyCalls
 */
export function dispatch(
  caller: Exchange,
  destination: LocalDestination,
  request: Message,
  now: number,
  receive: Receive,
  upgrade?: string | undefined,
): Outcome {
  const { endpoint, path, pathSuffix, query } = destination;
  checkLoop(caller, endpoint, request.verb, query === '' ? path : `${path}?${query}`);
  caller.root.localCalls++;
  const called = new Message('request', request.headers.share(), request.body);
  called.verb = request.verb;
  called.version = request.version;
  called.path = path;
  called.upgrade = upgrade;
  if (query !== '') called.querystring = query;
  const { directory, surroundings, client } = caller;
  const exchange = new Exchange(directory, surroundings, endpoint, client, caller, called, pathSuffix, now);
  caller.trail.push(exchange);
  const outcome = caller.span === undefined ? endpoint.run(exchange) : runTraced(caller.span, exchange);
  if (outcome !== undefined) return outcome.then(() => deliver(caller, exchange, destination, receive));
  deliver(caller, exchange, destination, receive);
  return undefined;
}

/** A run that ends in an exception has no answer that would end its span. */
function runTraced(callerSpan: CallSpan, exchange: Exchange): Outcome {
  const span = callerSpan.called(exchange);
  exchange.span = span;
  const failed = (error: unknown): never => {
    span.end(exchange, 500);
    throw error;
  };
  try {
    return exchange.endpoint.run(exchange)?.catch(failed);
  } catch (error) {
    return failed(error);
  }
}

function deliver(caller: Exchange, called: Exchange, destination: LocalDestination, receive: Receive): void {
  const answer = called.answer ?? Message.response();
  const now = Date.now();
  called.sentStart = called.sentEnd = now;
  called.span?.end(called, answer.status);
  const finishing = called.endpoint.finish(called);
  // PostClientFlow may still look at the answer: the caller then gets one of its own.
  if (finishing !== undefined) {
    finishing.catch((error: unknown) => called.surroundings.report(error, called));
    receive(caller, copyOf(answer), destination, now);
    return;
  }
  receive(caller, answer, destination, now);
}

function copyOf(answer: Message): Message {
  const copy = new Message('response', answer.headers.share(), answer.body);
  copy.status = answer.status;
  copy.reason = answer.ownReason;
  copy.version = answer.version;
  return copy;
}
