import type { Registry } from 'prom-client';
import type { Serving } from '../deployment/serving.ts';
import type { CallCounts } from '../state/call-counts.ts';
import type { DurationMeter } from '../telemetry/durations.ts';
import { durationMetric } from './duration-metric.ts';

/** What the metrics are read from when somebody asks. */
export interface MetricsSources {
  readonly counts: CallCounts;
  readonly serving: Serving;
  readonly version: string;
  readonly durations: DurationMeter;
}

/**
 * Prometheus text. The library is loaded by the first scrape: counting itself costs a request one addition, and a
 * gateway that nobody scrapes pays nothing.
 */
export class Metrics {
  readonly #sources: MetricsSources;
  #registry: Promise<Registry> | undefined;

  constructor(sources: MetricsSources) {
    this.#sources = sources;
  }

  async text(): Promise<{ contentType: string; text: string }> {
    this.#registry ??= createRegistry(this.#sources);
    const registry = await this.#registry;
    return { contentType: registry.contentType, text: await registry.metrics() };
  }
}

async function createRegistry({ counts, serving, version, durations }: MetricsSources): Promise<Registry> {
  const { Registry, Counter, Gauge, collectDefaultMetrics } = await import('prom-client');
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  new Counter({
    name: 'zerohop_proxy_requests_total',
    help: 'Runs of each proxy endpoint; a chain of three proxies is three.',
    labelNames: ['proxy', 'endpoint', 'environment', 'status_class', 'caller'],
    registers,
    collect() {
      this.reset();
      const { environment } = serving.current;
      for (const { proxy, endpoint, statusClass, caller, calls } of counts.list()) {
        this.inc({ proxy, endpoint, environment, status_class: statusClass, caller }, calls);
      }
    },
  });
  new Counter({
    name: 'zerohop_faults_total',
    help: 'Proxy runs that ended in the error flow, by error code.',
    labelNames: ['proxy', 'fault'],
    registers,
    collect() {
      this.reset();
      for (const { proxy, fault, count } of counts.faults()) this.inc({ proxy, fault }, count);
    },
  });
  const requests = 'Seconds from the head of an outside request to the end of its answer.';
  registry.registerMetric(
    durationMetric('http_server_request_duration_seconds', requests, 'endpoint', () => durations.allServed()),
  );
  const targets = 'Seconds of requests to targets and of callouts, repetitions apart.';
  registry.registerMetric(
    durationMetric('http_client_request_duration_seconds', targets, 'target', () => durations.allSent()),
  );
  new Gauge({
    name: 'http_server_active_requests',
    help: 'Outside requests that are under way.',
    registers,
    collect() {
      this.set(durations.active);
    },
  });
  new Gauge({
    name: 'zerohop_proxies_deployed',
    help: 'Proxies that serve.',
    registers,
    collect() {
      this.set(serving.current.plans.size);
    },
  });
  new Gauge({ name: 'zerohop_build_info', help: 'Version.', labelNames: ['version'], registers }).set({ version }, 1);
  return registry;
}
