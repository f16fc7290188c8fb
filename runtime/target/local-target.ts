import type { LocalTargetConnectionConfig } from '../bundle/target.ts';
import type { Place } from '../diagnostic.ts';
import type { ConnectionCompiler } from '../flow/connections.ts';
import type { LocalCall, Target } from '../flow/target.ts';
import type { Template } from '../language/template.ts';
import { type BodyNeed, BodyNeed as Need } from '../message/body-need.ts';
import { type ConfiguredUrl, type Endpoint, type Exchange, type Outcome, TargetCall } from '../message/exchange.ts';
import type { Message } from '../message/message.ts';
import { destinationByName, destinationByPath, dispatch, type LocalDestination, suffixOf } from './local-dispatch.ts';
import type { SuccessCodes } from './success-codes.ts';
import { readTargetProperties } from './target-properties.ts';
import { addedQuery, joinPath, joinQuery } from './target-url.ts';

/** LocalTargetConnection, compiled: by name or by path, each part a template. Apigee: connecting proxies to other proxies. */
export interface LocalConnection {
  readonly proxy: Template | undefined;
  readonly endpoint: Template | undefined;
  readonly path: Template | undefined;
  readonly needs: BodyNeed;
  readonly isError: SuccessCodes;
}

export function compileLocalConnection(
  config: LocalTargetConnectionConfig,
  at: Place,
  compiler: ConnectionCompiler,
): LocalConnection | undefined {
  const { APIProxy, ProxyEndpoint, Path } = config;
  const { diagnostics } = compiler;
  const named = APIProxy !== undefined && APIProxy.text !== '';
  const pathed = Path !== undefined && Path.text !== '';
  if (!named && !pathed) {
    const hint = 'Add <APIProxy> and <ProxyEndpoint>, or <Path>.';
    diagnostics.error('ZH030', at, 'LocalTargetConnection names neither a proxy nor a path.', hint);
    return undefined;
  }
  if (named && pathed) {
    const message = 'LocalTargetConnection has both <APIProxy> and <Path>; <Path> has no effect.';
    diagnostics.warning('ZH031', Path.at, message, 'Keep one of the two forms.');
  }
  const template = (leaf: { readonly text: string; readonly at: Place } | undefined): Template | undefined =>
    leaf === undefined || leaf.text === '' ? undefined : compiler.template(leaf.text, leaf.at);
  const proxy = named ? template(APIProxy) : undefined;
  const endpoint = named ? template(ProxyEndpoint) : undefined;
  const path = named ? undefined : template(Path);
  const needs = [proxy, endpoint, path].reduce((all, one) => all | (one?.needs ?? Need.none), Need.none as BodyNeed);
  const { isError } = readTargetProperties(config.Properties, diagnostics);
  return { proxy, endpoint, path, needs, isError };
}

/** The literal calls of a connection, for the graph and for warnings. */
export function literalCalls(connection: LocalConnection): LocalCall[] {
  const { proxy, endpoint, path } = connection;
  if (path?.constant !== undefined) return [{ path: path.constant }];
  if (proxy?.constant === undefined) return [];
  if (endpoint !== undefined && endpoint.constant === undefined) return [];
  return [{ proxy: proxy.constant, endpoint: endpoint?.constant }];
}

/** A TargetEndpoint that is another proxy of the same deployment. */
export class LocalTarget implements Target {
  readonly needs: BodyNeed;
  readonly calls: readonly LocalCall[];
  readonly #name: string;
  readonly #connection: LocalConnection;
  readonly #configuredUrl: ConfiguredUrl;

  constructor(name: string, connection: LocalConnection) {
    this.#name = name;
    this.#connection = connection;
    this.needs = connection.needs;
    this.calls = literalCalls(connection);
    this.#configuredUrl = (exchange) => configuredUrl(exchange, connection);
  }

  begin(exchange: Exchange): void {
    const call = new TargetCall(this.#name, this.#configuredUrl);
    call.scheme = 'http';
    exchange.target = call;
  }

  connect(exchange: Exchange): Outcome {
    const destination = destinationOf(exchange, this.#connection);
    const now = Date.now();
    const { target } = exchange;
    if (target !== undefined) target.sentStart = target.sentEnd = now;
    return dispatch(exchange, destination, exchange.request, now, receive, exchange.request.upgrade);
  }

  isError(status: number): boolean {
    return this.#connection.isError(status);
  }

  close(): void {
    // Nothing is held: the called proxy is looked up at each call.
  }
}

/** `target.url` as it reads in the target request flow: no suffix, no query. */
function configuredUrl(exchange: Exchange, { proxy, endpoint, path }: LocalConnection): string {
  const origin = `http://127.0.0.1:${exchange.surroundings.port}`;
  if (path !== undefined) return origin + withoutQuery(path.render(exchange));
  const called = exchange.directory.endpointByName(proxy?.render(exchange) ?? '', endpoint?.render(exchange));
  return origin + (called?.basePath ?? '');
}

function destinationOf(exchange: Exchange, connection: LocalConnection): LocalDestination {
  const { path } = connection;
  const { target, request } = exchange;
  if (target?.setUrl !== undefined) return destinationOfUrl(exchange, connection, target.setUrl, target.queryAtUrl);
  const suffix = exchange.copyPathSuffix ? exchange.pathSuffix : '';
  const query = exchange.copyQueryParams ? request.querystring : '';
  if (path === undefined) {
    const called = calledByName(exchange, connection);
    return { endpoint: called, path: called.basePath + suffix || '/', pathSuffix: suffix, query };
  }
  const text = path.render(exchange);
  const mark = text.indexOf('?');
  if (mark === -1) return destinationByPath(exchange, joinPath(text, suffix), query);
  return destinationByPath(exchange, joinPath(text.slice(0, mark), suffix), joinQuery(text.slice(mark + 1), query));
}

function calledByName(exchange: Exchange, { proxy, endpoint }: LocalConnection): Endpoint {
  return destinationByName(exchange, proxy?.render(exchange) ?? '', endpoint?.render(exchange));
}

/** A policy set `target.url`: its path and query are the whole request, scheme and host do not count. */
function destinationOfUrl(
  exchange: Exchange,
  connection: LocalConnection,
  url: string,
  queryAtUrl: string,
): LocalDestination {
  const origin = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(url);
  const rest = (origin === null ? url : url.slice(origin[0].length)).replace(/#.*$/, '');
  const mark = rest.indexOf('?');
  const path = (mark === -1 ? rest : rest.slice(0, mark)) || '/';
  const added = addedQuery(exchange.request.querystring, queryAtUrl);
  const query = joinQuery(mark === -1 ? '' : rest.slice(mark + 1), added);
  if (connection.path !== undefined) return destinationByPath(exchange, path, query);
  const called = calledByName(exchange, connection);
  const inside = path === called.basePath || path.startsWith(`${called.basePath}/`);
  const suffix = inside ? suffixOf(called.basePath, path) : path;
  return { endpoint: called, path: called.basePath + suffix || '/', pathSuffix: suffix, query };
}

/** From here on the request is the one that was sent. Apigee: flow variables reference, request.path. */
function receive(caller: Exchange, response: Message, { path, query }: LocalDestination, now: number): void {
  caller.response = response;
  const { target, request } = caller;
  if (target !== undefined) {
    target.receivedStart = target.receivedEnd = now;
    target.host = target.ip = '127.0.0.1';
    target.port = caller.surroundings.port;
  }
  request.path = path;
  if (request.querystring !== query) request.querystring = query;
}

function withoutQuery(text: string): string {
  const mark = text.indexOf('?');
  return mark === -1 ? text : text.slice(0, mark);
}
