import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isLoopback } from '../settings.ts';

/** Who may talk to the management port. */
export interface AccessRules {
  /** Host the port listens on. */
  readonly host: string;
  readonly token: string | undefined;
}

export interface Refusal {
  readonly status: 401 | 403;
  readonly message: string;
}

/**
 * A page of a foreign site in a local browser must not reach this port: with DNS rebinding it comes with a foreign Host,
 * with a cross-site request with a foreign Origin, and browsers say so in Sec-Fetch-Site. Beyond loopback a token decides.
 * @param isProbe whether only the health is asked for: probes have no token, and learn no more than that it is up
 */
export function refusalOf(request: IncomingMessage, rules: AccessRules, isProbe = false): Refusal | undefined {
  const { host, origin, authorization } = request.headers;
  if (!isOwnHost(host, rules.host)) return { status: 403, message: 'This Host is not served here.' };
  if (origin !== undefined && !isOwnOrigin(origin, host))
    return { status: 403, message: 'This Origin may not call this port.' };
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    return { status: 403, message: 'Pages of other sites may not call this port.' };
  if (!isProbe && rules.token !== undefined && !isToken(authorization, rules.token)) {
    const message = 'A token is needed: Authorization: Bearer TOKEN, or Basic with the token as password.';
    return { status: 401, message };
  }
  return undefined;
}

function isOwnHost(header: string | undefined, listening: string): boolean {
  if (header === undefined) return false;
  const name = header.replace(/:\d+$/, '').toLowerCase();
  // Beyond loopback the machine has names that nobody told us; there the token guards.
  return isLoopback(name) || name === listening.toLowerCase() || !isLoopback(listening);
}

function isOwnOrigin(origin: string, host: string | undefined): boolean {
  return origin.toLowerCase() === `http://${host?.toLowerCase()}`;
}

/** The token comes as Bearer, or as the password of Basic: many clients of the platform know nothing else. */
function isToken(authorization: string | undefined, token: string): boolean {
  const bearer = /^Bearer +(.+)$/i.exec(authorization ?? '')?.[1]?.trim();
  const given = bearer ?? basicCredentials(authorization)?.password ?? '';
  const expected = Buffer.from(token);
  const actual = Buffer.from(given);
  // Compared at full length even when the lengths differ: the time tells nothing about the token.
  const same = timingSafeEqual(expected, actual.length === expected.length ? actual : Buffer.alloc(expected.length));
  return same && actual.length === expected.length;
}

/** RFC 7617: the user's name ends at the first colon. */
export function basicCredentials(authorization: string | undefined): { user: string; password: string } | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/_=-]+) *$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
