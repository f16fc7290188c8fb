/** java.text.SimpleDateFormat patterns (Java SE API), US English names, Gregorian calendar throughout. */
import { PatternError } from './pattern.ts';
import { type TimeZone, timeZone } from './time-zone.ts';

/** Formats milliseconds since 1970; the zone is an IANA name or an offset, UTC by default. A time out of range is ''. */
export type DateFormat = (epochMilliseconds: number, timeZone?: string) => string;

/** `local` holds the zone's wall clock time in its UTC fields. */
interface Moment {
  readonly epoch: number;
  readonly local: Date;
  readonly zone: TimeZone;
}

type Field = (moment: Moment) => string;

const months = 'January February March April May June July August September October November December'.split(' ');
const weekdays = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const day = 86_400_000;
/** Zones come from bundles, seldom from data: enough for any real use, and bounded. */
const keptZones = 32;

/** @throws PatternError for a letter without meaning or a quote that is not closed. */
export function compileDateFormat(pattern: string): DateFormat {
  const fields = parse(pattern);
  const zones = new Map<string, TimeZone>();
  const zoneOf = (id: string): TimeZone => {
    const known = zones.get(id);
    if (known !== undefined) return known;
    if (zones.size >= keptZones) zones.clear();
    const zone = timeZone(id);
    zones.set(id, zone);
    return zone;
  };
  return (epoch, zoneId = 'UTC') => {
    if (Number.isNaN(new Date(epoch).getTime())) return '';
    const zone = zoneOf(zoneId);
    const local = new Date(epoch + zone.offset(epoch));
    if (Number.isNaN(local.getTime())) return '';
    const moment = { epoch, local, zone };
    let text = '';
    for (const field of fields) text += typeof field === 'string' ? field : field(moment);
    return text;
  };
}

function parse(pattern: string): (Field | string)[] {
  const fields: (Field | string)[] = [];
  for (let at = 0; at < pattern.length; ) {
    const start = at;
    const character = pattern.charAt(at);
    if (character === "'") {
      at = endOfQuote(pattern, start);
      const quoted = pattern.slice(start + 1, at - 1).replaceAll("''", "'");
      fields.push(quoted === '' ? "'" : quoted);
    } else if (/[A-Za-z]/.test(character)) {
      while (pattern.charAt(at) === character) at++;
      const field = fieldOf(character, at - start);
      if (field === undefined) throw new PatternError(`No date field: ${pattern.slice(start, at)}`, start);
      fields.push(field);
    } else {
      fields.push(character);
      at++;
    }
  }
  return fields;
}

/** The place after the closing quote; two quotes inside are a quote. */
function endOfQuote(pattern: string, start: number): number {
  if (pattern.charAt(start + 1) === "'") return start + 2;
  for (let at = start + 1; at < pattern.length; at++) {
    if (pattern.charAt(at) !== "'") continue;
    if (pattern.charAt(at + 1) !== "'") return at + 1;
    at++;
  }
  throw new PatternError('The quote is not closed', start);
}

function fieldOf(letter: string, count: number): Field | undefined {
  const number =
    (value: (local: Date) => number): Field =>
    ({ local }) =>
      String(value(local)).padStart(count, '0');
  const name =
    (names: readonly string[], index: (local: Date) => number): Field =>
    ({ local }) => {
      const text = names[index(local)] ?? '';
      return count >= 4 ? text : text.slice(0, 3);
    };
  switch (letter) {
    case 'G':
      return ({ local }) => (local.getUTCFullYear() > 0 ? 'AD' : 'BC');
    case 'y':
    case 'Y': {
      const year = letter === 'y' ? (local: Date) => local.getUTCFullYear() : weekYear;
      // Years before 1 are counted backwards in their own era.
      const inEra = (local: Date): number => (year(local) > 0 ? year(local) : 1 - year(local));
      return number(count === 2 ? (local) => inEra(local) % 100 : inEra);
    }
    case 'M':
    case 'L':
      return count >= 3 ? name(months, (local) => local.getUTCMonth()) : number((local) => local.getUTCMonth() + 1);
    case 'w':
      return number(weekOfYear);
    case 'W':
      return number((local) => weekWithin(local.getUTCDate(), local.getUTCDay()));
    case 'D':
      return number(dayOfYear);
    case 'd':
      return number((local) => local.getUTCDate());
    case 'F':
      return number((local) => Math.ceil(local.getUTCDate() / 7));
    case 'E':
      return name(weekdays, (local) => local.getUTCDay());
    case 'u':
      return number((local) => local.getUTCDay() || 7);
    case 'a':
      return ({ local }) => (local.getUTCHours() < 12 ? 'AM' : 'PM');
    case 'H':
      return number((local) => local.getUTCHours());
    case 'k':
      return number((local) => local.getUTCHours() || 24);
    case 'K':
      return number((local) => local.getUTCHours() % 12);
    case 'h':
      return number((local) => local.getUTCHours() % 12 || 12);
    case 'm':
      return number((local) => local.getUTCMinutes());
    case 's':
      return number((local) => local.getUTCSeconds());
    case 'S':
      return number((local) => local.getUTCMilliseconds());
    case 'z':
      return ({ epoch, zone }) => (count >= 4 ? zone.longName(epoch) : zone.shortName(epoch));
    case 'Z':
      return (moment) => offsetText(moment, '');
    case 'X':
      if (count > 3) return undefined;
      return (moment) => {
        if (moment.zone.offset(moment.epoch) === 0) return 'Z';
        return count === 1 ? offsetText(moment, '').slice(0, 3) : offsetText(moment, count === 3 ? ':' : '');
      };
    default:
      return undefined;
  }
}

function offsetText({ epoch, zone }: Moment, separator: string): string {
  const minutes = Math.trunc(zone.offset(epoch) / 60_000);
  const size = Math.abs(minutes);
  const hours = String(Math.floor(size / 60)).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${hours}${separator}${String(size % 60).padStart(2, '0')}`;
}

function dayOfYear(local: Date): number {
  const start = new Date(local);
  start.setUTCMonth(0, 1);
  return Math.round((local.getTime() - start.getTime()) / day) + 1;
}

/** Weeks as in the US: they start on Sunday, and the one that holds the first day of the year is the first. */
function weekWithin(dayNumber: number, weekday: number): number {
  return Math.ceil((dayNumber - weekday + 6) / 7);
}

function weekOfYear(local: Date): number {
  return weekYear(local) > local.getUTCFullYear() ? 1 : weekWithin(dayOfYear(local), local.getUTCDay());
}

/** The days at the end of December that share their week with the first of January belong to the next year. */
function weekYear(local: Date): number {
  const saturday = local.getUTCDate() + 6 - local.getUTCDay();
  return local.getUTCFullYear() + (local.getUTCMonth() === 11 && saturday > 31 ? 1 : 0);
}
