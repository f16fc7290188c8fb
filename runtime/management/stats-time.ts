import { invalid } from './failure.ts';

/** The begin of the stretch that an hour lies in; all in milliseconds since 1970. */
export type TimeUnit = (hour: number) => number;

const dayMilliseconds = 86_400_000;

const units: ReadonlyMap<string, TimeUnit> = new Map<string, TimeUnit>([
  ['hour', (hour) => hour],
  ['day', (hour) => hour - (hour % dayMilliseconds)],
  // 1 January 1970 was a Thursday; weeks begin on Monday.
  ['week', (hour) => hour - ((hour + 3 * dayMilliseconds) % (7 * dayMilliseconds))],
  ['month', (hour) => Date.UTC(new Date(hour).getUTCFullYear(), new Date(hour).getUTCMonth())],
]);

/** @throws ApiError 400 */
export function readUnit(text: string | null, notices: string[]): TimeUnit | undefined {
  if (text === null) return undefined;
  const unit = units.get(text);
  if (unit !== undefined) return unit;
  if (text !== 'second' && text !== 'minute')
    throw invalid(`"${text}" is no time unit: ${[...units.keys()].join(', ')}.`);
  notices.push(`Calls are counted by the hour; ${text} is answered as hour.`);
  return units.get('hour');
}

/**
 * `MM/DD/YYYY HH:MM~MM/DD/YYYY HH:MM` in UTC. Apigee: analytics, timeRange; the last day when there is none.
 * @throws ApiError 400
 */
export function readTimeRange(text: string | null): { from: number; to: number } {
  if (text === null) return { from: Date.now() - dayMilliseconds, to: Date.now() };
  const [from, to, ...more] = text.split('~').map(timeOf);
  if (from === undefined || to === undefined || more.length > 0 || from > to) {
    throw invalid(`The timeRange "${text}" is not understood: MM/DD/YYYY HH:MM~MM/DD/YYYY HH:MM.`);
  }
  return { from, to };
}

function timeOf(text: string): number | undefined {
  const match = /^(\d{1,2})\/(\d{1,2})\/(\d{4}) +(\d{1,2}):(\d{2})$/.exec(text.trim());
  if (match === null) return undefined;
  const [month = 0, day = 0, year = 0, hour = 0, minute = 0] = match.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute);
}
