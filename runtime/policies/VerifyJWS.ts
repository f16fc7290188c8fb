import { toText } from '../language/variables.ts';
import type { Exchange } from '../message/exchange.ts';
import { boolean, oneOf, text, variable } from '../schema/values.ts';
import { type CompactToken, parseCompact } from './compact-token.ts';
import { checkCritical, compileNames, headerNames } from './critical-headers.ts';
import { policy } from './policy.ts';
import { additional, checkClaims, compileClaims, unresolved } from './token-claims.ts';
import { TokenFailure, tokenFaults, tokenStep } from './token-failure.ts';
import { compileKey, signingKeys } from './token-keys.ts';
import { compileAlgorithms, signingElement, verifyCompact } from './token-signing.ts';
import { tokenSource } from './token-source.ts';
import { setHeaderVariables } from './token-variables.ts';

const faults = tokenFaults(
  'jws',
  'AlgorithmInTokenNotPresentInConfiguration',
  'AlgorithmMismatch',
  'FailedToDecode',
  'FailedToResolveVariable',
  'InsufficientKeyLength',
  'InvalidClaim',
  'InvalidConfiguration',
  'InvalidCurve',
  'InvalidJsonFormat',
  'InvalidPayload',
  'InvalidPublicKey',
  'InvalidSecretKey',
  'InvalidToken',
  'KeyIdMissing',
  'KeyParsingFailed',
  'NoAlgorithmFoundInHeader',
  'NoMatchingPublicKey',
  'UnhandledCriticalHeader',
  'WrongKeyType',
);

/** Refuses a JSON Web Signature that does not fit its payload or its key. Apigee: VerifyJWS policy; RFC 7515. */
export const VerifyJWS = policy({
  element: 'VerifyJWS',
  failedPrefix: ['jws', 'JWS'],
  children: {
    Type: oneOf('Signed'),
    Algorithm: text,
    ...signingKeys,
    Source: variable,
    DetachedContent: variable,
    AdditionalHeaders: additional,
    KnownHeaders: headerNames,
    IgnoreCriticalHeaders: boolean,
    IgnoreUnresolvedVariables: boolean,
  },
  faults,
  compile(config, compiler) {
    const prefix = `jws.${compiler.name}`;
    const source = tokenSource(config.Source?.text, compiler);
    const algorithms = compileAlgorithms(config.Algorithm, true, config.at, compiler);
    const key = compileKey(signingElement(algorithms, false), config, config.at, compiler);
    const ignoresUnresolved = config.IgnoreUnresolvedVariables?.text === true;
    const headers = compileClaims(
      config.AdditionalHeaders,
      { what: 'Header', reserved: new Set(['alg']), ignoresUnresolved, unfit: 'InvalidClaim' },
      compiler,
    );
    const known = compileNames(config.KnownHeaders, compiler);
    const ignoresCritical = config.IgnoreCriticalHeaders?.text === true;
    const detached = config.DetachedContent?.text;
    const readDetached = detached === undefined ? undefined : compiler.reader(detached);
    /** RFC 7515 appendix F: the content takes its place in the middle again. */
    const signedData = (exchange: Exchange, token: CompactToken): Buffer => {
      if (detached === undefined || readDetached === undefined) {
        if (token.isDetached) throw new TokenFailure('InvalidPayload');
        return token.signed;
      }
      if (!token.isDetached) throw new TokenFailure('InvalidPayload');
      const content = readDetached(exchange);
      if (content === undefined || content === null) throw unresolved(detached);
      const bytes = content instanceof Uint8Array ? Buffer.from(content) : Buffer.from(toText(content), 'utf8');
      return Buffer.from(`${token.headerPart}.${bytes.toString('base64url')}`, 'latin1');
    };
    const step = (exchange: Exchange): void | Promise<void> => {
      exchange.setVariable(`${prefix}.valid`, false);
      const token = parseCompact(source(exchange));
      const finish = (): void => {
        checkClaims(headers(exchange), token.header);
        if (!ignoresCritical) checkCritical(token.header, known(exchange));
        setHeaderVariables(exchange, prefix, token.header, token.headerJson);
        if (!token.isDetached) exchange.setVariable(`${prefix}.payload`, token.payload.toString('utf8'));
        exchange.setVariable(`${prefix}.valid`, true);
      };
      const verified = verifyCompact(exchange, token, signedData(exchange, token), algorithms, key);
      return verified === undefined ? finish() : verified.then(finish);
    };
    return tokenStep(step, faults, compiler.name);
  },
});
