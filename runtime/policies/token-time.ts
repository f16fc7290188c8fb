/** Durations and moments as the JWT policies write them. Apigee: GenerateJWT, ExpiresIn and NotBefore. */

const units: Readonly<Record<string, number>> = { '': 1, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of `90s`, `10m`, `1h`, `7d`, `500ms`, or of a bare number, which is milliseconds. Undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = /^\s*(\d{1,15})\s*(ms|[smhd]?)\s*$/i.exec(text);
  if (match === null) return undefined;
  const milliseconds = Number(match[1]) * (units[(match[2] ?? '').toLowerCase()] ?? Number.NaN);
  return Number.isSafeInteger(milliseconds) ? milliseconds : undefined;
}

const absolute: readonly RegExp[] = [
  // Sortable: 2017-08-14T11:00:21.269-0700
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?(?:Z|[+-]\d\d:?\d\d)?$/,
  // RFC 1123: Mon, 14 Aug 2017 11:00:21 PDT
  /^[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \S+$/,
  // RFC 850: Monday, 14-Aug-17 11:00:21 PDT
  /^[A-Z][a-z]+, \d{1,2}-[A-Z][a-z]{2}-\d\d(?:\d\d)? \d\d:\d\d:\d\d \S+$/,
  // ANSI C: Mon Aug 14 11:00:21 2017
  /^[A-Z][a-z]{2} [A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d \d{4}$/,
];

/** A moment in milliseconds since 1970, from a date or a duration from `now` on. Without a zone a date is in UTC. */
export function parseMoment(text: string, now: number): number | undefined {
  const duration = parseDuration(text);
  if (duration !== undefined) return now + duration;
  const trimmed = text.trim();
  const form = absolute.findIndex((one) => one.test(trimmed));
  if (form === -1) return undefined;
  const hasZone = form === 0 ? /(?:Z|[+-]\d\d:?\d\d)$/.test(trimmed) : form !== 3;
  const zoned = hasZone ? trimmed : form === 0 ? `${trimmed}Z` : `${trimmed} GMT`;
  const moment = Date.parse(form === 0 ? zoned.replace(/([+-]\d\d)(\d\d)$/, '$1:$2') : zoned);
  return Number.isNaN(moment) ? undefined : moment;
}

/** `2017-09-28T21:30:45.000+0000` */
export function formatMoment(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '+0000');
}

/** `00:59:59.926`; hours go on beyond 24, and a minus stands before what is over. */
export function formatRemaining(milliseconds: number): string {
  const rest = Math.abs(milliseconds);
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const time = `${two(rest / 3_600_000)}:${two((rest / 60_000) % 60)}:${two((rest / 1000) % 60)}`;
  return `${milliseconds < 0 ? '-' : ''}${time}.${String(rest % 1000).padStart(3, '0')}`;
}
