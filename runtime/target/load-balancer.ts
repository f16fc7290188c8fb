import type { LoadBalancerConfig } from '../bundle/target.ts';
import { nearest } from '../diagnostic.ts';
import type { ConnectionCompiler } from '../flow/connections.ts';
import { isStatusPattern, parseSuccessCodes, type SuccessCodes } from './success-codes.ts';
import { parseAuthority } from './target-url.ts';
import { type ServerTls, serverTls } from './tls.ts';

/** A target server as one load balancer sees it; its counters belong to that load balancer alone. */
export interface Server {
  readonly name: string;
  /** `host[:port]`, as a URL has it. */
  readonly authority: string;
  readonly host: string;
  readonly port: number;
  readonly weight: number;
  readonly isFallback: boolean;
  /** Its own sSLInfo; undefined when it has none. */
  readonly tls: ServerTls | undefined;
  /** Requests under way. */
  open: number;
  failures: number;
  /** Milliseconds since 1970 until which it gets no traffic; Infinity: until a health monitor succeeds. */
  outUntil: number;
  /** Weighted round robin: how long it has been waiting for its turn. */
  credit: number;
}

/** Without a health monitor a server that is out is tried again after this, milliseconds. Apigee: load balancing. */
const usualRest = 300_000;

/** Chooses servers, and takes failing ones out of the rotation. Apigee: load balancing across backend servers. */
export class LoadBalancer {
  readonly servers: readonly Server[];
  readonly retries: boolean;
  readonly isUnhealthy: SuccessCodes;
  readonly #algorithm: 'RoundRobin' | 'Weighted' | 'LeastConnections';
  readonly #maxFailures: number;
  readonly #rest: number;
  #next = 0;

  constructor(
    servers: readonly Server[],
    options: {
      readonly algorithm: 'RoundRobin' | 'Weighted' | 'LeastConnections';
      readonly maxFailures: number;
      readonly retries: boolean;
      readonly isUnhealthy: SuccessCodes;
      /** Milliseconds; Infinity with a health monitor. */
      readonly rest: number;
    },
  ) {
    this.servers = servers;
    this.retries = options.retries;
    this.isUnhealthy = options.isUnhealthy;
    this.#algorithm = options.algorithm;
    this.#maxFailures = options.maxFailures;
    this.#rest = options.rest;
  }

  /** The server for a request, none of those already tried for it; undefined when there is none. */
  choose(tried: readonly Server[], now: number): Server | undefined {
    const inRotation = this.servers.filter((server) => !server.isFallback && server.outUntil <= now);
    if (inRotation.length > 0) return this.#turn(inRotation.filter((server) => !tried.includes(server)));
    return this.servers.find((server) => server.isFallback && server.outUntil <= now && !tried.includes(server));
  }

  /** Any answer counts as success, unless its status is listed as unhealthy. */
  succeeded(server: Server): void {
    server.failures = 0;
    server.outUntil = 0;
  }

  /** No answer, or an unhealthy one. */
  failed(server: Server, now: number): void {
    server.failures++;
    if (this.#maxFailures > 0 && server.failures >= this.#maxFailures) server.outUntil = now + this.#rest;
  }

  #turn(servers: readonly Server[]): Server | undefined {
    if (this.#algorithm === 'Weighted') return heaviest(servers);
    const start = this.#next;
    let best: Server | undefined;
    for (let step = 0; step < this.servers.length; step++) {
      const index = (start + step) % this.servers.length;
      const server = this.servers[index];
      if (server === undefined || !servers.includes(server)) continue;
      if (best !== undefined && best.open <= server.open) continue;
      best = server;
      this.#next = index + 1;
      if (this.#algorithm === 'RoundRobin') break;
    }
    return best;
  }
}

/** Smooth weighted round robin: everybody gains its weight, the one that has most pays for all. */
function heaviest(servers: readonly Server[]): Server | undefined {
  let best: Server | undefined;
  let total = 0;
  for (const server of servers) {
    total += server.weight;
    server.credit += server.weight;
    if (best === undefined || server.credit > best.credit) best = server;
  }
  if (best !== undefined) best.credit -= total;
  return best;
}

/** @param monitored a health monitor brings servers back */
export function compileLoadBalancer(
  config: LoadBalancerConfig,
  resumesTls: boolean,
  monitored: boolean,
  compiler: ConnectionCompiler,
): LoadBalancer {
  const { diagnostics } = compiler;
  const declared = [
    ...config.Server.map((server) => ({
      name: server.name.text,
      at: server.at,
      enabled: server.IsEnabled?.text ?? true,
      weight: server.Weight?.text ?? 1,
      isFallback: server.IsFallback?.text ?? false,
    })),
    // Public bundles carry this older spelling of Server.
    ...config.TargetServer.map((server) => ({
      name: server.name?.text ?? server.text ?? '',
      at: server.at,
      enabled: true,
      weight: 1,
      isFallback: false,
    })),
  ];
  if (declared.length === 0) {
    diagnostics.error('ZH043', config.at, 'LoadBalancer has no servers.', 'Add <Server name="..."/> to it.');
  }
  for (const extra of declared.filter((server) => server.isFallback).slice(1)) {
    diagnostics.error('ZH043', extra.at, 'There can be only one fallback server.', 'Keep one <IsFallback>.');
  }
  const servers = declared.flatMap(({ name, at, enabled, weight, isFallback }): Server[] => {
    const known = compiler.environment.targetServers.get(name);
    if (known === undefined) {
      const [best] = nearest(name, compiler.environment.targetServers.keys());
      const hint = best === undefined ? 'Add it to targetservers.json of the environment.' : `Did you mean "${best}"?`;
      diagnostics.warning('ZH044', at, `There is no target server "${name}"; it gets no traffic.`, hint);
      return [];
    }
    const host = known.host.replace(/^\[|\]$/g, '');
    const authority = `${host.includes(':') ? `[${host}]` : host}:${known.port}`;
    if (parseAuthority('http', authority) === undefined) {
      diagnostics.warning('ZH044', at, `Target server "${name}" has no usable host and port; it gets no traffic.`);
      return [];
    }
    if (!/^(HTTP)?$/i.test(known.protocol)) {
      const message = `Target server "${name}" is declared as ${known.protocol}; it is called with HTTP/1.1.`;
      diagnostics.warning('ZH044', at, message);
    }
    if (!enabled || !known.isEnabled) return [];
    const tls = known.sSLInfo === undefined ? undefined : serverTls(known.sSLInfo, resumesTls, compiler);
    const counters = { open: 0, failures: 0, outUntil: 0, credit: 0 };
    return [{ name, authority, host, port: known.port, weight, isFallback, tls, ...counters }];
  });
  const unhealthy = (config.ServerUnhealthyResponse?.ResponseCode ?? []).map((code) => code.text.trim());
  const usable = unhealthy.filter(isStatusPattern);
  const isNotListed = parseSuccessCodes(usable.join(','));
  const seconds = config.TargetDisableSecs?.text ?? 0;
  return new LoadBalancer(servers, {
    algorithm: config.Algorithm?.text ?? 'RoundRobin',
    maxFailures: config.MaxFailures?.text ?? 0,
    retries: config.RetryEnabled?.text ?? true,
    isUnhealthy: usable.length === 0 ? () => false : (status) => !isNotListed(status),
    rest: monitored ? Number.POSITIVE_INFINITY : seconds > 0 ? seconds * 1000 : usualRest,
  });
}
