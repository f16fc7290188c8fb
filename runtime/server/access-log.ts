import type { Fault } from '../fault.ts';
import type { Log } from '../log.ts';
import type { Exchange } from '../message/exchange.ts';

/** One line per outside request. No query, no headers, no payload: secrets live there. */
export function logAccess(log: Log, exchange: Exchange, status: number, aborted: boolean): void {
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
      milliseconds: Date.now() - exchange.receivedStart,
      client: exchange.client.ip,
      id: exchange.id,
      ...(aborted ? { aborted } : {}),
      ...(fault === undefined ? {} : faultFields(fault)),
    },
    'request',
  );
}

function faultFields(fault: Fault): object {
  const { origin } = fault;
  return {
    fault: fault.code,
    ...(origin === undefined ? {} : { policy: origin.policy, at: `${origin.file}:${origin.line}` }),
  };
}

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
