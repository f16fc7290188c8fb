/**
 * How values with a lifetime lie in the database. Those without lie there as they are, as they always did; what begins
 * with a NUL, which no value without a lifetime does unless somebody wants it to, has its end before it.
 */
const mark = '\0';
const end = ';';

export function encodeValue(value: string, expires: number | undefined): string {
  if (expires === undefined && !value.startsWith(mark)) return value;
  return `${mark}${expires ?? ''}${end}${value}`;
}

/** Milliseconds since the epoch; Infinity: it stays. */
export function endOfValue(encoded: string): number {
  if (!encoded.startsWith(mark)) return Number.POSITIVE_INFINITY;
  const text = encoded.slice(1, encoded.indexOf(end));
  return text === '' ? Number.POSITIVE_INFINITY : Number(text);
}

/** Undefined when it is over. */
export function decodeValue(encoded: string | undefined, now: number): string | undefined {
  if (encoded === undefined || !encoded.startsWith(mark)) return encoded;
  return endOfValue(encoded) > now ? encoded.slice(encoded.indexOf(end) + 1) : undefined;
}

/** Keys that are not the user's: they come before all others. */
const own = '\u0001';
export const firstUserKey = '\u0002';
/** Nothing well-formed that begins with a prefix comes behind the prefix and this. */
export const last = '\u{10ffff}';

/** What is to be looked at when its time has come: seconds since the epoch, then the key. */
export const dueKeys = `${own}due/`;
export const counterKeys = `${own}counter/`;
export const pacerKeys = `${own}pacer/`;
const digits = 11;

export function dueKey(key: string, expires: number): string {
  return `${dueKeys}${dueSecond(expires)}/${key}`;
}

/** All due keys before it are over. */
export function dueSecond(time: number): string {
  return String(Math.ceil(time / 1000)).padStart(digits, '0');
}

export function keyThatIsDue(dueKey: string): string {
  return dueKey.slice(dueKeys.length + digits + 1);
}
