import { type KeyObject, randomUUID } from 'node:crypto';
import type { Place } from '../diagnostic.ts';
import { Fault } from '../fault.ts';
import { toText } from '../language/variables.ts';
import type { Exchange } from '../message/exchange.ts';
import type { Leaf } from '../schema/declare.ts';
import { type Answer, after } from '../state/answer.ts';
import type { Token } from '../state/token-records.ts';
import { parseCompact, parseObject, utf8Text } from './compact-token.ts';
import { accessTokenFaults, jwtFaults } from './oauth-faults.ts';
import type { Mint } from './oauth-issue.ts';
import type { Compiler } from './policy.ts';
import { TokenFailure } from './token-failure.ts';
import { compileKey, compileKeyId, type KeyElements } from './token-keys.ts';
import { compileAlgorithms, signCompact, signingElement, verifyCompact } from './token-signing.ts';

/** Access tokens that are JSON Web Tokens. RFC 9068; Apigee: Using JWT OAuth tokens. */

interface JwtConfig extends KeyElements {
  readonly at: Place;
  readonly Algorithm: Leaf<string> | undefined;
}

/** GenerateJWTAccessToken and RefreshJWTAccessToken. */
export function compileMint(config: JwtConfig, compiler: Compiler): Mint {
  const algorithms = compileJwtAlgorithm(config, compiler);
  const element = signingElement(algorithms, true);
  const source = compileKey(element, config, config.at, compiler);
  const kidOf = compileKeyId(element, config, compiler);
  const host = compiler.reader('request.header.host');
  const [algorithm] = algorithms;
  return (exchange, token) => {
    if (algorithm === undefined) throw new Fault(jwtFaults.jwtSigningFailed);
    const kid = kidOf(exchange);
    const header = { alg: algorithm.name, typ: 'at+JWT', ...(kid === undefined ? {} : { kid }) };
    const payload = Buffer.from(JSON.stringify(claimsOf(exchange, token, toText(host(exchange) ?? ''))), 'utf8');
    return failing(jwtFaults.jwtSigningFailed, () =>
      after(source(exchange, kid, algorithm.name) as Answer<KeyObject>, (key) => {
        const parts = signCompact(header, payload, algorithm, key);
        return `${parts.header}.${parts.payload}.${parts.signature}`;
      }),
    );
  };
}

/** RFC 9068 section 2.2. The subject is the end user, or the client where there is none. */
function claimsOf(exchange: Exchange, token: Token, host: string): Readonly<Record<string, unknown>> {
  return {
    iss: `${exchange.client.scheme}://${host}${exchange.endpoint.basePath}`,
    sub: token.endUser ?? token.clientId,
    client_id: token.clientId,
    iat: Math.floor(token.issuedAt / 1000),
    ...(token.expiresAt === null ? {} : { exp: Math.floor(token.expiresAt / 1000) }),
    jti: randomUUID(),
    ...(token.scope === '' ? {} : { scope: token.scope }),
  };
}

const mandatoryClaims = ['iss', 'sub', 'client_id', 'iat', 'jti'];

/** What VerifyJWTAccessToken looks at before the token is looked up. @throws Fault */
export function compileJwtCheck(
  config: JwtConfig,
  compiler: Compiler,
): (exchange: Exchange, text: string) => Answer<undefined> {
  const algorithms = compileJwtAlgorithm(config, compiler);
  const source = compileKey(signingElement(algorithms, false), config, config.at, compiler);
  return (exchange, text) => {
    const token = failing(jwtFaults.jwtDecodingFailed, () => parseCompact(text));
    const { typ } = token.header;
    if (typeof typ !== 'string' || !/^(?:application\/)?at\+jwt$/i.test(typ)) throw new Fault(jwtFaults.jwtType);
    if (!algorithms.some(({ name }) => name === token.header.alg)) throw new Fault(jwtFaults.jwtAlgorithm);
    const verified: Answer<undefined> = failing(jwtFaults.jwtSignature, () =>
      verifyCompact(exchange, token, token.signed, algorithms, source),
    );
    return after(verified, () => {
      const claims = failing(jwtFaults.jwtDecodingFailed, () => parseObject(utf8Text(token.payload)));
      if (mandatoryClaims.some((name) => claims[name] === undefined)) throw new Fault(jwtFaults.jwtClaim);
      const { exp } = claims;
      if (typeof exp === 'number' && exp * 1000 <= Date.now()) throw new Fault(accessTokenFaults.accessTokenExpired);
      return undefined;
    });
  };
}

/** Apigee: the JWT operations know RSA and HMAC. */
function compileJwtAlgorithm(config: JwtConfig, compiler: Compiler): ReturnType<typeof compileAlgorithms> {
  const algorithms = compileAlgorithms(config.Algorithm, false, config.at, compiler);
  const other = algorithms.find(({ name }) => !/^[RH]S/.test(name));
  if (other !== undefined) {
    const message = `OAuthV2 does not sign with ${other.name} (InvalidValueForAlgorithm).`;
    compiler.error(
      'ZH572',
      config.Algorithm?.at ?? config.at,
      message,
      'Use RS256, RS384, RS512, HS256, HS384 or HS512.',
    );
  }
  return algorithms;
}

/** Makes one fault of all that a key or token may have wrong. */
function failing<T>(kind: (typeof jwtFaults)[keyof typeof jwtFaults], work: () => T): T {
  const fail = (error: unknown): never => {
    throw error instanceof TokenFailure ? new Fault(kind) : error;
  };
  let result: T;
  try {
    result = work();
  } catch (error) {
    return fail(error);
  }
  return result instanceof Promise ? (result.then(undefined, fail) as T) : result;
}
