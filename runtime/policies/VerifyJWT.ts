import type { Exchange } from '../message/exchange.ts';
import { boolean, variable } from '../schema/values.ts';
import { type JsonObject, parseCompact, parseHeader, parseObject, utf8Text } from './compact-token.ts';
import { checkCritical, compileNames, headerNames } from './critical-headers.ts';
import { compileEncryption, typeElements } from './encryption-settings.ts';
import { policy } from './policy.ts';
import { compileExpected, expectedClaims } from './registered-claims.ts';
import { additional, checkClaims, compileClaims, reservedClaims } from './token-claims.ts';
import { decrypt, keyElementOf } from './token-encryption.ts';
import { TokenFailure, tokenFaults, tokenStep } from './token-failure.ts';
import { allKeys, compileKey } from './token-keys.ts';
import { chooseAlgorithm, compileAlgorithms, keyIdOf, signingElement, verifyCompact } from './token-signing.ts';
import { tokenSource } from './token-source.ts';
import { setClaimVariables, setHeaderVariables } from './token-variables.ts';

const faults = tokenFaults(
  'jwt',
  'AlgorithmInTokenNotPresentInConfiguration',
  'AlgorithmMismatch',
  'DecryptionFailed',
  'FailedToDecode',
  'FailedToResolveVariable',
  'InsufficientKeyLength',
  'InvalidClaim',
  'InvalidConfiguration',
  'InvalidCurve',
  'InvalidJsonFormat',
  'InvalidPrivateKey',
  'InvalidPublicKey',
  'InvalidSecretKey',
  'InvalidToken',
  'JwtAudienceMismatch',
  'JwtIssuerMismatch',
  'JwtSubjectMismatch',
  'KeyIdMissing',
  'KeyParsingFailed',
  'NoAlgorithmFoundInHeader',
  'NoMatchingPublicKey',
  'TokenExpired',
  'TokenNotYetValid',
  'UnhandledCriticalHeader',
  'WrongKeyType',
);

/** Refuses a JSON Web Token that is not what it should be, and takes its claims into variables. Apigee: VerifyJWT policy; RFC 7519. */
export const VerifyJWT = policy({
  element: 'VerifyJWT',
  failedPrefix: ['jwt', 'JWT'],
  children: {
    ...typeElements,
    ...allKeys,
    ...expectedClaims,
    Source: variable,
    AdditionalClaims: additional,
    AdditionalHeaders: additional,
    KnownHeaders: headerNames,
    IgnoreCriticalHeaders: boolean,
    IgnoreUnresolvedVariables: boolean,
  },
  faults,
  compile(config, compiler) {
    const prefix = `jwt.${compiler.name}`;
    const source = tokenSource(config.Source?.text, compiler);
    const ignoresUnresolved = config.IgnoreUnresolvedVariables?.text === true;
    const expected = compileExpected(config, ignoresUnresolved, compiler);
    const options = { ignoresUnresolved, unfit: 'InvalidClaim' } as const;
    const claims = compileClaims(
      config.AdditionalClaims,
      { ...options, what: 'Claim', reserved: reservedClaims },
      compiler,
    );
    const headers = compileClaims(
      config.AdditionalHeaders,
      { ...options, what: 'Header', reserved: new Set(['alg']) },
      compiler,
    );
    const known = compileNames(config.KnownHeaders, compiler);
    const ignoresCritical = config.IgnoreCriticalHeaders?.text === true;
    /** What follows when the token is known to come from whom it should. */
    const accept = (exchange: Exchange, header: JsonObject, headerJson: string, payload: Uint8Array): void => {
      const json = utf8Text(payload);
      const found = parseObject(json);
      expected(exchange, found);
      checkClaims(claims(exchange), found);
      checkClaims(headers(exchange), header);
      if (!ignoresCritical) checkCritical(header, known(exchange));
      setHeaderVariables(exchange, prefix, header, headerJson);
      setClaimVariables(exchange, prefix, found, json);
      exchange.setVariable(`${prefix}.valid`, true);
    };
    const begin = (exchange: Exchange): string => {
      exchange.setVariable(`${prefix}.valid`, false);
      return source(exchange);
    };

    const encryption = compileEncryption(config, compiler);
    if (encryption !== undefined) {
      const key = compileKey(keyElementOf(encryption.key, false), config, config.at, compiler);
      const step = async (exchange: Exchange): Promise<void> => {
        const token = begin(exchange);
        const { header, json, parts } = parseHeader(token);
        chooseAlgorithm(header, [{ name: encryption.key }]);
        if (parts !== 5) throw new TokenFailure('FailedToDecode');
        if (header.enc !== encryption.content) {
          throw new TokenFailure('AlgorithmMismatch', `algorithm(${String(header.enc).slice(0, 50)})`);
        }
        const found = await key(exchange, keyIdOf(header), encryption.key);
        accept(exchange, header, json, await decrypt(token, header, found, encryption));
      };
      return tokenStep(step, faults, compiler.name);
    }

    const algorithms = compileAlgorithms(config.Algorithm, true, config.at, compiler);
    const key = compileKey(signingElement(algorithms, false), config, config.at, compiler);
    const step = (exchange: Exchange): void | Promise<void> => {
      const token = parseCompact(begin(exchange));
      const verified = verifyCompact(exchange, token, token.signed, algorithms, key);
      const finish = (): void => accept(exchange, token.header, token.headerJson, token.payload);
      return verified === undefined ? finish() : verified.then(finish);
    };
    return tokenStep(step, faults, compiler.name);
  },
});
