import type { Fault } from '../fault.ts';
import type { Log } from '../log.ts';
import type { Exchange } from '../message/exchange.ts';
import type { LineCause } from '../request-line.ts';
import type { Call } from './call.ts';

/** One line per outside request. No query, no headers, no payload: secrets live there. */
export function logAccess(log: Log, exchange: Exchange, status: number, milliseconds: number, aborted: boolean): void {
  if (!log.isLevelEnabled('info')) return;
  const { endpoint, fault, trail } = exchange;
  log.request({
    proxy: endpoint.proxy,
    endpoint: endpoint.name,
    chain: trail.length === 0 ? undefined : chainText(exchange, trail),
    method: exchange.arrivedVerb,
    path: pathOf(exchange.arrivedUri),
    status,
    milliseconds: Math.round(milliseconds * 1000) / 1000,
    client: exchange.client.ip,
    id: exchange.id,
    aborted: aborted ? true : undefined,
    fault: fault?.code,
    policy: fault?.origin?.policy,
    at: placeOf(fault),
    cause: trail.length === 0 ? undefined : causeOf(exchange),
  });
}

/** The deepest fault of the chain, when that is another one: what an outer proxy says of it is often less. */
function causeOf({ fault, trail }: Exchange): LineCause | undefined {
  const cause = trail.findLast((one) => one.fault !== undefined);
  if (cause?.fault === undefined || cause.fault === fault) return undefined;
  const { code, origin } = cause.fault;
  return { proxy: cause.endpoint.proxy, fault: code, policy: origin?.policy, at: placeOf(cause.fault) };
}

function placeOf(fault: Fault | undefined): string | undefined {
  const origin = fault?.origin;
  return origin === undefined ? undefined : `${origin.file}:${origin.line}`;
}

/** A request that no proxy saw. */
export function logRefused(log: Log, call: Call, fault: Fault): void {
  const path = pathOf(call.target).slice(0, longestRefusedPath);
  log.request({ method: call.verb, path, status: fault.status, fault: fault.code, client: call.peer.ip });
}

/** Characters of the path of a refused request that are logged: it may be refused because of its length. */
const longestRefusedPath = 1024;

function pathOf(uri: string): string {
  const mark = uri.indexOf('?');
  return mark === -1 ? uri : uri.slice(0, mark);
}

/** `shop -> catalog -> stock`; calls side by side as `shop -> (catalog -> stock, pricing)`. */
export function chainText(exchange: Exchange, trail: readonly Exchange[]): string {
  let text = exchange.endpoint.proxy;
  let caller = exchange;
  for (const one of trail) {
    if (one.parent !== caller) return treeText(exchange, trail);
    text += ` -> ${one.endpoint.proxy}`;
    caller = one;
  }
  return text;
}

function treeText(exchange: Exchange, trail: readonly Exchange[]): string {
  const { proxy } = exchange.endpoint;
  const called = trail.filter((one) => one.parent === exchange).map((one) => treeText(one, trail));
  if (called.length === 0) return proxy;
  return `${proxy} -> ${called.length === 1 ? called[0] : `(${called.join(', ')})`}`;
}
