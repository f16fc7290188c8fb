import { randomUUID } from 'node:crypto';
import { createConnection } from 'node:net';
import { Client, type Dispatcher } from 'undici';
import type { HealthMonitorConfig } from '../bundle/target.ts';
import type { Diagnostics } from '../diagnostic.ts';
import type { LoadBalancer, Server } from './load-balancer.ts';

/** One look at a server: whether it is well. */
type Probe = (server: Server) => Promise<boolean>;

/** Milliseconds a probe may take where 0 or nothing is written. Apigee: health monitoring. */
const usualTimeout = 30_000;

/** Looks at the servers of a load balancer again and again: takes sick ones out of the rotation, brings others back. */
export class HealthMonitor {
  readonly #balancer: LoadBalancer;
  readonly #probe: Probe;
  readonly #interval: number;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(balancer: LoadBalancer, probe: Probe, interval: number) {
    this.#balancer = balancer;
    this.#probe = probe;
    this.#interval = interval;
  }

  /** Begins with the first call, so that loading a bundle to look at it calls nobody. It keeps no process alive. */
  start(): void {
    if (this.#timer !== undefined || this.#closed) return;
    this.#timer = setInterval(() => this.#round(), this.#interval);
    this.#timer.unref();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
  }

  #round(): void {
    for (const server of this.#balancer.servers) {
      this.#probe(server).then(
        (isWell) => this.#note(server, isWell),
        () => this.#note(server, false),
      );
    }
  }

  #note(server: Server, isWell: boolean): void {
    if (this.#closed) return;
    if (isWell) this.#balancer.succeeded(server);
    else this.#balancer.failed(server, Date.now());
  }
}

/** Undefined for none, or one that is not enabled. */
export function compileHealthMonitor(
  config: HealthMonitorConfig | undefined,
  maxFailures: number,
  balancer: LoadBalancer,
  diagnostics: Diagnostics,
): HealthMonitor | undefined {
  if (config === undefined || config.IsEnabled?.text !== true) return undefined;
  const { TCPMonitor, HTTPMonitor } = config;
  if ((TCPMonitor === undefined) === (HTTPMonitor === undefined)) {
    const hint = 'Add <TCPMonitor> or <HTTPMonitor>.';
    diagnostics.error('ZH049', config.at, 'HealthMonitor needs exactly one of TCPMonitor and HTTPMonitor.', hint);
    return undefined;
  }
  if (maxFailures === 0) {
    const hint = 'Set <MaxFailures> of the LoadBalancer to 1 or more.';
    diagnostics.warning(
      'ZH049',
      config.at,
      'With MaxFailures 0 a HealthMonitor takes no server out of rotation.',
      hint,
    );
  }
  const seconds = config.IntervalInSec?.text ?? 0;
  if (seconds === 0) {
    diagnostics.error('ZH049', config.at, 'HealthMonitor has no interval.', 'Add <IntervalInSec>5</IntervalInSec>.');
    return undefined;
  }
  const probe = HTTPMonitor === undefined ? tcpProbe(TCPMonitor) : httpProbe(HTTPMonitor);
  return new HealthMonitor(balancer, probe, seconds * 1000);
}

function milliseconds(seconds: { readonly text: number } | undefined): number {
  return seconds === undefined || seconds.text === 0 ? usualTimeout : seconds.text * 1000;
}

function tcpProbe(config: HealthMonitorConfig['TCPMonitor']): Probe {
  const timeout = milliseconds(config?.ConnectTimeoutInSec);
  const port = config?.Port?.text;
  return (server) =>
    new Promise((resolve) => {
      const socket = createConnection({ host: server.host, port: port ?? server.port, timeout });
      const done = (isWell: boolean): void => {
        socket.destroy();
        resolve(isWell);
      };
      socket.once('connect', () => done(true));
      socket.once('timeout', () => done(false));
      socket.once('error', () => done(false));
      socket.unref();
    });
}

function httpProbe(config: NonNullable<HealthMonitorConfig['HTTPMonitor']>): Probe {
  const { Request: request, SuccessResponse: success } = config;
  const codes = (success?.ResponseCode ?? []).map((code) => code.text.trim());
  const expected = codes.length === 0 ? ['200'] : codes;
  const wanted = (success?.Header ?? []).map((header) => [header.name.text.toLowerCase(), header.text ?? ''] as const);
  const healthId = randomUUID();
  const options: Dispatcher.RequestOptions = {
    method: (request?.Verb?.text || 'GET') as Dispatcher.HttpMethod,
    path: pathOf(request?.Path?.text),
    headers: [
      ...(request?.Header ?? []).flatMap((header) => [header.name.text, header.text ?? '']),
      ...(request?.IncludeHealthCheckIdHeader?.text === true ? ['X-Apigee-Healthcheck-Id', healthId] : []),
    ],
    body: request?.Payload?.text || null,
    headersTimeout: milliseconds(request?.SocketReadTimeoutInSec),
    bodyTimeout: milliseconds(request?.SocketReadTimeoutInSec),
  };
  const connectTimeout = milliseconds(request?.ConnectTimeoutInSec);
  return async (server) => {
    const host = server.host.includes(':') ? `[${server.host}]` : server.host;
    const ownTls = request?.UseTargetServerSSLInfo?.text === true ? server.tls?.fixed() : undefined;
    const scheme = request?.IsSSL?.text === true || ownTls !== undefined ? 'https' : 'http';
    const trustAll = request?.TrustAllSSL?.text === true ? { rejectUnauthorized: false } : {};
    const client = new Client(`${scheme}://${host}:${request?.Port?.text ?? server.port}`, {
      connect: { timeout: connectTimeout, ...ownTls?.options, ...trustAll } as NonNullable<Client.Options['connect']>,
    });
    try {
      const { statusCode, headers, body } = await client.request(options);
      await body.dump();
      const has = new Map(Object.entries(headers));
      return expected.includes(String(statusCode)) && wanted.every(([name, value]) => has.get(name) === value);
    } finally {
      client.destroy(() => undefined);
    }
  };
}

function pathOf(text: string | undefined): string {
  const path = text ?? '';
  return path.startsWith('/') ? path : `/${path}`;
}
