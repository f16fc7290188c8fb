import type { Metric } from 'prom-client';
import { type DurationSeries, durationBounds } from '../telemetry/durations.ts';

/**
 * A histogram for the registry of prom-client whose numbers are kept elsewhere: its own histogram takes an object of labels
 * with every observation.
 * @param part name of the label that tells the parts of a proxy apart
 */
export function durationMetric(name: string, help: string, part: string, series: () => DurationSeries[]): Metric {
  const metric = {
    name,
    help,
    type: 'histogram',
    aggregator: 'sum',
    labelNames: ['proxy', part, 'status_class'],
    get: () =>
      Promise.resolve({ name, help, type: 'histogram', aggregator: 'sum', values: series().flatMap(valuesOf) }),
    reset: () => undefined,
  };
  function valuesOf(one: DurationSeries) {
    const labels = { proxy: one.proxy, [part]: one.part, status_class: one.statusClass };
    let count = 0;
    const buckets = [...durationBounds, '+Inf'].map((le, index) => {
      count += one.durations.counts[index] ?? 0;
      return { labels: { le, ...labels }, value: count, metricName: `${name}_bucket` };
    });
    return [
      ...buckets,
      { labels, value: one.durations.sum, metricName: `${name}_sum` },
      { labels, value: count, metricName: `${name}_count` },
    ];
  }
  // The types know the library's own classes alone.
  return metric as unknown as Metric;
}
