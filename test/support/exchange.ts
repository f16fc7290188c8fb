import { createVariableAccess } from '../../runtime/language/variables.ts';
import { Body } from '../../runtime/message/body.ts';
import {
  type Client,
  type Directory,
  type Endpoint,
  Exchange,
  Phase,
  type Surroundings,
  TargetCall,
} from '../../runtime/message/exchange.ts';
import { Headers } from '../../runtime/message/headers.ts';
import { Message } from '../../runtime/message/message.ts';

/** Header fields as a flat list, as pairs, or as an object (one field per value). */
export type HeaderFields = readonly string[] | Readonly<Record<string, string | readonly string[]>>;

export interface ExchangeOptions {
  readonly verb?: string;
  /** Path and query; without it: base path and path suffix. */
  readonly uri?: string;
  readonly headers?: HeaderFields;
  /** A payload in memory. */
  readonly body?: string | Buffer | Body;
  /** Base path of the endpoint, `/v1` when absent. */
  readonly basePath?: string;
  /** What follows the base path; taken from `uri` when absent and `uri` starts with the base path. */
  readonly pathSuffix?: string;
  readonly phase?: Phase;
  /** Custom flow variables. */
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly response?: Message;
  /** A target call with this configured URL is under way; empty: one whose load balancer decides. */
  readonly targetUrl?: string;
  readonly client?: Partial<Client>;
  readonly endpoint?: Partial<Endpoint>;
  readonly directory?: Partial<Directory>;
  readonly surroundings?: Partial<Surroundings>;
  /** The exchange whose local call this is. */
  readonly parent?: Exchange;
  /** Milliseconds since 1970 at which the request came in. */
  readonly now?: number;
}

export interface ResponseOptions {
  readonly status?: number;
  readonly reason?: string;
  readonly headers?: HeaderFields;
  readonly body?: string | Buffer | Body;
}

/** An exchange as a server makes it, around plain data in place of a deployment. */
export function exchangeOf(options: ExchangeOptions = {}): Exchange {
  const basePath = options.basePath ?? '/v1';
  const uri = options.uri ?? `${basePath}${options.pathSuffix ?? ''}`;
  const request = requestOf(options, uri);
  const suffix = options.pathSuffix ?? (request.path.startsWith(basePath) ? request.path.slice(basePath.length) : '');
  const exchange = new Exchange(
    { ...emptyDirectory, ...options.directory },
    surroundingsOf(options.surroundings),
    { ...plainEndpoint, basePath, ...options.endpoint },
    { ...plainClient, ...options.client },
    options.parent,
    request,
    suffix,
    options.now ?? 1_700_000_000_000,
  );
  exchange.phase = options.phase ?? Phase.proxyRequest;
  exchange.response = options.response;
  if (options.targetUrl !== undefined) {
    exchange.target = new TargetCall('default', () => options.targetUrl || undefined);
    exchange.phase = options.phase ?? Phase.targetRequest;
  }
  for (const [name, value] of Object.entries(options.variables ?? {})) exchange.setVariable(name, value);
  return exchange;
}

/** A response message with its payload in memory. */
export function responseOf(options: ResponseOptions = {}): Message {
  const message = new Message('response', headersOf(options.headers), bodyOf(options.body));
  message.status = options.status ?? 200;
  if (options.reason !== undefined) message.reason = options.reason;
  return message;
}

function requestOf(options: ExchangeOptions, uri: string): Message {
  const message = new Message('request', headersOf(options.headers), bodyOf(options.body));
  const question = uri.indexOf('?');
  message.verb = options.verb ?? 'GET';
  message.path = question === -1 ? uri : uri.slice(0, question);
  message.querystring = question === -1 ? '' : uri.slice(question + 1);
  return message;
}

function headersOf(fields: HeaderFields = []): Headers {
  if (isFlat(fields)) return new Headers([...fields]);
  const headers = new Headers([]);
  for (const [name, value] of Object.entries(fields)) {
    for (const one of typeof value === 'string' ? [value] : value) headers.add(name, one);
  }
  return headers;
}

function isFlat(fields: HeaderFields): fields is readonly string[] {
  return Array.isArray(fields);
}

function bodyOf(body: string | Buffer | Body | undefined): Body {
  if (body === undefined) return Body.empty;
  if (body instanceof Body) return body;
  return typeof body === 'string' ? Body.ofText(body) : Body.ofBytes(body);
}

function surroundingsOf(given: Partial<Surroundings> | undefined): Surroundings {
  return {
    cdnLoopId: 'zerohop-test',
    maxChainDepth: 32,
    maxChainCalls: 1024,
    port: 8080,
    counter: { count: () => undefined },
    variables: createVariableAccess(),
    report: (error) => {
      throw error;
    },
    ...given,
  };
}

const plainClient: Client = {
  ip: '203.0.113.7',
  port: 40123,
  scheme: 'http',
  host: 'api.example.com',
  cdnLoop: undefined,
  tls: undefined,
};

const plainEndpoint: Endpoint = {
  proxy: 'weather',
  revision: '1',
  name: 'default',
  basePath: '/v1',
  properties: new Map(),
  requestLimit: 10 * 1024 * 1024,
  run: () => undefined,
  finish: () => undefined,
};

const emptyDirectory: Directory = {
  organization: 'org',
  environment: 'test',
  properties: new Map(),
  endpointByName: () => undefined,
  proxyExists: () => false,
  endpointByPath: () => undefined,
  sharedFlow: () => undefined,
  flowHooks: {
    PreProxyFlowHook: undefined,
    PreTargetFlowHook: undefined,
    PostTargetFlowHook: undefined,
    PostProxyFlowHook: undefined,
  },
};
