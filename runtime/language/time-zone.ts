/** A time zone as date formats need it. All arguments are milliseconds since 1970, all offsets milliseconds east of UTC. */
export interface TimeZone {
  offset(epoch: number): number;
  shortName(epoch: number): string;
  longName(epoch: number): string;
}

const customOffset = /^(?:GMT|UTC)?([+-])(\d{1,2})(?::?([0-5]\d))?$/;

/** Offsets change on quarters of an hour, so one lookup serves for the rest of the quarter. */
const quarter = 900_000;

/**
 * A zone by IANA name or offset (`+02:00`, `GMT-8`). An unknown name is GMT: java.util.TimeZone does not fail either.
 */
export function timeZone(id: string): TimeZone {
  if (id === 'UTC' || id === 'Etc/UTC' || id === 'Z') return fixedZone(0, 'UTC', 'Coordinated Universal Time');
  const custom = customOffset.exec(id);
  if (custom !== null) {
    const hours = Number(custom[2]);
    const size = (hours * 60 + Number(custom[3] ?? 0)) * 60_000;
    if (hours <= 23) {
      const name = `GMT${custom[1]}${String(hours).padStart(2, '0')}:${custom[3] ?? '00'}`;
      return fixedZone(custom[1] === '-' ? -size : size, name, name);
    }
  }
  return id !== 'GMT' && isZone(id) ? namedZone(id) : fixedZone(0, 'GMT', 'Greenwich Mean Time');
}

/** The zone of the machine, for the functions that format local time. */
export function localZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function fixedZone(offset: number, shortName: string, longName: string): TimeZone {
  return { offset: () => offset, shortName: () => shortName, longName: () => longName };
}

function isZone(id: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: id }).resolvedOptions().timeZone !== '';
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function namedZone(id: string): TimeZone {
  const offsets = zoneNames(id, 'longOffset', 'en-US');
  const long = zoneNames(id, 'long', 'en-US');
  // Each locale knows the abbreviations of its own region only and writes the others as an offset.
  const short = ['en-US', 'en-GB', 'en-IN', 'en-AU', 'en-NZ', 'en-ZA'].map((locale) => zoneNames(id, 'short', locale));
  let known = Number.NaN;
  let knownOffset = 0;
  return {
    offset(epoch) {
      const current = Math.floor(epoch / quarter);
      if (current !== known) {
        knownOffset = parseOffset(offsets(epoch));
        known = current;
      }
      return knownOffset;
    },
    shortName(epoch) {
      const names = short.map((name) => name(epoch));
      return names.find((name) => !/^GMT./.test(name)) ?? names[0] ?? id;
    },
    longName: long,
  };
}

function zoneNames(id: string, style: 'longOffset' | 'long' | 'short', locale: string): (epoch: number) => string {
  const format = new Intl.DateTimeFormat(locale, { timeZone: id, timeZoneName: style });
  return (epoch) => format.formatToParts(epoch).find((part) => part.type === 'timeZoneName')?.value ?? 'GMT';
}

function parseOffset(text: string): number {
  const match = /^GMT([+-])(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?$/.exec(text);
  if (match === null) return 0;
  const seconds = Number(match[2]) * 3600 + Number(match[3] ?? 0) * 60 + Number(match[4] ?? 0);
  return (match[1] === '-' ? -seconds : seconds) * 1000;
}
