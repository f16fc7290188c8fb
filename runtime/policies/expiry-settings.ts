import { type Reader, toText } from '../language/variables.ts';
import type { Exchange } from '../message/exchange.ts';
import { type ConfigOf, element, valueOrRef } from '../schema/declare.ts';
import { text } from '../schema/values.ts';
import type { Compiler } from './policy.ts';

/** How long a cache entry stays. Apigee: ExpirySettings of the cache policies. */
export const expirySettings = element({
  children: {
    TimeoutInSeconds: valueOrRef(text),
    /** The old spelling, in as many bundles as the new one. */
    TimeoutInSec: valueOrRef(text),
    TimeOfDay: valueOrRef(text),
    ExpiryDate: valueOrRef(text),
  },
});

type Setting = ConfigOf<ReturnType<typeof valueOrRef<string>>>;

/** Seconds that an entry stays for which nothing else is said. zerohop's choice: 30 days. */
const defaultSeconds = 30 * 86_400;

/** Gives the milliseconds an entry stays; undefined: until it is removed. */
export type Lifetime = (exchange: Exchange) => number | undefined;

/** TimeoutInSeconds wins, then TimeOfDay, then ExpiryDate. Times are UTC. */
export function compileExpiry(config: ConfigOf<typeof expirySettings>, compiler: Compiler): Lifetime {
  const { TimeoutInSeconds, TimeoutInSec, TimeOfDay, ExpiryDate } = config;
  const given = [TimeoutInSeconds, TimeoutInSec, TimeOfDay, ExpiryDate].filter((one) => one !== undefined);
  if (given.length === 0) {
    const hint = 'Add <TimeoutInSeconds>300</TimeoutInSeconds>.';
    compiler.warning('PO030', config.at, '<ExpirySettings> is empty: entries stay for 30 days.', hint);
  } else if (given.length > 1) {
    const message = 'Several settings in <ExpirySettings>: TimeoutInSeconds counts, else TimeOfDay, else ExpiryDate.';
    compiler.warning('PO030', given[1]?.at ?? config.at, message, 'Keep one of them.');
  }
  const seconds = compileSetting(TimeoutInSeconds ?? TimeoutInSec, parseSeconds, 'a number of seconds', compiler);
  const timeOfDay = compileSetting(TimeOfDay, parseTimeOfDay, 'a time such as 14:30:00', compiler);
  const date = compileSetting(ExpiryDate, parseDate, 'a date as mm-dd-yyyy', compiler);
  return (exchange) => {
    const timeout = seconds(exchange);
    // 0 stands for the default.
    if (timeout !== undefined && timeout > 0) return timeout * 1000;
    const daily = timeOfDay(exchange);
    if (daily !== undefined) return untilTimeOfDay(daily, Date.now());
    const until = date(exchange);
    if (until === undefined) return defaultSeconds * 1000;
    const left = until - Date.now();
    // Apigee: a date that is past sets no end.
    return left > 0 ? left : undefined;
  };
}

function compileSetting(
  config: Setting | undefined,
  parse: (written: string) => number | undefined,
  expects: string,
  compiler: Compiler,
): (exchange: Exchange) => number | undefined {
  if (config === undefined) return () => undefined;
  const written = config.text ?? '';
  const literal = parse(written);
  if (written !== '' && literal === undefined) {
    compiler.error('ZH526', config.textAt, `"${written}" is not ${expects}.`, `Write ${expects}.`);
  }
  const read: Reader | undefined = config.ref === undefined ? undefined : compiler.reader(config.ref.text);
  if (read === undefined) return () => literal;
  return (exchange) => {
    const value = read(exchange);
    return value === undefined || value === null ? literal : (parse(toText(value).trim()) ?? literal);
  };
}

function parseSeconds(written: string): number | undefined {
  return /^\+?\d{1,12}$/.test(written) ? Number(written) : undefined;
}

/** Seconds since midnight. */
function parseTimeOfDay(written: string): number | undefined {
  const match = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(written);
  if (match === null) return undefined;
  const [hour = 0, minute = 0, second = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return hour < 24 && minute < 60 && second < 60 ? (hour * 60 + minute) * 60 + second : undefined;
}

function untilTimeOfDay(seconds: number, now: number): number {
  const day = 86_400_000;
  const left = Math.floor(now / day) * day + seconds * 1000 - now;
  return left > 0 ? left : left + day;
}

/** Milliseconds since the epoch. */
function parseDate(written: string): number | undefined {
  const match = /^(\d{1,2})-(\d{1,2})-(\d{4})$/.exec(written);
  if (match === null) return undefined;
  const [month = 0, day = 0, year = 0] = match.slice(1).map(Number);
  const time = Date.UTC(year, month - 1, day);
  const date = new Date(time);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? time : undefined;
}
