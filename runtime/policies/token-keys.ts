import type { KeyObject } from 'node:crypto';
import type { Place } from '../diagnostic.ts';
import type { Encoding } from '../language/encodings.ts';
import { encodingOf } from '../language/encodings.ts';
import type { Exchange } from '../message/exchange.ts';
import { type ConfigOf, element, type ValueType, valueOrRef } from '../schema/declare.ts';
import { integer, text, variable } from '../schema/values.ts';
import { parseKeySet, RemoteKeySets } from './key-set.ts';
import { privateKeyOf, publicKeyOf, remembered, secretKeyOf } from './key-text.ts';
import { compileValue, textOrUndefined } from './map-key.ts';
import type { Compiler } from './policy.ts';
import { checkNoSecret, checkPrivate } from './private-variable.ts';
import { TokenFailure } from './token-failure.ts';

/** The elements that hold keys. Apigee: GenerateJWT and VerifyJWT, key elements. */

const encoding: ValueType<Encoding> = {
  kind: 'value',
  xsd: 'xs:string',
  expects: 'one of utf-8, hex, base16, base64, base64url',
  keepsBlanks: false,
  empty: undefined,
  parse: encodingOf,
};

const secretValue = element({ content: text, attributes: { ref: variable, encoding } });

const secretKey = element({ attributes: { encoding }, children: { Value: secretValue, Id: valueOrRef(text) } });

const privateKey = element({ children: { Value: secretValue, Password: secretValue, Id: valueOrRef(text) } });

const publicKey = element({
  children: {
    Value: valueOrRef(text),
    Certificate: valueOrRef(text),
    JWKS: element({ content: text, attributes: { ref: variable, uri: text, uriRef: variable } }),
    Id: valueOrRef(text),
  },
});

const passwordKey = element({
  children: {
    Value: secretValue,
    Id: valueOrRef(text),
    SaltLength: integer(8, 1024),
    PBKDF2Iterations: integer(1, 10_000_000),
  },
});

/** Children of the policies that sign or verify. */
export const signingKeys = { SecretKey: secretKey, PrivateKey: privateKey, PublicKey: publicKey };

/** Children of the policies that encrypt or decrypt as well. */
export const allKeys = { ...signingKeys, DirectKey: secretKey, PasswordKey: passwordKey };

export interface KeyElements {
  readonly SecretKey: ConfigOf<typeof secretKey> | undefined;
  readonly PrivateKey: ConfigOf<typeof privateKey> | undefined;
  readonly PublicKey: ConfigOf<typeof publicKey> | undefined;
  readonly DirectKey?: ConfigOf<typeof secretKey> | undefined;
  readonly PasswordKey?: ConfigOf<typeof passwordKey> | undefined;
}

export type KeyElement = keyof KeyElements;

/** Gives the key; `kid` and `algorithm` choose one of a set. @throws TokenFailure */
export type KeySource = (
  exchange: Exchange,
  kid: string | undefined,
  algorithm: string,
) => KeyObject | Promise<KeyObject>;

/** The key of the element that an algorithm needs; every other one is reported. */
export function compileKey(needed: KeyElement, config: KeyElements, at: Place, compiler: Compiler): KeySource {
  const names: readonly KeyElement[] = ['SecretKey', 'PrivateKey', 'PublicKey', 'DirectKey', 'PasswordKey'];
  for (const name of names) {
    const other = config[name];
    if (other === undefined || name === needed) continue;
    const message = `<${name}> is no key for this algorithm (InvalidConfigurationForActionAndAlgorithm).`;
    compiler.error('ZH341', other.at, message, `Use <${needed}>.`);
  }
  if (config[needed] === undefined) {
    const message = `This algorithm needs <${needed}> (MissingConfigurationElement).`;
    compiler.error('ZH341', at, message, `Add <${needed}>.`);
    return missing;
  }
  if (needed === 'PublicKey') return compilePublicKey(config.PublicKey, compiler);
  if (needed === 'PrivateKey') return compilePrivateKey(config.PrivateKey, compiler);
  const standard = needed === 'DirectKey' ? 'base64' : 'utf8';
  const given = config[needed];
  const own = given !== undefined && 'encoding' in given ? given.encoding?.text : undefined;
  return compileSecret(given?.Value, own ?? given?.Value?.encoding?.text ?? standard, needed, at, compiler);
}

/** `kid` of a token that is made: the Id of its key. */
export function compileKeyId(
  needed: KeyElement,
  config: KeyElements,
  compiler: Compiler,
): (exchange: Exchange) => string | undefined {
  const id = config[needed]?.Id;
  if (id === undefined) return () => undefined;
  const read = compileValue(id, compiler);
  return (exchange) => textOrUndefined(read(exchange));
}

const missing: KeySource = () => {
  throw new TokenFailure('InvalidConfiguration');
};

function compileSecret(
  config: ConfigOf<typeof secretValue> | undefined,
  kind: Encoding,
  what: string,
  at: Place,
  compiler: Compiler,
): KeySource {
  const read = secretReader(config, what, at, compiler);
  const make = remembered((value) => secretKeyOf(value, kind));
  return (exchange) => {
    const value = read(exchange);
    if (value === undefined || value === '') throw new TokenFailure('InvalidSecretKey');
    return make(value);
  };
}

/** Reads a variable below `private.`; undefined when it has no value. */
function secretReader(
  config: ConfigOf<typeof secretValue> | undefined,
  what: string,
  at: Place,
  compiler: Compiler,
): (exchange: Exchange) => string | undefined {
  if (config !== undefined) checkNoSecret(config, 'Value', compiler);
  if (config?.ref === undefined) {
    const message = `<${what}> names no variable (EmptyElementForKeyConfiguration).`;
    compiler.error('ZH342', config?.at ?? at, message, 'Write <Value ref="private.NAME"/>.');
    return () => undefined;
  }
  checkPrivate(config.ref, compiler);
  const read = compiler.reader(config.ref.text);
  return (exchange) => textOrUndefined(read(exchange));
}

function compilePrivateKey(config: ConfigOf<typeof privateKey> | undefined, compiler: Compiler): KeySource {
  if (config === undefined) return missing;
  const read = secretReader(config.Value, 'PrivateKey', config.at, compiler);
  const password =
    config.Password === undefined ? () => undefined : secretReader(config.Password, 'Password', config.at, compiler);
  const plain = remembered((value) => privateKeyOf(value, undefined));
  const locked = remembered((both) => {
    const end = both.indexOf('\0');
    return privateKeyOf(both.slice(end + 1), both.slice(0, end));
  });
  return (exchange) => {
    const value = read(exchange);
    if (value === undefined) throw new TokenFailure('InvalidPrivateKey');
    const passphrase = password(exchange);
    return passphrase === undefined ? plain(value) : locked(`${passphrase.replaceAll('\0', '')}\0${value}`);
  };
}

function compilePublicKey(config: ConfigOf<typeof publicKey> | undefined, compiler: Compiler): KeySource {
  if (config === undefined) return missing;
  const given = [config.Value, config.Certificate, config.JWKS].filter((one) => one !== undefined);
  if (given.length !== 1) {
    const message = '<PublicKey> needs exactly one of <Value>, <Certificate> and <JWKS> (InvalidKeyConfiguration).';
    compiler.error('ZH342', config.at, message, 'Keep one.');
    return missing;
  }
  if (config.JWKS !== undefined) return compileKeySet(config.JWKS, config.Id, compiler);
  const value = config.Value ?? config.Certificate;
  if (value === undefined) return missing;
  const literal = value.text ?? '';
  if (value.ref === undefined && !isPublicKey(literal)) {
    const message = 'This is no public key in PEM form (InvalidPublicKeyValue).';
    compiler.error(
      'ZH343',
      value.textAt,
      message,
      'Paste it with its -----BEGIN ...----- and -----END ...----- lines.',
    );
    return missing;
  }
  const read = compileValue(value, compiler);
  const make = remembered(publicKeyOf);
  return (exchange) => {
    const found = textOrUndefined(read(exchange));
    if (found === undefined) throw new TokenFailure('InvalidPublicKey');
    return make(found);
  };
}

function isPublicKey(value: string): boolean {
  try {
    publicKeyOf(value);
    return true;
  } catch (error) {
    if (error instanceof TokenFailure) return false;
    throw error;
  }
}

function compileKeySet(
  config: NonNullable<ConfigOf<typeof publicKey>['JWKS']>,
  id: ConfigOf<typeof publicKey>['Id'],
  compiler: Compiler,
): KeySource {
  const readId = id === undefined ? () => undefined : compileValue(id, compiler);
  const kidOf = (exchange: Exchange, kid: string | undefined): string => {
    const wanted = kid ?? textOrUndefined(readId(exchange));
    if (wanted === undefined) throw new TokenFailure('KeyIdMissing');
    return wanted;
  };
  const { uri, uriRef, ref } = config;
  if (uri !== undefined || uriRef !== undefined) {
    const sets = new RemoteKeySets(compiler.httpClient);
    const readUri = uriRef === undefined ? () => undefined : compiler.reader(uriRef.text);
    return (exchange, kid, algorithm) => {
      const wanted = kidOf(exchange, kid);
      const where = textOrUndefined(readUri(exchange)) ?? uri?.text;
      if (where === undefined) throw new TokenFailure('KeyParsingFailed');
      const set = sets.get(exchange, where.trim(), wanted);
      return set instanceof Promise ? set.then((one) => one.key(wanted, algorithm)) : set.key(wanted, algorithm);
    };
  }
  if (ref === undefined && (config.text === undefined || config.text === '')) {
    const message = '<JWKS> names no keys (EmptyElementForKeyConfiguration).';
    compiler.error('ZH342', config.at, message, 'Write ref, uri or uriRef, or the set itself.');
    return missing;
  }
  const read = ref === undefined ? () => undefined : compiler.reader(ref.text);
  const parse = remembered(parseKeySet);
  return (exchange, kid, algorithm) => {
    const wanted = kidOf(exchange, kid);
    const set = textOrUndefined(read(exchange)) ?? config.text;
    if (set === undefined) throw new TokenFailure('KeyParsingFailed');
    return parse(set).key(wanted, algorithm);
  };
}
