import type { Place } from '../diagnostic.ts';
import type { Exchange } from '../message/exchange.ts';
import { type ConfigOf, element, type Leaf, valueOrRef } from '../schema/declare.ts';
import { boolean, text, variable } from '../schema/values.ts';
import type { JsonObject } from './compact-token.ts';
import { compileValue, textOrUndefined } from './map-key.ts';
import type { Compiler } from './policy.ts';
import { unresolved } from './token-claims.ts';
import { TokenFailure, type TokenReason } from './token-failure.ts';
import { parseDuration } from './token-time.ts';

/** The claims that RFC 7519 section 4.1 registers, as the JWT policies set and check them. */

const value = valueOrRef(text);
type Value = ConfigOf<typeof value>;

/** A text, or a variable's value; undefined when it has none and that is to be ignored. @throws TokenFailure */
export function compileText(
  config: Value | undefined,
  ignoresUnresolved: boolean,
  compiler: Compiler,
): (exchange: Exchange) => string | undefined {
  if (config === undefined) return () => undefined;
  const read = compileValue(config, compiler);
  return (exchange) => {
    const found = textOrUndefined(read(exchange));
    if (found === undefined && !ignoresUnresolved) throw unresolved(config.ref?.text ?? '');
    return found;
  };
}

/** Milliseconds; a literal is checked now. @throws TokenFailure InvalidConfiguration for what a variable holds */
export function compileDuration(
  config:
    | { readonly text: string | undefined; readonly at: Place; readonly ref?: Leaf<string> | undefined }
    | undefined,
  otherwise: number,
  compiler: Compiler,
): (exchange: Exchange) => number {
  if (config === undefined) return () => otherwise;
  const literal = config.text === undefined || config.text === '' ? undefined : parseDuration(config.text);
  if (literal === undefined && (config.text ?? '') !== '') reportTime(config.text ?? '', config.at, compiler);
  const { ref } = config;
  if (ref === undefined) return () => literal ?? otherwise;
  const read = compiler.reader(ref.text);
  return (exchange) => {
    const found = textOrUndefined(read(exchange));
    const parsed = found === undefined ? literal : parseDuration(found);
    if (parsed === undefined) throw new TokenFailure('InvalidConfiguration', `variable(${ref.text})`);
    return parsed;
  };
}

export function reportTime(text: string, at: Place, compiler: Compiler): void {
  const message = `"${text}" is no time (InvalidTimeFormat).`;
  compiler.error('ZH346', at, message, 'Write a number with ms, s, m, h or d, such as 10m.');
}

export const expectedClaims = {
  Subject: value,
  Issuer: value,
  Audience: value,
  Id: value,
  TimeAllowance: value,
  MaxLifespan: element({ content: text, attributes: { ref: variable, useIssueTime: boolean } }),
  IgnoreIssuedAt: boolean,
};

interface Expected {
  readonly Subject: Value | undefined;
  readonly Issuer: Value | undefined;
  readonly Audience: Value | undefined;
  readonly Id: Value | undefined;
  readonly TimeAllowance: Value | undefined;
  readonly MaxLifespan: ConfigOf<typeof expectedClaims.MaxLifespan> | undefined;
  readonly IgnoreIssuedAt: Leaf<boolean> | undefined;
}

/** Checks times, then who the token is about, from and for. @throws TokenFailure */
export function compileExpected(
  config: Expected,
  ignoresUnresolved: boolean,
  compiler: Compiler,
): (exchange: Exchange, claims: JsonObject) => void {
  const equal = (wanted: Value | undefined, name: string, reason: TokenReason) => {
    if (wanted === undefined) return undefined;
    const read = compileText(wanted, ignoresUnresolved, compiler);
    return (exchange: Exchange, claims: JsonObject): void => {
      const text = read(exchange);
      if (text === undefined || !holds(claims[name], text)) throw new TokenFailure(reason);
    };
  };
  const checks = [
    equal(config.Subject, 'sub', 'JwtSubjectMismatch'),
    equal(config.Issuer, 'iss', 'JwtIssuerMismatch'),
    equal(config.Audience, 'aud', 'JwtAudienceMismatch'),
    equal(config.Id, 'jti', 'InvalidClaim'),
  ].filter((one) => one !== undefined);
  const allowance = compileDuration(config.TimeAllowance, 0, compiler);
  const lifespan = config.MaxLifespan === undefined ? undefined : compileDuration(config.MaxLifespan, 0, compiler);
  const fromIssue = config.MaxLifespan?.useIssueTime?.text === true;
  const ignoresIssuedAt = config.IgnoreIssuedAt?.text === true;
  return (exchange, claims) => {
    checkTimes(claims, allowance(exchange), ignoresIssuedAt);
    if (lifespan !== undefined) checkLifespan(claims, lifespan(exchange), fromIssue);
    for (const check of checks) check(exchange, claims);
  };
}

/** An audience may be a list: one that fits is enough (RFC 7519 section 4.1.3). */
function holds(actual: unknown, wanted: string): boolean {
  return Array.isArray(actual) ? actual.includes(wanted) : actual === wanted;
}

function checkTimes(claims: JsonObject, allowance: number, ignoresIssuedAt: boolean): void {
  const now = Date.now();
  const [expiry, notBefore, issuedAt] = ['exp', 'nbf', 'iat'].map((name) => timeOf(claims, name));
  if (expiry !== undefined && now >= expiry + allowance) throw new TokenFailure('TokenExpired');
  if (notBefore !== undefined && now < notBefore - allowance) throw new TokenFailure('TokenNotYetValid');
  if (issuedAt !== undefined && !ignoresIssuedAt && now < issuedAt - allowance) {
    throw new TokenFailure('TokenNotYetValid', 'claim(iat)');
  }
}

/** How long the token is good for in all, from nbf or else iat on. One that never ends is too long. */
function checkLifespan(claims: JsonObject, most: number, fromIssue: boolean): void {
  const start = (fromIssue ? undefined : timeOf(claims, 'nbf')) ?? timeOf(claims, 'iat');
  const end = timeOf(claims, 'exp');
  if (start === undefined || end === undefined || end - start > most)
    throw new TokenFailure('InvalidClaim', 'claim(exp)');
}

/** Milliseconds. RFC 7519 section 2: a NumericDate is a number. @throws TokenFailure InvalidClaim */
function timeOf(claims: JsonObject, name: string): number | undefined {
  if (!Object.hasOwn(claims, name)) return undefined;
  const seconds = claims[name];
  if (typeof seconds !== 'number') throw new TokenFailure('InvalidClaim', `claim(${name})`);
  return seconds * 1000;
}
