import { createHmac, timingSafeEqual } from 'node:crypto';
import { Fault, type FaultKind } from '../fault.ts';
import { decodeAs, type Encoding, encodingOf } from '../language/encodings.ts';
import type { HashAlgorithm } from '../language/hashes.ts';
import { toText } from '../language/variables.ts';
import type { Exchange } from '../message/exchange.ts';
import { type ConfigOf, element, required, requiredAttribute, type ValueType } from '../schema/declare.ts';
import { boolean, rawTemplate, text, variable } from '../schema/values.ts';
import { type Compiler, policy } from './policy.ts';
import { checkNoSecret, checkPrivate } from './private-variable.ts';
import { resultWriter } from './result-variable.ts';

const algorithms: ReadonlyMap<string, HashAlgorithm> = new Map([
  ['SHA-1', 'sha1'],
  ['SHA-224', 'sha224'],
  ['SHA-256', 'sha256'],
  ['SHA-384', 'sha384'],
  ['SHA-512', 'sha512'],
  ['MD-5', 'md5'],
]);

/** Apigee: neither case nor the dash matters. */
const algorithm: ValueType<HashAlgorithm> = {
  kind: 'value',
  xsd: 'xs:string',
  expects: `one of ${[...algorithms.keys()].join(', ')}`,
  keepsBlanks: false,
  empty: undefined,
  parse: (value) => {
    const plain = value.replaceAll('-', '').toLowerCase();
    return [...algorithms.values()].find((one) => one === plain);
  },
};

function encoding(...names: readonly string[]): ValueType<Encoding> {
  return {
    kind: 'value',
    xsd: 'xs:string',
    expects: `one of ${names.join(', ')}`,
    keepsBlanks: false,
    empty: undefined,
    parse: (value) => {
      const found = encodingOf(value);
      return names.some((name) => encodingOf(name) === found) ? found : undefined;
    },
  };
}

const faults = {
  unresolved: { code: 'steps.hmac.UnresolvedVariable', status: 401, text: 'Unresolved variable' },
  verificationFailed: { code: 'steps.hmac.HmacVerificationFailed', status: 401, text: 'HMAC verification failed' },
  calculationFailed: { code: 'steps.hmac.HmacCalculationFailed', status: 401, text: 'HMAC calculation failed' },
  emptyKey: { code: 'steps.hmac.EmptySecretKey', status: 401, text: 'The secret key is empty' },
  emptyValue: { code: 'steps.hmac.EmptyVerificationValue', status: 401, text: 'The verification value is empty' },
};

const secretKey = element({
  content: text,
  attributes: { ref: requiredAttribute(variable), encoding: encoding('hex', 'base16', 'base64', 'utf8') },
});

const messageElement = element({ content: rawTemplate, attributes: { ref: variable } });

const verification = element({
  content: text,
  attributes: { ref: variable, encoding: encoding('hex', 'base16', 'base64', 'base64url') },
});

/** Computes or verifies a keyed hash of a message (RFC 2104). Apigee: HMAC policy. */
export const HMAC = policy({
  element: 'HMAC',
  failedPrefix: 'hmac',
  children: {
    Algorithm: required(algorithm),
    SecretKey: required(secretKey),
    Message: required(messageElement),
    Output: element({
      content: variable,
      attributes: { encoding: encoding('hex', 'base16', 'base64', 'base64url') },
    }),
    VerificationValue: verification,
    IgnoreUnresolvedVariables: boolean,
  },
  faults,
  compile(config, compiler) {
    const { name } = compiler;
    const digest = config.Algorithm.text;
    const readKey = compileKey(config.SecretKey, compiler);
    const message = compileMessage(config.Message, config.IgnoreUnresolvedVariables?.text === true, compiler);
    const expected =
      config.VerificationValue === undefined ? undefined : compileExpected(config.VerificationValue, compiler);
    const output = config.Output?.encoding?.text ?? 'base64';
    const write = resultWriter(config.Output?.text ?? `hmac.${name}.output`, faults.calculationFailed, compiler);
    return (exchange) => {
      const key = readKey(exchange);
      const text = message(exchange);
      const wanted = expected?.(exchange);
      const bytes = createHmac(digest, key).update(text, 'utf8').digest();
      exchange.setVariable(`hmac.${name}.message`, text);
      exchange.setVariable(`hmac.${name}.outputencoding`, output);
      if (wanted !== undefined && !(wanted.length === bytes.length && timingSafeEqual(wanted, bytes))) {
        throw failed(faults.verificationFailed, compiler);
      }
      write(exchange, bytes.toString(output));
    };
  },
});

function compileKey(config: ConfigOf<typeof secretKey>, compiler: Compiler): (exchange: Exchange) => Buffer {
  const { ref } = config;
  checkNoSecret(config, 'SecretKey', compiler);
  checkPrivate(ref, compiler);
  const read = compiler.reader(ref.text);
  const kind = config.encoding?.text ?? 'utf8';
  return (exchange) => {
    const value = read(exchange);
    if (value === undefined || value === null) failUnresolved(ref.text, compiler);
    const key = decodeAs(toText(value), kind);
    if (key === undefined) throw failed(faults.calculationFailed, compiler, 'the secret key is not in its encoding');
    if (key.length === 0) throw failed(faults.emptyKey, compiler);
    return key;
  };
}

/** `ref` counts, when both are there, and may be a template itself. */
function compileMessage(
  config: ConfigOf<typeof messageElement>,
  ignoresUnresolved: boolean,
  compiler: Compiler,
): (exchange: Exchange) => string {
  const unresolved = ignoresUnresolved ? undefined : (name: string) => failUnresolved(name, compiler);
  const { ref } = config;
  if (ref === undefined) return compiler.template(config.text ?? '', config.textAt, { unresolved }).render;
  if (ref.text.includes('{')) return compiler.template(ref.text, ref.at, { unresolved }).render;
  const read = compiler.reader(ref.text);
  return (exchange) => {
    const value = read(exchange);
    if (value === undefined || value === null) unresolved?.(ref.text);
    return toText(value);
  };
}

/** The bytes to compare with: of the variable, else of the text. @throws Fault when there are none */
function compileExpected(config: ConfigOf<typeof verification>, compiler: Compiler): (exchange: Exchange) => Buffer {
  const { ref, text: literal = '' } = config;
  const read = ref === undefined ? () => undefined : compiler.reader(ref.text);
  const kind = config.encoding?.text ?? 'base64';
  if (ref === undefined && literal === '') {
    const hint = 'Name a variable, such as <VerificationValue ref="request.header.x-signature"/>.';
    compiler.error('ZH322', config.at, '<VerificationValue> names nothing to compare with.', hint);
  }
  return (exchange) => {
    const value = read(exchange) ?? (literal === '' ? undefined : literal);
    if (value === undefined || value === null) failUnresolved(ref?.text ?? '', compiler);
    const text = toText(value).trim();
    if (text === '') throw failed(faults.emptyValue, compiler);
    const bytes = decodeAs(text, kind);
    if (bytes === undefined) throw failed(faults.verificationFailed, compiler);
    return bytes;
  };
}

function failUnresolved(name: string, compiler: Compiler): never {
  throw new Fault(faults.unresolved, `Unresolved variable : ${name} in policy(${compiler.name})`);
}

function failed(kind: FaultKind, compiler: Compiler, detail?: string): Fault {
  return new Fault(kind, `${kind.text}: policy(${compiler.name})${detail === undefined ? '' : `: ${detail}`}`);
}
