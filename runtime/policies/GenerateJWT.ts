import { type KeyObject, randomUUID } from 'node:crypto';
import type { Exchange } from '../message/exchange.ts';
import { type ConfigOf, valueOrRef } from '../schema/declare.ts';
import { boolean, text, variable } from '../schema/values.ts';
import type { JsonObject } from './compact-token.ts';
import { compileNames, headerNames } from './critical-headers.ts';
import { compileEncryption, typeElements } from './encryption-settings.ts';
import { type Compiler, policy } from './policy.ts';
import { compileDuration, compileText, reportTime } from './registered-claims.ts';
import { resultWriter } from './result-variable.ts';
import { additional, type Claims, compileClaims, reservedClaims } from './token-claims.ts';
import { encrypt, keyElementOf } from './token-encryption.ts';
import { TokenFailure, tokenFaults, tokenStep } from './token-failure.ts';
import { allKeys, compileKey, compileKeyId } from './token-keys.ts';
import { compileAlgorithms, signCompact, signingElement } from './token-signing.ts';
import { parseMoment } from './token-time.ts';

const value = valueOrRef(text);

const faults = tokenFaults(
  'jwt',
  'EncryptionFailed',
  'FailedToResolveVariable',
  'GenerationFailed',
  'InsufficientKeyLength',
  'InvalidConfiguration',
  'InvalidCurve',
  'InvalidJsonFormat',
  'InvalidPrivateKey',
  'InvalidPublicKey',
  'InvalidSecretKey',
  'KeyIdMissing',
  'KeyParsingFailed',
  'NoMatchingPublicKey',
  'SetVariableFailed',
  'SigningFailed',
  'WrongKeyType',
);

const reservedHeaders: ReadonlySet<string> = new Set(['alg', 'typ']);

/** Makes a JSON Web Token, signed or encrypted. Apigee: GenerateJWT policy; RFC 7519. */
export const GenerateJWT = policy({
  element: 'GenerateJWT',
  failedPrefix: ['jwt', 'JWT'],
  children: {
    ...typeElements,
    ...allKeys,
    Subject: value,
    Issuer: value,
    Audience: value,
    Id: value,
    ExpiresIn: value,
    NotBefore: value,
    AdditionalClaims: additional,
    AdditionalHeaders: additional,
    CriticalHeaders: headerNames,
    Compress: boolean,
    OutputVariable: variable,
    IgnoreUnresolvedVariables: boolean,
  },
  faults,
  compile(config, compiler) {
    const ignoresUnresolved = config.IgnoreUnresolvedVariables?.text === true;
    const claimOptions = { ignoresUnresolved, unfit: 'GenerationFailed' } as const;
    const registered = compileRegistered(config, ignoresUnresolved, compiler);
    const claims = compileClaims(
      config.AdditionalClaims,
      { ...claimOptions, what: 'Claim', reserved: reservedClaims },
      compiler,
    );
    const headers = compileClaims(
      config.AdditionalHeaders,
      { ...claimOptions, what: 'Header', reserved: reservedHeaders },
      compiler,
    );
    const critical = compileNames(config.CriticalHeaders, compiler);
    const output = config.OutputVariable?.text ?? `jwt.${compiler.name}.generated_jwt`;
    const write = resultWriter(output, faults.SetVariableFailed, compiler);
    const payload = (exchange: Exchange): Buffer => {
      const all = { ...registered(exchange), ...present(claims, exchange) };
      return Buffer.from(JSON.stringify(all), 'utf8');
    };
    const headerOf = (exchange: Exchange, first: JsonObject, kid: string | undefined): JsonObject => {
      const crit = critical(exchange);
      return {
        typ: 'JWT',
        ...first,
        ...(kid === undefined ? {} : { kid }),
        ...present(headers, exchange),
        ...(crit.length === 0 ? {} : { crit }),
      };
    };

    const encryption = compileEncryption(config, compiler);
    if (encryption !== undefined) {
      const needed = keyElementOf(encryption.key, true);
      const key = compileKey(needed, config, config.at, compiler);
      const kidOf = compileKeyId(needed, config, compiler);
      const zip = config.Compress?.text === true ? { zip: 'DEF' } : {};
      const step = async (exchange: Exchange): Promise<void> => {
        const kid = kidOf(exchange);
        const header = headerOf(exchange, { alg: encryption.key, enc: encryption.content, ...zip }, kid);
        const found = await key(exchange, kid, encryption.key);
        write(exchange, await encrypt(payload(exchange), header, found, encryption));
      };
      return tokenStep(step, faults, compiler.name);
    }

    if (config.Compress !== undefined) {
      compiler.warning('ZH347', config.Compress.at, '<Compress> has no effect on a signed token.', 'Remove it.');
    }
    const algorithms = compileAlgorithms(config.Algorithm, false, config.at, compiler);
    const needed = signingElement(algorithms, true);
    const key = compileKey(needed, config, config.at, compiler);
    const kidOf = compileKeyId(needed, config, compiler);
    const [algorithm] = algorithms;
    const step = (exchange: Exchange): void | Promise<void> => {
      if (algorithm === undefined) throw new TokenFailure('InvalidConfiguration');
      const kid = kidOf(exchange);
      const finish = (found: KeyObject): void => {
        const header = headerOf(exchange, { alg: algorithm.name }, kid);
        const parts = signCompact(header, payload(exchange), algorithm, found);
        write(exchange, `${parts.header}.${parts.payload}.${parts.signature}`);
      };
      const found = key(exchange, kid, algorithm.name);
      return found instanceof Promise ? found.then(finish) : finish(found);
    };
    return tokenStep(step, faults, compiler.name);
  },
});

function present(claims: Claims, exchange: Exchange): JsonObject {
  return Object.fromEntries(claims(exchange).filter(([, one]) => one !== undefined));
}

type Value = ConfigOf<typeof value> | undefined;

interface RegisteredConfig {
  readonly Subject: Value;
  readonly Issuer: Value;
  readonly Audience: Value;
  readonly Id: Value;
  readonly ExpiresIn: Value;
  readonly NotBefore: Value;
}

function compileRegistered(
  config: RegisteredConfig,
  ignoresUnresolved: boolean,
  compiler: Compiler,
): (exchange: Exchange) => JsonObject {
  const [issuer, subject, audience] = [config.Issuer, config.Subject, config.Audience].map((one) =>
    compileText(one, ignoresUnresolved, compiler),
  );
  const expiresIn = config.ExpiresIn === undefined ? undefined : compileDuration(config.ExpiresIn, 0, compiler);
  const notBefore = compileNotBefore(config.NotBefore, ignoresUnresolved, compiler);
  const id = compileId(config.Id, ignoresUnresolved, compiler);
  return (exchange) => {
    const now = Date.now();
    const claims: Record<string, unknown> = {
      iss: issuer?.(exchange),
      sub: subject?.(exchange),
      aud: audienceOf(audience?.(exchange)),
    };
    if (expiresIn !== undefined) claims.exp = Math.floor((now + expiresIn(exchange)) / 1000);
    claims.nbf = notBefore(exchange, now);
    claims.iat = Math.floor(now / 1000);
    claims.jti = id(exchange);
    return claims;
  };
}

/** Apigee: texts with commas between them make a list. */
function audienceOf(text: string | undefined): string | readonly string[] | undefined {
  return text?.includes(',') === true ? text.split(',').map((one) => one.trim()) : text;
}

/** Apigee: an empty Id is a random one. */
function compileId(config: Value, ignoresUnresolved: boolean, compiler: Compiler) {
  if (config === undefined) return () => undefined;
  if (config.ref === undefined && (config.text ?? '') === '') return () => randomUUID();
  return compileText(config, ignoresUnresolved, compiler);
}

function compileNotBefore(config: Value, ignoresUnresolved: boolean, compiler: Compiler) {
  if (config?.text !== undefined && config.text !== '' && parseMoment(config.text, 0) === undefined) {
    reportTime(config.text, config.textAt, compiler);
  }
  const read = compileText(config, ignoresUnresolved, compiler);
  return (exchange: Exchange, now: number): number | undefined => {
    const found = read(exchange);
    if (found === undefined) return undefined;
    const moment = parseMoment(found, now);
    if (moment === undefined) throw new TokenFailure('InvalidConfiguration', 'claim(nbf)');
    return Math.floor(moment / 1000);
  };
}
