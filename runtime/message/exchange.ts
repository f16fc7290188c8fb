import { randomUUID } from 'node:crypto';
import type { Fault } from '../fault.ts';
import type { CurrentEvent } from './event.ts';
import type { Message } from './message.ts';
import type { CallSpan } from './span.ts';
import type { Surroundings } from './surroundings.ts';

export type { LogEntry } from './log-entry.ts';
export type { CallCounter, Surroundings, VariableAccess } from './surroundings.ts';

import type { VariableGroup } from './variable-group.ts';

/** What running something gives: nothing when it is done, a promise when it is not yet. */
export type Outcome = void | Promise<void>;

/** Where in a call an exchange is. The order is the order of a call. */
export const Phase = {
  proxyRequest: 0,
  targetRequest: 1,
  targetResponse: 2,
  proxyResponse: 3,
  postClient: 4,
} as const;
export type Phase = (typeof Phase)[keyof typeof Phase];

/** The connection a request came in by; the same object for all local calls it causes. */
export interface Client {
  /** Address of the peer. */
  readonly ip: string;
  readonly port: number;
  readonly scheme: 'http' | 'https';
  /** Host header of the outside request. */
  readonly host: string;
  /** CDN-Loop as the outside request brought it (RFC 8586): goes on to every target, whatever bundles do to the header. */
  readonly cdnLoop: string | undefined;
  /** Details of TLS (flow variables `tls.*` and `client.cn` ...), by variable name; undefined without TLS. */
  readonly tls: ReadonlyMap<string, string> | undefined;
}

/** A deployed ProxyEndpoint as the rest of the runtime sees it. Flow implements it. */
export interface Endpoint {
  readonly proxy: string;
  readonly revision: string;
  readonly name: string;
  /** Configured base path, wildcards kept, no trailing slash (`/` is the empty string). */
  readonly basePath: string;
  /** Values of the bundle's property sets by `SET.KEY`. */
  readonly properties: ReadonlyMap<string, string>;
  /** Bytes a request payload may have; Infinity when it is streamed. */
  readonly requestLimit: number;
  /** Runs request, target and response; afterwards `exchange.answer` is what goes out. Faults end in the answer. */
  run(exchange: Exchange): Outcome;
  /** PostClientFlow, after the answer went out. */
  finish(exchange: Exchange): Outcome;
}

/** A deployed shared flow: its steps, run in the caller's exchange. */
export interface SharedFlow {
  readonly name: string;
  run(exchange: Exchange): Outcome;
}

/** What a flow hook runs. */
export interface FlowHookRun {
  readonly sharedFlow: string;
  readonly continueOnError: boolean;
}

/** The four hooks of an environment, undefined where nothing is attached. */
export interface FlowHooks {
  readonly PreProxyFlowHook: FlowHookRun | undefined;
  readonly PreTargetFlowHook: FlowHookRun | undefined;
  readonly PostTargetFlowHook: FlowHookRun | undefined;
  readonly PostProxyFlowHook: FlowHookRun | undefined;
}

/** One consistent world of deployed things. An exchange keeps the one it started in. Deployment implements it. */
export interface Directory {
  readonly organization: string;
  readonly environment: string;
  /** Values of the environment's property sets by `SET.KEY`. */
  readonly properties: ReadonlyMap<string, string>;
  /** An endpoint by proxy and endpoint name; without endpoint name: `default`, else the only one. */
  endpointByName(proxy: string, endpoint: string | undefined): Endpoint | undefined;
  proxyExists(proxy: string): boolean;
  /** The endpoint whose base path takes a request path; no query in `path`. */
  endpointByPath(path: string): Endpoint | undefined;
  sharedFlow(name: string): SharedFlow | undefined;
  readonly flowHooks: FlowHooks;
}

/**
 * Gives the URL as configured, templates resolved with what variables hold at that moment, so that the target request
 * flow may set them; undefined with a load balancer.
 */
export type ConfiguredUrl = (exchange: Exchange) => string | undefined;

/** The target side of a call, made when the target flow starts. */
export class TargetCall {
  /** Name of the TargetEndpoint. */
  readonly name: string;
  readonly #configured: ConfiguredUrl;
  #url: string | undefined;
  /** Query parameters that policies set after the URL was set are added to it; this is the query text at that moment. */
  queryAtUrl: string;
  headerHost: string | undefined;
  expectedCn: string | undefined;
  /** Filled when the connection is known. */
  host: string | undefined;
  ip: string | undefined;
  port: number | undefined;
  scheme: string | undefined;
  basePath: string | undefined;
  server: string | undefined;
  failedServers: readonly string[];
  isFallback: boolean;
  /** Milliseconds since 1970; 0 = not yet. */
  sentStart: number;
  sentEnd: number;
  receivedStart: number;
  receivedEnd: number;
  /** Certificate subject of the target, by variable name (`target.cn` ...). */
  certificate: ReadonlyMap<string, string> | undefined;

  constructor(name: string, configured: ConfiguredUrl) {
    this.name = name;
    this.#configured = configured;
    this.#url = undefined;
    this.queryAtUrl = '';
    this.headerHost = undefined;
    this.expectedCn = undefined;
    this.host = undefined;
    this.ip = undefined;
    this.port = undefined;
    this.scheme = undefined;
    this.basePath = undefined;
    this.server = undefined;
    this.failedServers = [];
    this.isFallback = false;
    this.sentStart = 0;
    this.sentEnd = 0;
    this.receivedStart = 0;
    this.receivedEnd = 0;
    this.certificate = undefined;
  }

  /** The URL that a policy set, used as it is; undefined when none did. */
  get setUrl(): string | undefined {
    return this.#url;
  }

  /** The URL that a policy set, else as configured. */
  urlOf(exchange: Exchange): string | undefined {
    return this.#url ?? this.#configured(exchange);
  }

  replaceUrl(url: string, query: string): void {
    this.#url = url;
    this.queryAtUrl = query;
  }
}

/**
 * All state of one proxy run: an outside request, or one local call of a chain. Every field is assigned in the
 * constructor, always in the same order, so that all exchanges have one shape.
 */
export class Exchange {
  /** Only whoever records a call puts another in its place, before its first step: one whose proxies record as well. */
  directory: Directory;
  readonly surroundings: Surroundings;
  readonly endpoint: Endpoint;
  readonly client: Client;
  /** The exchange that made this local call; undefined for an outside request. */
  readonly parent: Exchange | undefined;
  /** The outside request's exchange (itself, when it is that). */
  readonly root: Exchange;
  /** 0 for an outside request. */
  readonly depth: number;
  readonly request: Message;
  response: Message | undefined;
  error: Message | undefined;
  /** The server-sent event that an EventFlow looks at. */
  event: CurrentEvent | undefined;
  fault: Fault | undefined;
  phase: Phase;
  /** Fault rules of the endpoint the exchange is in; what they are, flow knows. */
  faultRules: ((exchange: Exchange) => Outcome) | undefined;
  /** Verb, and path with query, of the request as it arrived; they never change, the loop check compares them. */
  readonly arrivedVerb: string;
  readonly arrivedUri: string;
  /** CDN-Loop of the outside request as it arrived (RFC 8586): no policy can take it away from what targets are sent. */
  readonly cdnLoop: string | undefined;
  readonly pathSuffix: string;
  flowName: string;
  proxyFlowName: string;
  targetFlowName: string;
  /** Descriptions of the same three, as declared. */
  flowDescription: string | undefined;
  proxyFlowDescription: string | undefined;
  targetFlowDescription: string | undefined;
  sharedFlowName: string | undefined;
  /** Shared flows that are running inside one another by FlowCallout. */
  sharedFlowDepth: number;
  flowHookName: string | undefined;
  routeName: string | undefined;
  routeTarget: string | undefined;
  target: TargetCall | undefined;
  copyPathSuffix: boolean;
  copyQueryParams: boolean;
  /** Custom flow variables, made at the first write. Undefined values are never stored. */
  variables: Map<string, unknown> | undefined;
  /** By prefix, without the dot at its end. */
  groups: Map<string, VariableGroup> | undefined;
  /** Milliseconds since 1970. */
  readonly receivedStart: number;
  receivedEnd: number;
  sentStart: number;
  sentEnd: number;
  /** When api.timeout passes, milliseconds since 1970; 0 = never. */
  deadline: number;
  /** Local calls made so far; counted at the root. */
  localCalls: number;
  /** Local calls in order, kept at the root for the access log. */
  readonly trail: Exchange[];
  /** Client went away; set at the root. */
  aborted: boolean;
  /** A step of the request has put the response in place: what is left of the request, target included, is skipped. */
  skipsToResponse: boolean;
  /** Name of the policy at which the response goes on that a step has put in place; what stands before it is skipped. */
  resumesAt: string | undefined;
  /** What is known of it in a trace; undefined when it is not traced. */
  span: CallSpan | undefined;
  /** What is still to be done to the answer, normal or error, when all flows are over. */
  finishing: ((answer: Message) => void)[] | undefined;
  /** Almost always one at a time: a set would cost each request more than all the rest of this. */
  #cancellation: (() => void) | undefined;
  #moreCancellations: Set<() => void> | undefined;
  #id: string | undefined;

  constructor(
    directory: Directory,
    surroundings: Surroundings,
    endpoint: Endpoint,
    client: Client,
    parent: Exchange | undefined,
    request: Message,
    pathSuffix: string,
    now: number,
  ) {
    this.directory = directory;
    this.surroundings = surroundings;
    this.endpoint = endpoint;
    this.client = client;
    this.parent = parent;
    this.root = parent === undefined ? this : parent.root;
    this.depth = parent === undefined ? 0 : parent.depth + 1;
    this.request = request;
    this.response = undefined;
    this.error = undefined;
    this.event = undefined;
    this.fault = undefined;
    this.phase = Phase.proxyRequest;
    this.faultRules = undefined;
    this.arrivedVerb = request.verb;
    this.arrivedUri = request.uri;
    this.cdnLoop = parent === undefined ? request.headers.text('cdn-loop') : parent.root.cdnLoop;
    this.pathSuffix = pathSuffix;
    this.flowName = '';
    this.proxyFlowName = '';
    this.targetFlowName = '';
    this.flowDescription = undefined;
    this.proxyFlowDescription = undefined;
    this.targetFlowDescription = undefined;
    this.sharedFlowName = undefined;
    this.sharedFlowDepth = 0;
    this.flowHookName = undefined;
    this.routeName = undefined;
    this.routeTarget = undefined;
    this.target = undefined;
    this.copyPathSuffix = true;
    this.copyQueryParams = true;
    this.variables = undefined;
    this.groups = undefined;
    this.receivedStart = now;
    this.receivedEnd = now;
    this.sentStart = 0;
    this.sentEnd = 0;
    this.deadline = 0;
    this.localCalls = 0;
    this.trail = parent === undefined ? [] : parent.trail;
    this.aborted = false;
    this.skipsToResponse = false;
    this.resumesAt = undefined;
    this.span = undefined;
    this.finishing = undefined;
    this.#cancellation = undefined;
    this.#moreCancellations = undefined;
    this.#id = undefined;
  }

  /** `messageid`: own id of each proxy run. */
  get id(): string {
    this.#id ??= randomUUID();
    return this.#id;
  }

  /** The current message: error in the error flow, response once there is one, else the request. */
  get message(): Message {
    return this.error ?? this.response ?? this.request;
  }

  /** What goes out to the caller. */
  get answer(): Message | undefined {
    return this.error ?? this.response;
  }

  get isError(): boolean {
    return this.error !== undefined;
  }

  /** A flow variable by a name known only now; steps that know it when compiled hold a reader instead. */
  read(name: string): unknown {
    return this.surroundings.variables.read(this, name);
  }

  write(name: string, value: unknown): void {
    this.surroundings.variables.write(this, name, value);
  }

  remove(name: string): void {
    this.surroundings.variables.remove(this, name);
  }

  /** Stores a custom variable under exactly this name, past the table of built-in names. */
  setVariable(name: string, value: unknown): void {
    if (value === undefined || value === null) {
      this.variables?.delete(name);
      return;
    }
    this.variables ??= new Map();
    this.variables.set(name, value);
  }

  /** The client went away: everything that waits on its behalf, in the whole chain, is told. */
  abort(): void {
    const root = this.root;
    root.aborted = true;
    const first = root.#cancellation;
    const more = root.#moreCancellations;
    root.#cancellation = undefined;
    root.#moreCancellations = undefined;
    first?.();
    if (more !== undefined) for (const cancel of more) cancel();
  }

  /** Has `cancel` called if the client goes away, until `settled`. */
  onAbort(cancel: () => void): void {
    const root = this.root;
    if (root.#cancellation === undefined) {
      root.#cancellation = cancel;
      return;
    }
    root.#moreCancellations ??= new Set();
    root.#moreCancellations.add(cancel);
  }

  settled(cancel: () => void): void {
    const { root } = this;
    if (root.#cancellation === cancel) root.#cancellation = undefined;
    else root.#moreCancellations?.delete(cancel);
  }
}
