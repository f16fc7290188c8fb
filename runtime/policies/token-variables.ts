import type { Exchange } from '../message/exchange.ts';
import type { JsonObject } from './compact-token.ts';
import { formatMoment, formatRemaining } from './token-time.ts';

/** Flow variables that tell what a token holds. Apigee: VerifyJWT, flow variables. */

export function setHeaderVariables(exchange: Exchange, prefix: string, header: JsonObject, json: string): void {
  exchange.setVariable(`${prefix}.header-json`, json);
  exchange.setVariable(`${prefix}.header.algorithm`, plain(header.alg));
  exchange.setVariable(`${prefix}.header.kid`, plain(header.kid));
  exchange.setVariable(`${prefix}.header.type`, plain(header.typ));
  for (const [name, value] of Object.entries(header)) {
    exchange.setVariable(`${prefix}.header.${name}`, plain(value));
    exchange.setVariable(`${prefix}.decoded.header.${name}`, decoded(value));
  }
}

const named = { subject: 'sub', issuer: 'iss', audience: 'aud', expiry: 'exp', issuedat: 'iat', notbefore: 'nbf' };

/** Times are seconds since 1970, as in the token. */
export function setClaimVariables(exchange: Exchange, prefix: string, claims: JsonObject, json: string): void {
  for (const [name, value] of Object.entries(claims)) {
    exchange.setVariable(`${prefix}.claim.${name}`, plain(value));
    exchange.setVariable(`${prefix}.decoded.claim.${name}`, decoded(value));
  }
  for (const [name, claim] of Object.entries(named))
    exchange.setVariable(`${prefix}.claim.${name}`, plain(claims[claim]));
  exchange.setVariable(`${prefix}.payload-json`, json);
  exchange.setVariable(`${prefix}.payload-claim-names`, Object.keys(claims));
  const { exp } = claims;
  if (typeof exp !== 'number' || !Number.isFinite(exp) || Math.abs(exp) > 8.64e12) {
    exchange.setVariable(`${prefix}.is_expired`, false);
    return;
  }
  const remaining = exp * 1000 - Date.now();
  exchange.setVariable(`${prefix}.expiry_formatted`, formatMoment(exp * 1000));
  exchange.setVariable(`${prefix}.seconds_remaining`, Math.floor(remaining / 1000));
  exchange.setVariable(`${prefix}.time_remaining_formatted`, formatRemaining(Math.round(remaining)));
  exchange.setVariable(`${prefix}.is_expired`, remaining <= 0);
}

/** JSON, but a text without its quotes. */
function decoded(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A list stays one, an object becomes its JSON. */
function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (!Array.isArray(value)) return JSON.stringify(value);
  return value.map((one: unknown) => (typeof one === 'object' && one !== null ? JSON.stringify(one) : one));
}
