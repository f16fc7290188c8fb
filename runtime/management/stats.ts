import type { CallCount } from '../state/call-counts.ts';
import { type ApiAnswer, ok } from './answer.ts';
import type { ApiContext } from './context.ts';
import { invalid } from './failure.ts';
import { environment, environmentName } from './places.ts';
import type { ApiRequest } from './request.ts';
import type { Route } from './route.ts';
import { readFilter } from './stats-filter.ts';
import { readTimeRange, readUnit, type TimeUnit } from './stats-time.ts';

/** Counts of proxy calls in the shape of Apigee's analytics API. */
export const statsRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: `${environment}/stats/{dimensions}`,
    summary: 'Calls by dimension: apiproxy, proxy_endpoint, response_status_class, caller, environment',
    query: {
      select: 'metrics, comma-separated: sum(message_count), sum(is_error)',
      filter: "for example (apiproxy eq 'shop')",
      timeUnit: 'hour, day, week or month: a value with a timestamp for each',
      timeRange: 'MM/DD/YYYY HH:MM~MM/DD/YYYY HH:MM, UTC, by whole hours; without it and timeUnit: totals',
    },
    answers: { 200: 'Stats' },
    run: stats,
  },
  {
    method: 'GET',
    path: '/v1/emulator/analytics',
    summary: 'Calls by proxy endpoint, status class and caller',
    answers: { 200: 'AnalyticsRecords' },
    run: async (_, { keeper, deployments }) => {
      const counts = await keeper.totals();
      return ok(counts.map((one) => recordOf(one, deployments.environment.name)));
    },
  },
];

/** The names of the dimensions that are counted. Apigee: analytics metrics, dimensions and filters. */
const dimensionNames = ['apiproxy', 'proxy_endpoint', 'response_status_class', 'caller', 'environment'] as const;

/** Names of older tools. */
const synonyms: ReadonlyMap<string, string> = new Map([
  ['apis', 'apiproxy'],
  ['proxy', 'proxy_endpoint'],
  ['envs', 'environment'],
]);

function recordOf({ proxy, endpoint, statusClass, caller, calls }: CallCount, environmentNow: string): object {
  return {
    apiproxy: proxy,
    proxy_endpoint: endpoint,
    environment: environmentNow,
    response_status_class: statusClass,
    caller,
    message_count: calls,
  };
}

/** What a metric adds up, of the rows of one group. */
const metrics: ReadonlyMap<string, Metric> = new Map([
  ['message_count', (rows: readonly CallCount[]) => sum(rows)],
  ['is_error', (rows: readonly CallCount[]) => sum(rows.filter((row) => /^[45]/.test(row.statusClass)))],
]);

async function stats(request: ApiRequest, context: ApiContext): Promise<ApiAnswer> {
  const name = environmentName(request, context);
  const { query } = request;
  if (query.get('_optimize') === 'js') throw invalid('The optimized form (_optimize=js) is not served here.');
  const notices: string[] = [];
  const dimensions = request.key('dimensions').split(',').map(dimensionOf);
  const filter = readFilter(query.get('filter') ?? '', dimensionOf);
  const selected = selectedOf(query.get('select') ?? 'sum(message_count)', notices);
  const unit = readUnit(query.get('timeUnit'), notices);
  const groups = new Map<string, TimedCount[]>();
  for (const row of await rowsOf(query.get('timeRange'), unit, context)) {
    const value = (dimension: string): string => dimensionValue(row, dimension, name);
    if (!filter(value)) continue;
    const key = dimensions.map(value).join(',');
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  const body = [...groups].map(([group, rows]) => ({
    name: group,
    metrics: selected.map(({ label, metric }) => ({ name: label, values: valuesOf(rows, metric, unit) })),
  }));
  return ok({ environments: [{ name, dimensions: body }], metaData: { errors: [], notices } });
}

/** Calls of an hour; of a total, hour 0. */
type TimedCount = CallCount & { readonly hour?: number };

type Metric = (rows: readonly CallCount[]) => number;

/** Without a time everything that was ever counted, else the hours that the range touches. */
async function rowsOf(range: string | null, unit: TimeUnit | undefined, context: ApiContext): Promise<TimedCount[]> {
  if (range === null && unit === undefined) return context.keeper.totals();
  const { from, to } = readTimeRange(range);
  return context.keeper.hours(from, to);
}

function selectedOf(select: string, notices: string[]): { label: string; metric: Metric }[] {
  return select.split(',').flatMap((text) => {
    const label = text.trim();
    const metric = metrics.get(/^(?:sum\()?(\w+)\)?$/.exec(label)?.[1] ?? '');
    if (metric !== undefined) return [{ label, metric }];
    notices.push(`${label} is not counted here; there are ${[...metrics.keys()].join(', ')}.`);
    return [];
  });
}

/** One number, or one for each stretch of time. */
function valuesOf(rows: readonly TimedCount[], metric: Metric, unit: TimeUnit | undefined): unknown[] {
  if (unit === undefined) return [String(metric(rows))];
  const stretches = new Map<number, TimedCount[]>();
  for (const row of rows) {
    const timestamp = unit(row.hour ?? 0);
    stretches.set(timestamp, [...(stretches.get(timestamp) ?? []), row]);
  }
  return [...stretches]
    .sort(([one], [other]) => one - other)
    .map(([timestamp, some]) => ({ timestamp, value: String(metric(some)) }));
}

/** @throws ApiError 400 */
function dimensionOf(text: string): string {
  const name = synonyms.get(text.trim()) ?? text.trim();
  if (dimensionNames.some((one) => one === name)) return name;
  throw invalid(`"${name}" is not counted here; dimensions are ${dimensionNames.join(', ')}.`);
}

function dimensionValue(row: CallCount, dimension: string, environmentNow: string): string {
  switch (dimension) {
    case 'apiproxy':
      return row.proxy;
    case 'proxy_endpoint':
      return row.endpoint;
    case 'response_status_class':
      return row.statusClass;
    case 'caller':
      return row.caller;
    default:
      return environmentNow;
  }
}

function sum(rows: readonly CallCount[]): number {
  return rows.reduce((total, { calls }) => total + calls, 0);
}
