import { Fault, flowFaults } from '../fault.ts';
import type { LocalCall, Target } from '../flow/target.ts';
import type { BodyNeed } from '../message/body-need.ts';
import { type ConfiguredUrl, type Exchange, type Outcome, TargetCall } from '../message/exchange.ts';
import { Parameters } from '../message/query.ts';
import { encode } from './compression.ts';
import type { HttpCall } from './http-call.ts';
import { authenticated, type HttpConnection } from './http-connection.ts';
import { type HttpRequest, sendBalanced, sendToUrl } from './http-request.ts';
import { messageOf } from './http-response.ts';
import { outgoingHeaders } from './outgoing-headers.ts';
import type { Retained } from './target-properties.ts';
import {
  addedQuery,
  encodeBytes,
  encodeText,
  joinPath,
  joinQuery,
  parseTargetUrl,
  type TargetUrl,
} from './target-url.ts';
import { Upload } from './upload.ts';

/** Where a call goes; `url` is undefined when the load balancer decides. */
interface Route {
  readonly url: TargetUrl | undefined;
  readonly path: string;
  readonly query: string;
  /** By variables. */
  readonly computed: boolean;
}

/** A TargetEndpoint, or a RouteRule's URL, that is called over HTTP. */
export class HttpTarget implements Target {
  readonly needs: BodyNeed;
  readonly calls: readonly LocalCall[] = [];
  readonly #name: string;
  readonly #connection: HttpConnection;
  /** The URL when it is always the same. */
  readonly #constant: TargetUrl | undefined;
  readonly #configuredUrl: ConfiguredUrl;

  constructor(name: string, connection: HttpConnection) {
    this.#name = name;
    this.#connection = connection;
    this.needs = connection.needs;
    const text = connection.url?.constant;
    this.#constant = text === undefined ? undefined : parseTargetUrl(text);
    this.#configuredUrl = (exchange) => connection.url?.render(exchange);
  }

  begin(exchange: Exchange): void {
    const { url, path, tls, monitor } = this.#connection;
    monitor?.start();
    const call = new TargetCall(this.#name, this.#configuredUrl);
    if (url === undefined) {
      call.scheme = tls.enabled(exchange) ? 'https' : 'http';
      call.basePath = path?.render(exchange);
    }
    exchange.target = call;
  }

  connect(exchange: Exchange): Outcome {
    return this.#connect(exchange, this.#route(exchange));
  }

  isError(status: number): boolean {
    return this.#connection.properties.isError(status);
  }

  close(): void {
    this.#connection.monitor?.close();
  }

  async #connect(exchange: Exchange, route: Route): Promise<void> {
    const connection = this.#connection;
    const { properties, balancer } = connection;
    const { request, target } = exchange;
    const path = route.path === '' ? '/' : route.path;
    let headers = outgoingHeaders(exchange, request.headers, properties.requestHeaders);
    if (connection.authentication !== undefined) {
      const { url } = route;
      headers = await authenticated(connection, exchange, url && `${url.origin}${url.path}`, headers);
    }
    let body: Buffer | string | undefined;
    if (properties.compression !== undefined && request.body.inMemory) {
      const encoded = await encode(request, properties.compression, headers);
      headers = encoded.headers;
      body = encoded.bytes;
    }
    const { limit } = request.body;
    const source = request.body.takeSource();
    const outgoing: HttpRequest = {
      method: request.verb,
      uri: route.query === '' ? path : `${path}?${route.query}`,
      headers,
      host: target?.headerHost,
      expectedCn: target?.expectedCn,
      body: source !== undefined ? undefined : (body ?? request.body.outgoing),
      upload: source === undefined ? undefined : new Upload(source, limit),
      upgrade: request.verb === 'GET' && source === undefined && request.body.isEmpty ? request.upgrade : undefined,
      computed: route.computed,
      timeout: properties.ioTimeout,
      deadline: exchange.deadline,
      detached: false,
      target,
      policy: undefined,
    };
    if (target !== undefined) target.sentStart = Date.now();
    let call: HttpCall;
    if (route.url !== undefined) call = await sendToUrl(exchange, connection, route.url, outgoing);
    else if (balancer !== undefined) call = await sendBalanced(exchange, connection, balancer, outgoing);
    else throw new Fault(flowFaults.noActiveTargets);
    exchange.response = messageOf(call, properties);
    // From here on the request is the one that was sent. Apigee: flow variables reference, request.path.
    request.path = path;
    if (request.querystring !== route.query) request.querystring = route.query;
  }

  #route(exchange: Exchange): Route {
    const { target, request } = exchange;
    if (target?.setUrl !== undefined) {
      const url = parsed(target.setUrl);
      return {
        url,
        path: url.path,
        query: joinQuery(url.query, encodeBytes(addedQuery(request.querystring, target.queryAtUrl))),
        computed: true,
      };
    }
    const { properties, url: template, path: basePath } = this.#connection;
    const suffix = exchange.copyPathSuffix ? encodeBytes(exchange.pathSuffix) : '';
    const query = exchange.copyQueryParams
      ? encodeBytes(retainedQuery(request.querystring, properties.queryParams))
      : '';
    if (template !== undefined) {
      const url = this.#constant ?? parsed(template.render(exchange));
      const computed = this.#constant === undefined;
      return { url, path: joinPath(url.path, suffix), query: joinQuery(url.query, query), computed };
    }
    const text = encodeText(basePath?.render(exchange) ?? '');
    const mark = text.indexOf('?');
    const path = joinPath('/', (mark === -1 ? text : text.slice(0, mark)).replace(/^\/+/, ''));
    const own = mark === -1 ? '' : text.slice(mark + 1);
    return { url: undefined, path: joinPath(path, suffix), query: joinQuery(own, query), computed: false };
  }
}

function parsed(text: string): TargetUrl {
  const url = parseTargetUrl(text);
  if (url === undefined) throw new Fault(flowFaults.invalidPath, 'Invalid target URL');
  return url;
}

/** The parameters that may go on, byte for byte as they are. */
function retainedQuery(query: string, retained: Retained): string {
  if (retained === undefined || query === '') return query;
  const isRetained = (part: string): boolean => new Parameters(part).names().some((name) => retained.has(name));
  return query.split('&').filter(isRetained).join('&');
}
