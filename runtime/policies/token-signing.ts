import type { KeyObject } from 'node:crypto';
import type { Place } from '../diagnostic.ts';
import type { Exchange } from '../message/exchange.ts';
import type { Leaf } from '../schema/declare.ts';
import type { CompactToken, JsonObject } from './compact-token.ts';
import type { Compiler } from './policy.ts';
import { type SigningAlgorithm, signingAlgorithms } from './token-algorithms.ts';
import { TokenFailure } from './token-failure.ts';
import type { KeyElement, KeySource } from './token-keys.ts';

/** The algorithms that a policy names. The configuration alone decides: what a token says only has to be among them. */
export function compileAlgorithms(
  leaf: Leaf<string> | undefined,
  several: boolean,
  at: Place,
  compiler: Compiler,
): readonly SigningAlgorithm[] {
  const known = [...signingAlgorithms.keys()].join(', ');
  if (leaf === undefined || leaf.text === '') {
    const message = 'The policy names no algorithm (MissingConfigurationElement).';
    compiler.error('ZH340', leaf?.at ?? at, message, `Add <Algorithm> with one of ${known}.`);
    return [];
  }
  const names = leaf.text.split(',').map((name) => name.trim());
  const algorithms = names.flatMap((name) => signingAlgorithms.get(name) ?? []);
  const [first] = algorithms;
  if (algorithms.length < names.length || first === undefined) {
    const wrong = names.find((name) => !signingAlgorithms.has(name)) ?? '';
    const message = `"${wrong}" is no signing algorithm (InvalidValueForElement).`;
    compiler.error('ZH340', leaf.at, message, `Known are ${known}.`);
    return [];
  }
  if (!several && algorithms.length > 1) {
    compiler.error('ZH340', leaf.at, 'A token is signed with one algorithm (InvalidValueForElement).', 'Keep one.');
  }
  if (algorithms.some(({ family }) => family !== first.family)) {
    const message = 'These algorithms need keys of different kinds (InvalidConfigurationForActionAndAlgorithmFamily).';
    compiler.error('ZH340', leaf.at, message, 'Name algorithms of one family, such as RS256, RS384.');
  }
  return algorithms;
}

export function signingElement(algorithms: readonly SigningAlgorithm[], makes: boolean): KeyElement {
  if (algorithms[0]?.family === 'secret') return 'SecretKey';
  return makes ? 'PrivateKey' : 'PublicKey';
}

/** The three parts of a signed token. @throws TokenFailure of the key, SigningFailed */
export function signCompact(
  header: JsonObject,
  payload: Buffer,
  algorithm: SigningAlgorithm,
  key: KeyObject,
): { readonly header: string; readonly payload: string; readonly signature: string } {
  algorithm.checkKey(key);
  const head = Buffer.from(JSON.stringify(header), 'utf8').toString('base64url');
  const body = payload.toString('base64url');
  const data = Buffer.from(`${head}.${body}`, 'latin1');
  return { header: head, payload: body, signature: signed(algorithm, key, data).toString('base64url') };
}

/** OpenSSL says what it does not like in many classes of errors. */
function signed(algorithm: SigningAlgorithm, key: KeyObject, data: Buffer): Buffer {
  try {
    return algorithm.sign(key, data);
  } catch {
    throw new TokenFailure('SigningFailed');
  }
}

/** @throws TokenFailure NoAlgorithmFoundInHeader, AlgorithmMismatch, AlgorithmInTokenNotPresentInConfiguration */
export function chooseAlgorithm<A extends { readonly name: string }>(header: JsonObject, algorithms: readonly A[]): A {
  const { alg } = header;
  if (typeof alg !== 'string' || alg === '') throw new TokenFailure('NoAlgorithmFoundInHeader');
  const found = algorithms.find(({ name }) => name === alg);
  if (found !== undefined) return found;
  const reason = algorithms.length > 1 ? 'AlgorithmInTokenNotPresentInConfiguration' : 'AlgorithmMismatch';
  throw new TokenFailure(reason, `algorithm(${alg.slice(0, 50)})`);
}

/** The id of its key that a token names; one that is no text counts as none. */
export function keyIdOf({ kid }: JsonObject): string | undefined {
  return typeof kid === 'string' ? kid : undefined;
}

/** @throws TokenFailure InvalidToken, and those of algorithm and key */
export function verifyCompact(
  exchange: Exchange,
  token: CompactToken,
  data: Buffer,
  algorithms: readonly SigningAlgorithm[],
  source: KeySource,
): undefined | Promise<undefined> {
  const algorithm = chooseAlgorithm(token.header, algorithms);
  const check = (key: KeyObject): undefined => {
    algorithm.checkKey(key);
    if (!algorithm.verify(key, data, token.signature)) throw new TokenFailure('InvalidToken');
  };
  const key = source(exchange, keyIdOf(token.header), algorithm.name);
  return key instanceof Promise ? key.then(check) : check(key);
}
