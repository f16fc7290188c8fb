import { Body } from '../message/body.ts';
import { Headers } from '../message/headers.ts';
import { Message } from '../message/message.ts';

/** What HTTP says about keeping a response. Apigee: ResponseCache policy, UseResponseCacheHeaders; RFC 9111. */

/**
 * Milliseconds a response says it is good for: s-maxage, then max-age, then Expires. 0: it is not to be kept, which
 * no-store, no-cache and private say, too (RFC 9111 section 5.2.2). Undefined: it says nothing.
 */
export function freshness(response: Message, now: number): number | undefined {
  const directives = new Map<string, string>();
  for (const value of response.headers.values('cache-control')) {
    const [name = '', argument = ''] = value.split('=', 2);
    directives.set(name.trim().toLowerCase(), argument.trim().replaceAll('"', ''));
  }
  if (['no-store', 'no-cache', 'private'].some((name) => directives.has(name))) return 0;
  const seconds = directives.get('s-maxage') ?? directives.get('max-age');
  if (seconds !== undefined) return /^\d{1,12}$/.test(seconds) ? Number(seconds) * 1000 : 0;
  const expires = response.headers.line('expires');
  if (expires === undefined) return undefined;
  // A date that cannot be read is past (RFC 9111 section 5.3).
  const date = Date.parse(expires);
  return Number.isNaN(date) ? 0 : Math.max(0, date - now);
}

/** Whether the client has the response already (RFC 9110 section 13.2.2): then it is told so, without the payload. */
export function notModified(request: Message, response: Message): boolean {
  if ((request.verb !== 'GET' && request.verb !== 'HEAD') || response.status !== 200) return false;
  const known = request.headers.text('if-none-match');
  if (known !== undefined) {
    const tag = response.headers.line('etag');
    if (known.trim() === '*') return true;
    return tag !== undefined && known.split(',').some((one) => strong(one) === strong(tag));
  }
  const since = request.headers.line('if-modified-since');
  const modified = response.headers.line('last-modified');
  if (since === undefined || modified === undefined) return false;
  return Date.parse(modified) <= Date.parse(since);
}

/** Tags are compared weakly for this purpose (RFC 9110 section 8.8.3.2). */
function strong(tag: string): string {
  return tag.trim().replace(/^W\//, '');
}

const kept = ['cache-control', 'content-location', 'date', 'etag', 'expires', 'vary', 'last-modified'];

/** RFC 9110 section 15.4.5. */
export function notModifiedResponse(response: Message): Message {
  const headers = new Headers([]);
  for (const name of kept) for (const line of response.headers.lines(name)) headers.add(name, line);
  const message = new Message('response', headers, Body.empty);
  message.status = 304;
  return message;
}

/** Whether the client can read the content coding of a response (RFC 9110 section 12.5.3). */
export function isReadable(request: Message, response: Message): boolean {
  const coding = response.headers.line('content-encoding')?.trim().toLowerCase();
  if (coding === undefined || coding === '' || coding === 'identity') return true;
  return request.headers.values('accept-encoding').some((one) => {
    const [name = '', weight = ''] = one.toLowerCase().split(';', 2);
    return (name.trim() === coding || name.trim() === '*') && !/^\s*q=0(?:\.0*)?\s*$/.test(weight);
  });
}
