/** The windows of quotas, all of them in UTC. Apigee: Quota policy, type. */

export type TimeUnit = 'second' | 'minute' | 'hour' | 'day' | 'week' | 'month';
export type QuotaType = 'default' | 'calendar' | 'flexi' | 'rollingwindow';

const milliseconds = {
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 7 * 86_400_000,
  /** Of a rolling window, which has no calendar. zerohop's choice. */
  month: 30 * 86_400_000,
} as const satisfies Record<TimeUnit, number>;

/** The first Sunday of the era, where weeks begin. */
const firstSunday = 3 * milliseconds.day;

export function timeUnitOf(written: string): TimeUnit | undefined {
  const unit = written.trim().toLowerCase();
  return Object.hasOwn(milliseconds, unit) ? (unit as TimeUnit) : undefined;
}

/**
 * Milliseconds from `now` to the end of the window that a first message opens.
 * @param start of the calendar type, milliseconds since the epoch
 */
export function windowLength(type: QuotaType, interval: number, unit: TimeUnit, start: number, now: number): number {
  switch (type) {
    case 'rollingwindow':
      return interval * milliseconds[unit];
    case 'flexi':
      return later(now, interval, unit) - now;
    case 'calendar':
      return calendarEnd(interval, unit, start, now) - now;
    default:
      return later(beginning(unit, now), interval, unit) - now;
  }
}

/** Where the unit that `now` lies in began: the minute, the hour, midnight, midnight of Sunday, the first of the month. */
function beginning(unit: TimeUnit, now: number): number {
  if (unit === 'month') {
    const date = new Date(now);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  }
  const offset = unit === 'week' ? firstSunday : 0;
  return Math.floor((now - offset) / milliseconds[unit]) * milliseconds[unit] + offset;
}

/** So many units after a moment. A day that a month does not have is its last. */
function later(from: number, count: number, unit: TimeUnit): number {
  if (unit !== 'month') return from + count * milliseconds[unit];
  const date = new Date(from);
  const year = date.getUTCFullYear();
  const month = date.getUTCMonth() + count;
  const day = Math.min(date.getUTCDate(), new Date(Date.UTC(year, month + 1, 0)).getUTCDate());
  return Date.UTC(year, month, day) + (from % milliseconds.day);
}

/** Windows follow one another from the start time on, and as well before it. */
function calendarEnd(interval: number, unit: TimeUnit, start: number, now: number): number {
  if (unit !== 'month') {
    const length = interval * milliseconds[unit];
    return start + (Math.floor((now - start) / length) + 1) * length;
  }
  const begun = new Date(start);
  const current = new Date(now);
  const months = (current.getUTCFullYear() - begun.getUTCFullYear()) * 12 + current.getUTCMonth() - begun.getUTCMonth();
  let count = Math.floor(months / interval) * interval;
  while (later(start, count, unit) <= now) count += interval;
  return later(start, count, unit);
}

/** `yyyy-MM-dd HH:mm:ss` in UTC, as milliseconds since the epoch; undefined for any other text. */
export function startTimeOf(written: string): number | undefined {
  const match = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}):(\d{1,2})(?::(\d{1,2}))?)?$/.exec(written.trim());
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1).map((part) => Number(part ?? 0)) as Six;
  const time = Date.UTC(year, month - 1, day, hour, minute, second);
  const date = new Date(time);
  const isReal = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return isReal && hour < 24 && minute < 60 && second < 60 ? time : undefined;
}

type Six = [number, number, number, number, number, number];
