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
import type { Call, CallHandler, CallWatcher } from './call.ts';
import { Load, type LoadLimits } from './load.ts';
import { requestBody } from './request-body.ts';
import { needsResolving, parseRequestTarget, type RequestTarget, resolvePath } from './request-path.ts';
import { type End, respond, respondFault } from './respond.ts';

export interface HandlerOptions {
  readonly serving: Serving;
  readonly surroundings: Surroundings;
  readonly log: Log;
  /** Bytes that a request target may have. */
  readonly maxTargetLength: number;
  readonly limits: LoadLimits;
}

/** A request that may go to a proxy. */
interface Arrival {
  readonly target: RequestTarget;
  readonly headers: AdmittedHeaders;
  readonly snapshot: Snapshot;
  readonly endpoint: NonNullable<ReturnType<Snapshot['endpointByPath']>>;
}

/** The life of one outside request: admit, route, run, respond, finish. */
export function createHandler(options: HandlerOptions): CallHandler {
  const { log } = options;
  const run: CallHandler = (call) => {
    const began = performance.now();
    let arrival: Arrival;
    try {
      arrival = admit(call, options);
    } catch (error) {
      refuse(call, error, log);
      load.leave();
      return;
    }
    const exchange = makeExchange(call, arrival, options.surroundings);
    const { snapshot } = arrival;
    const { meter, tracer } = exchange.surroundings;
    snapshot.enter();
    meter?.arrived();
    if (tracer !== undefined) exchange.span = tracer.begin(exchange);
    call.watcher = new Ending(exchange, call, snapshot, log, began, load);
    let outcome: Outcome;
    try {
      outcome = exchange.endpoint.run(exchange);
    } catch (error) {
      fail(exchange, call, error);
      return;
    }
    if (outcome === undefined) answer(exchange, call);
    else {
      outcome.then(
        () => answer(exchange, call),
        (error: unknown) => fail(exchange, call, error),
      );
    }
  };
  const load = new Load(options.limits, run, (call, fault) => refuse(call, fault, log), log);
  return (call) => load.enter(call);
}

/** @throws Fault for a request that no proxy may see, or that none serves */
function admit(call: Call, { serving, surroundings, maxTargetLength }: HandlerOptions): Arrival {
  const { target: text, version } = call;
  if (version !== '1.1' && version !== '1.0' && version !== '2')
    throw new Fault({ ...flowFaults.badPath, status: 505 }, 'HTTP version not supported');
  if (text.length > maxTargetLength) {
    throw new Fault(
      flowFaults.requestLineTooBig,
      `request line size exceeding ${maxTargetLength.toLocaleString('en-US')}`,
    );
  }
  const parsed = parseRequestTarget(text);
  if (parsed === undefined) throw new Fault(flowFaults.badPath);
  const headers = admitHeaders(call.rawHeaders, parsed.authority, version === '1.1');
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
  if ((call.payload?.declaredLength ?? 0) > endpoint.requestLimit) throw new Fault(flowFaults.requestTooBig);
  return { target, headers, snapshot, endpoint };
}

function makeExchange(call: Call, arrival: Arrival, surroundings: Surroundings): Exchange {
  const { target, headers, endpoint, snapshot } = arrival;
  const limit = { bytes: endpoint.requestLimit, tooBig: flowFaults.requestTooBig };
  const message = new Message('request', new Headers(headers.fields), requestBody(call, limit));
  message.verb = call.verb;
  message.version = call.version;
  message.upgrade = call.upgrade;
  message.path = target.path;
  message.querystring = target.query;
  const client: Client = {
    ip: call.peer.ip,
    port: call.peer.port,
    scheme: call.peer.scheme,
    host: headers.host,
    cdnLoop: headers.cdnLoop,
    tls: call.peer.tls,
  };
  const suffix = suffixOf(endpoint.basePath, target.path);
  return new Exchange(snapshot, surroundings, endpoint, client, undefined, message, suffix, Date.now());
}

function answer(exchange: Exchange, call: Call): void {
  const message = exchange.answer;
  if (message === undefined) {
    fail(exchange, call, new Error('A proxy ended without an answer'));
    return;
  }
  if (call.gone) {
    message.body.takeSource()?.cancel();
    return;
  }
  exchange.sentStart = Date.now();
  try {
    respond(call, message, exchange.arrivedVerb, endingOf(exchange));
  } catch (error) {
    fail(exchange, call, error);
  }
}

/** What a proxy did not read of its request must not be taken for the next one: the answer ends when it is in. */
function endingOf(exchange: Exchange): End | undefined {
  return exchange.request.body.source === undefined ? undefined : endAfterRequest;
}

const endAfterRequest: End = (call, payload) => {
  if (payload !== undefined) call.write(payload);
  call.discardRest(() => call.end(undefined));
};

/** Our mistake, not the proxy's: logged with its stack, a plain 500 to the client. A fault: the proxy could not begin. */
function fail(exchange: Exchange, call: Call, error: unknown): void {
  if (error instanceof Fault && !call.headSent) {
    respondFault(call, error, endingOf(exchange));
    return;
  }
  exchange.surroundings.report(error, exchange);
  if (call.headSent) call.abort();
  else respondFault(call, new Fault(flowFaults.internalServerError), endingOf(exchange));
}

/** Refused before any proxy saw it. */
function refuse(call: Call, error: unknown, log: Log): void {
  const fault = error instanceof Fault ? error : new Fault(flowFaults.internalServerError);
  if (!(error instanceof Fault)) log.error({ error: String(error), stack: (error as Error).stack }, 'request failed');
  // After a request that was not understood, the bytes that follow it are not trusted.
  const trusted = fault.status !== 400 && fault.status !== 501 && fault.status !== 505;
  if (!trusted) call.closeAfter();
  const more = fault.status === 503 ? ['Retry-After', '1'] : [];
  respondFault(call, fault, trusted && call.payload !== undefined ? endAfterRequest : undefined, more);
  logRefused(log, call, fault);
}

/** The answer is out, or the client went away: PostClientFlow, then the log. */
class Ending implements CallWatcher {
  readonly #exchange: Exchange;
  readonly #call: Call;
  readonly #snapshot: Snapshot;
  readonly #log: Log;
  readonly #began: number;
  readonly #load: Load;

  constructor(exchange: Exchange, call: Call, snapshot: Snapshot, log: Log, began: number, load: Load) {
    this.#exchange = exchange;
    this.#call = call;
    this.#snapshot = snapshot;
    this.#log = log;
    this.#began = began;
    this.#load = load;
  }

  closed(complete: boolean): void {
    const exchange = this.#exchange;
    if (!complete) exchange.abort();
    exchange.sentEnd = Date.now();
    let outcome: Outcome;
    try {
      outcome = exchange.endpoint.finish(exchange);
    } catch (error) {
      exchange.surroundings.report(error, exchange);
      this.#leave(complete);
      return;
    }
    if (outcome === undefined) this.#leave(complete);
    else {
      outcome
        .catch((error: unknown) => exchange.surroundings.report(error, exchange))
        .finally(() => this.#leave(complete));
    }
  }

  #leave(complete: boolean): void {
    const { headSent, status } = this.#call;
    const shown = complete || headSent ? status : clientClosed;
    const exchange = this.#exchange;
    const milliseconds = performance.now() - this.#began;
    exchange.surroundings.meter?.served(exchange, shown, milliseconds);
    exchange.span?.end(exchange, shown);
    logAccess(this.#log, exchange, shown, milliseconds, !complete);
    this.#snapshot.leave();
    this.#load.leave();
  }
}

/** The status that is logged when the client left before its answer began; zerohop's choice, as nginx has it. */
const clientClosed = 499;
