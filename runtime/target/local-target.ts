import type { LocalTargetConnectionConfig } from '../bundle/target.ts';
import type { Place } from '../diagnostic.ts';
import type { ConnectionCompiler } from '../flow/connections.ts';
import type { LocalCall, Target } from '../flow/target.ts';
import type { Template } from '../language/template.ts';
import { type BodyNeed, BodyNeed as Need } from '../message/body-need.ts';
import { type Exchange, type Outcome, TargetCall } from '../message/exchange.ts';
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

  constructor(name: string, connection: LocalConnection) {
    this.#name = name;
    this.#connection = connection;
    this.needs = connection.needs;
    this.calls = literalCalls(connection);
  }

  begin(exchange: Exchange): void {
    const call = new TargetCall(this.#name, this.#configuredUrl(exchange));
    call.scheme = 'http';
    exchange.target = call;
  }

  connect(exchange: Exchange): Outcome {
    const { to, query } = this.#destination(exchange);
    const { target } = exchange;
    if (target !== undefined) target.sentStart = target.sentEnd = Date.now();
    return dispatch(exchange, to, exchange.request, query, (caller, response) => receive(caller, response, to, query));
  }

  isError(status: number): boolean {
    return this.#connection.isError(status);
  }

  close(): void {
    // Nothing is held: the called proxy is looked up at each call.
  }

  /** `target.url` as it reads in the target request flow: no suffix, no query. */
  #configuredUrl(exchange: Exchange): string {
    const { proxy, endpoint, path } = this.#connection;
    const origin = `http://127.0.0.1:${exchange.surroundings.port}`;
    if (path !== undefined) return origin + withoutQuery(path.render(exchange));
    const called = exchange.directory.endpointByName(proxy?.render(exchange) ?? '', endpoint?.render(exchange));
    return origin + (called?.basePath ?? '');
  }

  #destination(exchange: Exchange): { to: LocalDestination; query: string } {
    const { proxy, endpoint, path } = this.#connection;
    const { target, request } = exchange;
    if (target?.urlSet === true) return this.#byUrl(exchange, target.url ?? '', target.queryAtUrl);
    const suffix = exchange.copyPathSuffix ? exchange.pathSuffix : '';
    const query = exchange.copyQueryParams ? request.querystring : '';
    if (path !== undefined) {
      const text = path.render(exchange);
      const own = text.indexOf('?');
      const to = destinationByPath(exchange, joinPath(own === -1 ? text : text.slice(0, own), suffix));
      return { to, query: joinQuery(own === -1 ? '' : text.slice(own + 1), query) };
    }
    const called = destinationByName(exchange, proxy?.render(exchange) ?? '', endpoint?.render(exchange));
    return { to: { endpoint: called, path: called.basePath + suffix || '/', pathSuffix: suffix }, query };
  }

  /** A policy set `target.url`: its path and query are the whole request, scheme and host do not count. */
  #byUrl(exchange: Exchange, url: string, queryAtUrl: string): { to: LocalDestination; query: string } {
    const { proxy, endpoint, path } = this.#connection;
    const target = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(url);
    const rest = (target === null ? url : url.slice(target[0].length)).replace(/#.*$/, '');
    const mark = rest.indexOf('?');
    const pathText = (mark === -1 ? rest : rest.slice(0, mark)) || '/';
    const query = joinQuery(
      mark === -1 ? '' : rest.slice(mark + 1),
      addedQuery(exchange.request.querystring, queryAtUrl),
    );
    if (path !== undefined) return { to: destinationByPath(exchange, pathText), query };
    const called = destinationByName(exchange, proxy?.render(exchange) ?? '', endpoint?.render(exchange));
    const inside = pathText === called.basePath || pathText.startsWith(`${called.basePath}/`);
    const suffix = inside ? suffixOf(called.basePath, pathText) : pathText;
    return { to: { endpoint: called, path: called.basePath + suffix || '/', pathSuffix: suffix }, query };
  }
}

/** From here on the request is the one that was sent. Apigee: flow variables reference, request.path. */
function receive(caller: Exchange, response: Message, to: LocalDestination, query: string): void {
  caller.response = response;
  const { target, request } = caller;
  if (target !== undefined) {
    target.receivedStart = target.receivedEnd = Date.now();
    target.host = target.ip = '127.0.0.1';
    target.port = caller.surroundings.port;
  }
  request.path = to.path;
  if (request.querystring !== query) request.querystring = query;
}

function withoutQuery(text: string): string {
  const mark = text.indexOf('?');
  return mark === -1 ? text : text.slice(0, mark);
}
