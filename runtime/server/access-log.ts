import type { IncomingMessage } from 'node:http';
import type { Fault } from '../fault.ts';
import type { Log } from '../log.ts';
import type { Exchange } from '../message/exchange.ts';

/** One line per outside request. No query, no headers, no payload: secrets live there. */
export function logAccess(log: Log, exchange: Exchange, status: number, milliseconds: number, aborted: boolean): void {
  if (!log.isLevelEnabled('info')) return;
  const { fault } = exchange;
  log.info(
    {
      proxy: exchange.endpoint.proxy,
      endpoint: exchange.endpoint.name,
      ...(exchange.trail.length === 0 ? {} : { chain: chainText(exchange, exchange.trail) }),
      method: exchange.arrivedVerb,
      path: pathOf(exchange.arrivedUri),
      status,
      milliseconds: Math.round(milliseconds * 1000) / 1000,
      client: exchange.client.ip,
      id: exchange.id,
      ...(aborted ? { aborted } : {}),
      ...(fault === undefined ? {} : faultFields(fault)),
      ...causeFields(exchange),
    },
    'request',
  );
}

/** The deepest fault of the chain, when that is another one: what an outer proxy says of it is often less. */
function causeFields({ fault, trail }: Exchange): object {
  const cause = trail.findLast((one) => one.fault !== undefined);
  if (cause?.fault === undefined || cause.fault === fault) return {};
  return { cause: { proxy: cause.endpoint.proxy, ...faultFields(cause.fault) } };
}

function faultFields(fault: Fault): object {
  const { origin } = fault;
  return {
    fault: fault.code,
    ...(origin === undefined ? {} : { policy: origin.policy, at: `${origin.file}:${origin.line}` }),
  };
}

/** A request that no proxy saw. */
export function logRefused(log: Log, request: IncomingMessage, fault: Fault, client: string): void {
  const path = pathOf(request.url ?? '').slice(0, longestRefusedPath);
  log.info({ method: request.method, path, status: fault.status, fault: fault.code, client }, 'request');
}

/** Characters of the path of a refused request that are logged: it may be refused because of its length. */
const longestRefusedPath = 1024;

function pathOf(uri: string): string {
  const mark = uri.indexOf('?');
  return mark === -1 ? uri : uri.slice(0, mark);
}

/** `shop -> catalog -> stock`; calls side by side as `shop -> (catalog -> stock, pricing)`. */
export function chainText(exchange: Exchange, trail: readonly Exchange[]): string {
  const { proxy } = exchange.endpoint;
  const called = trail.filter((one) => one.parent === exchange).map((one) => chainText(one, trail));
  if (called.length === 0) return proxy;
  return `${proxy} -> ${called.length === 1 ? called[0] : `(${called.join(', ')})`}`;
}
