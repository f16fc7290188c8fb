/** A target URL in its parts. Path and query are as written, but for characters that cannot stand in a request line. */
export interface TargetUrl {
  /** Scheme, host and port, normalized. */
  readonly origin: string;
  readonly scheme: 'http' | 'https';
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
  /** Empty when the URL has none. */
  readonly path: string;
  /** Without `?`. */
  readonly query: string;
}

const shape = /^(https?):\/\/([^/?#\\]+)((?:\/[^?#]*)?)(?:\?([^#]*))?(?:#.*)?$/is;

/** The parts of an http or https URL; undefined when it is none. User and password are dropped. */
export function parseTargetUrl(text: string): TargetUrl | undefined {
  const match = shape.exec(text.trim());
  if (match === null) return undefined;
  const [, written = '', authority = '', path = '', query = ''] = match;
  const scheme = written.toLowerCase() === 'https' ? 'https' : 'http';
  const base = parseAuthority(scheme, authority);
  if (base === undefined) return undefined;
  return { ...base, path: encodeText(path), query: encodeText(query) };
}

/** Origin, host and port of `host[:port]`. */
export function parseAuthority(
  scheme: 'http' | 'https',
  authority: string,
): Pick<TargetUrl, 'origin' | 'scheme' | 'host' | 'port'> | undefined {
  if (!URL.canParse(`${scheme}://${authority}/`)) return undefined;
  const url = new URL(`${scheme}://${authority}/`);
  if (url.hostname === '' || url.pathname !== '/') return undefined;
  const port = url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port);
  return { origin: url.origin, scheme, host: url.hostname.replace(/^\[|\]$/g, ''), port };
}

/** Exactly one slash at the joint; an empty suffix adds nothing. */
export function joinPath(path: string, suffix: string): string {
  if (suffix === '') return path;
  const end = path.endsWith('/');
  if (suffix.startsWith('/')) return end ? path.slice(0, -1) + suffix : path + suffix;
  return end ? path + suffix : `${path}/${suffix}`;
}

export function joinQuery(first: string, second: string): string {
  if (first === '') return second;
  return second === '' ? first : `${first}&${second}`;
}

/** Query parameters that policies added after `target.url` was set, when the query text was `before`. */
export function addedQuery(now: string, before: string): string {
  if (now === before || !now.startsWith(before)) return '';
  return now.slice(before.length).replace(/^&/, '');
}

const unfit = /[^\x21-\x7e]/;
const unfitRuns = /[^\x21-\x7e]+/g;

/** Percent-encodes blanks, control and other characters of a text as UTF-8: values of variables may hold any. */
export function encodeText(text: string): string {
  return unfit.test(text) ? text.replace(unfitRuns, (run) => percent(Buffer.from(run, 'utf8'))) : text;
}

/** The same for what came in a request line, where a character stands for the byte that was sent. */
export function encodeBytes(text: string): string {
  return unfit.test(text) ? text.replace(unfitRuns, (run) => percent(Buffer.from(run, 'latin1'))) : text;
}

function percent(bytes: Buffer): string {
  let text = '';
  for (const byte of bytes) text += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  return text;
}
