import { Fault, flowFaults } from '../fault.ts';
import type { BodyNeed } from '../message/body-need.ts';
import type { Exchange } from '../message/exchange.ts';
import type { Message } from '../message/message.ts';
import type { Callout } from '../policies/policy.ts';
import { calloutPath } from './callout-path.ts';
import { encode } from './compression.ts';
import { authenticated, type HttpConnection } from './http-connection.ts';
import { type HttpRequest, sendBalanced, sendToUrl } from './http-request.ts';
import { messageOf } from './http-response.ts';
import { outgoingHeaders } from './outgoing-headers.ts';
import { encodeText, joinPath, joinQuery, parseTargetUrl, type TargetUrl } from './target-url.ts';

/** A ServiceCallout over HTTP. */
export class HttpCallout implements Callout {
  readonly needs: BodyNeed;
  /** Of the policy. */
  readonly name: string;
  readonly #connection: HttpConnection;
  readonly #variable: string;
  readonly #expectedCn: string;
  /** URLs this callout has written into its variable itself: they are no order to use another one. */
  readonly #written = new WeakMap<Exchange, string>();

  constructor(policy: string, connection: HttpConnection) {
    this.name = policy;
    this.#connection = connection;
    this.#variable = `servicecallout.${policy}.target.url`;
    this.#expectedCn = `servicecallout.${policy}.expectedcn`;
    this.needs = connection.needs;
  }

  /** `servicecallout.NAME.target.url` when the bundle has set it, else the URL as configured. */
  url(exchange: Exchange): string | undefined {
    const set = exchange.variables?.get(this.#variable);
    if (typeof set === 'string' && set !== '' && set !== this.#written.get(exchange)) return set;
    return this.#connection.url?.render(exchange);
  }

  async send(exchange: Exchange, request: Message, timeoutMilliseconds: number, detached = false): Promise<Message> {
    const { url: configured, balancer, path: basePath } = this.#connection;
    const text = this.url(exchange);
    if (text !== undefined && (configured !== undefined || text !== '')) {
      const url = parseTargetUrl(text);
      if (url === undefined) throw new Fault(flowFaults.invalidPath, 'Invalid target URL');
      this.#written.set(exchange, text);
      exchange.setVariable(this.#variable, text);
      const computed = text !== configured?.constant;
      const options = { timeoutMilliseconds, detached, policy: this, computed };
      return sendOver(this.#connection, exchange, request, url, url, options);
    }
    if (balancer === undefined) throw new Fault(flowFaults.noActiveTargets);
    const base = encodeText(basePath?.render(exchange) ?? '');
    const mark = base.indexOf('?');
    const place = { path: mark === -1 ? base : base.slice(0, mark), query: mark === -1 ? '' : base.slice(mark + 1) };
    return sendOver(this.#connection, exchange, request, undefined, place, {
      timeoutMilliseconds,
      detached,
      policy: this,
      computed: false,
    });
  }

  isError(status: number): boolean {
    return this.#connection.properties.isError(status);
  }

  expectedCn(exchange: Exchange): string | undefined {
    const name = exchange.variables?.get(this.#expectedCn);
    return typeof name === 'string' ? name : undefined;
  }
}

interface SendOptions {
  readonly timeoutMilliseconds: number;
  readonly detached: boolean;
  readonly policy: HttpCallout | undefined;
  /** By variables. */
  readonly computed: boolean;
}

/**
 * Sends a request that is in memory and gives the whole response.
 * @param url undefined: the load balancer decides
 * @throws Fault when there is no response, or it is too large
 */
export async function sendOver(
  connection: HttpConnection,
  exchange: Exchange,
  request: Message,
  url: TargetUrl | undefined,
  base: Pick<TargetUrl, 'path' | 'query'>,
  options: SendOptions,
): Promise<Message> {
  const { properties, balancer } = connection;
  const path = joinPath(base.path === '' ? '/' : base.path, encodeText(calloutPath(exchange, request)));
  const query = joinQuery(base.query, encodeText(request.querystring));
  const uri = query === '' ? path : `${path}?${query}`;
  if (options.policy !== undefined) exchange.setVariable('servicecallout.requesturi', uri);
  const own = Date.now() + options.timeoutMilliseconds;
  const { deadline } = exchange;
  let headers = outgoingHeaders(exchange, request.headers, properties.requestHeaders);
  if (connection.authentication !== undefined) {
    headers = await authenticated(connection, exchange, url && `${url.origin}${url.path}`, headers);
  }
  let body = request.body.outgoing;
  if (properties.compression !== undefined) {
    const encoded = await encode(request, properties.compression, headers);
    headers = encoded.headers;
    body = encoded.bytes;
  }
  const outgoing: HttpRequest = {
    method: request.verb,
    uri,
    headers,
    host: hostOf(exchange, request),
    expectedCn: options.policy?.expectedCn(exchange),
    body,
    upload: undefined,
    upgrade: undefined,
    computed: options.computed,
    timeout: Math.min(properties.ioTimeout, options.timeoutMilliseconds),
    deadline: deadline === 0 || options.detached ? own : Math.min(own, deadline),
    detached: options.detached,
    target: undefined,
    policy: options.policy?.name,
  };
  const call =
    url !== undefined || balancer === undefined
      ? await sendToUrl(exchange, connection, url ?? unknownPlace(), outgoing)
      : await sendBalanced(exchange, connection, balancer, outgoing);
  const response = messageOf(call, properties);
  await response.body.buffer();
  return response;
}

/** A Host field that a policy set. The client's own, copied along with all other headers, is the target's to replace. */
function hostOf(exchange: Exchange, request: Message): string | undefined {
  const host = request.headers.line('host');
  return host === '' || host === exchange.client.host || request === exchange.request ? undefined : host;
}

function unknownPlace(): never {
  throw new Fault(flowFaults.noActiveTargets);
}
