import type { KeyObject } from 'node:crypto';
import { toText } from '../language/variables.ts';
import type { Exchange } from '../message/exchange.ts';
import { element, required } from '../schema/declare.ts';
import { boolean, oneOf, rawTemplate, text, variable } from '../schema/values.ts';
import { compileNames, headerNames } from './critical-headers.ts';
import { policy } from './policy.ts';
import { resultWriter } from './result-variable.ts';
import { additional, compileClaims, unresolved } from './token-claims.ts';
import { TokenFailure, tokenFaults, tokenStep } from './token-failure.ts';
import { compileKey, compileKeyId, signingKeys } from './token-keys.ts';
import { compileAlgorithms, signCompact, signingElement } from './token-signing.ts';

const faults = tokenFaults(
  'jws',
  'FailedToResolveVariable',
  'GenerationFailed',
  'InsufficientKeyLength',
  'InvalidConfiguration',
  'InvalidCurve',
  'InvalidJsonFormat',
  'InvalidPrivateKey',
  'InvalidSecretKey',
  'SetVariableFailed',
  'SigningFailed',
  'WrongKeyType',
);

/** Signs any text as a JSON Web Signature. Apigee: GenerateJWS policy; RFC 7515. */
export const GenerateJWS = policy({
  element: 'GenerateJWS',
  failedPrefix: ['jws', 'JWS'],
  children: {
    Type: oneOf('Signed'),
    Algorithm: text,
    ...signingKeys,
    Payload: required(element({ content: rawTemplate, attributes: { ref: variable } })),
    DetachContent: boolean,
    AdditionalHeaders: additional,
    CriticalHeaders: headerNames,
    OutputVariable: variable,
    IgnoreUnresolvedVariables: boolean,
  },
  faults,
  compile(config, compiler) {
    const ignoresUnresolved = config.IgnoreUnresolvedVariables?.text === true;
    const algorithms = compileAlgorithms(config.Algorithm, false, config.at, compiler);
    const needed = signingElement(algorithms, true);
    const key = compileKey(needed, config, config.at, compiler);
    const kidOf = compileKeyId(needed, config, compiler);
    const headers = compileClaims(
      config.AdditionalHeaders,
      { what: 'Header', reserved: new Set(['alg']), ignoresUnresolved, unfit: 'GenerationFailed' },
      compiler,
    );
    const critical = compileNames(config.CriticalHeaders, compiler);
    const { ref } = config.Payload;
    const literal = compiler.template(config.Payload.text ?? '', config.Payload.textAt, {
      unresolved: ignoresUnresolved
        ? undefined
        : (name) => {
            throw unresolved(name);
          },
    });
    const read = ref === undefined ? undefined : compiler.reader(ref.text);
    const payloadOf = (exchange: Exchange): Buffer => {
      const value = read?.(exchange);
      if (value instanceof Uint8Array) return Buffer.from(value);
      if (value !== undefined && value !== null) return Buffer.from(toText(value), 'utf8');
      if (ref !== undefined && (config.Payload.text ?? '') === '' && !ignoresUnresolved) throw unresolved(ref.text);
      return Buffer.from(literal.render(exchange), 'utf8');
    };
    const output = config.OutputVariable?.text ?? `jws.${compiler.name}.generated_jws`;
    const write = resultWriter(output, faults.SetVariableFailed, compiler);
    const detaches = config.DetachContent?.text === true;
    const [algorithm] = algorithms;
    const step = (exchange: Exchange): void | Promise<void> => {
      if (algorithm === undefined) throw new TokenFailure('InvalidConfiguration');
      const kid = kidOf(exchange);
      const finish = (found: KeyObject): void => {
        const crit = critical(exchange);
        const header = {
          alg: algorithm.name,
          ...(kid === undefined ? {} : { kid }),
          ...Object.fromEntries(headers(exchange).filter(([, value]) => value !== undefined)),
          ...(crit.length === 0 ? {} : { crit }),
        };
        const parts = signCompact(header, payloadOf(exchange), algorithm, found);
        write(exchange, `${parts.header}.${detaches ? '' : parts.payload}.${parts.signature}`);
      };
      const found = key(exchange, kid, algorithm.name);
      return found instanceof Promise ? found.then(finish) : finish(found);
    };
    return tokenStep(step, faults, compiler.name);
  },
});
