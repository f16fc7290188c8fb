import type { Attributes } from '@opentelemetry/api';
import type { Exchange } from '../message/exchange.ts';
import type { NetworkRequest } from '../message/span.ts';

/** Attributes of spans. OpenTelemetry semantic conventions, HTTP spans (stable). */

const methods: ReadonlySet<string> = new Set([
  'CONNECT',
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
  'QUERY',
  'TRACE',
]);

/** A method as it may be an attribute or a label: there is no end of unknown ones. */
export function methodOf(verb: string): string {
  return methods.has(verb) ? verb : '_OTHER';
}

/** The conventions: a span of an unknown method is called by the protocol. */
export function titleOf(verb: string): string {
  return methods.has(verb) ? verb : 'HTTP';
}

/** Characters of a text that came from outside. */
const longest = 1024;

export function routeOf(exchange: Exchange): string {
  return exchange.endpoint.basePath === '' ? '/' : exchange.endpoint.basePath;
}

/** Of the span of an outside request. No header but the user agent's, no payload, no value of a query. */
export function serverAttributes(exchange: Exchange): Attributes {
  const { client, arrivedVerb, arrivedUri, request } = exchange;
  const mark = arrivedUri.indexOf('?');
  const { host, port } = authorityOf(client.host);
  return {
    ...methodAttributes(arrivedVerb),
    'url.scheme': client.scheme,
    'url.path': (mark === -1 ? arrivedUri : arrivedUri.slice(0, mark)).slice(0, longest),
    'url.query': mark === -1 ? undefined : redacted(arrivedUri.slice(mark + 1)),
    'http.route': routeOf(exchange),
    'server.address': host,
    'server.port': port,
    'client.address': client.ip,
    'user_agent.original': request.headers.line('user-agent')?.slice(0, longest),
    'network.protocol.version': request.version,
    ...proxyAttributes(exchange),
  };
}

/** Of the span of a proxy that was called in memory. */
export function localAttributes(exchange: Exchange): Attributes {
  return { ...proxyAttributes(exchange), 'zerohop.local': true, 'zerohop.hop': exchange.depth };
}

export function networkAttributes({ method, scheme, host, port, uri, target, policy, resends }: NetworkRequest) {
  const isUsual = port === (scheme === 'https' ? 443 : 80);
  return {
    ...methodAttributes(method),
    'server.address': host,
    'server.port': port,
    'url.full': `${scheme}://${host.includes(':') ? `[${host}]` : host}${isUsual ? '' : `:${port}`}${redactedUri(uri)}`,
    'http.request.resend_count': resends === 0 ? undefined : resends,
    'apigee.target': target,
    'apigee.policy': policy,
  } satisfies Attributes;
}

/** What a proxy's run ended in. */
export function endAttributes(exchange: Exchange, status: number): Attributes {
  const { fault, routeName, target } = exchange;
  return {
    'http.response.status_code': status === 0 ? undefined : status,
    'apigee.route': routeName,
    'apigee.target': target?.name,
    'apigee.fault': fault?.code,
    'apigee.policy': fault?.origin?.policy,
    'error.type': status >= 500 || status === 0 ? (fault?.code ?? String(status)) : undefined,
  };
}

function proxyAttributes({ endpoint, directory, id }: Exchange): Attributes {
  return {
    'apigee.proxy': endpoint.proxy,
    'apigee.proxy.endpoint': endpoint.name,
    'apigee.revision': endpoint.revision,
    'apigee.environment': directory.environment,
    'apigee.message_id': id,
  };
}

function methodAttributes(verb: string): Attributes {
  return methods.has(verb)
    ? { 'http.request.method': verb }
    : { 'http.request.method': '_OTHER', 'http.request.method_original': verb.slice(0, longest) };
}

function authorityOf(host: string): { host: string | undefined; port: number | undefined } {
  const match = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(host);
  if (match === null || match[1] === '') return { host: undefined, port: undefined };
  return { host: match[1], port: match[2] === undefined ? undefined : Number(match[2]) };
}

function redactedUri(uri: string): string {
  const mark = uri.indexOf('?');
  return mark === -1
    ? uri.slice(0, longest)
    : `${uri.slice(0, mark).slice(0, longest)}?${redacted(uri.slice(mark + 1))}`;
}

/** Names of parameters stay, values go: keys and tokens travel there, under names that nobody knows beforehand. */
function redacted(query: string): string {
  const parts = query.split('&').map((part) => {
    const mark = part.indexOf('=');
    return mark === -1 ? 'REDACTED' : `${part.slice(0, mark)}=REDACTED`;
  });
  return parts.join('&').slice(0, longest);
}
