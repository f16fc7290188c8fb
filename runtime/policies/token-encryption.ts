import { type KeyObject, randomBytes } from 'node:crypto';
import type { CompactJWEHeaderParameters } from 'jose';
import type { JsonObject } from './compact-token.ts';
import { checkRsaKey } from './token-algorithms.ts';
import { TokenFailure } from './token-failure.ts';
import type { KeyElement } from './token-keys.ts';

/** JWE, RFC 7516, by way of jose. It is loaded when the first token is made or read. */

export const keyAlgorithms = [
  'dir',
  'RSA-OAEP-256',
  'A128KW',
  'A192KW',
  'A256KW',
  'A128GCMKW',
  'A192GCMKW',
  'A256GCMKW',
  'PBES2-HS256+A128KW',
  'PBES2-HS384+A192KW',
  'PBES2-HS512+A256KW',
  'ECDH-ES',
  'ECDH-ES+A128KW',
  'ECDH-ES+A192KW',
  'ECDH-ES+A256KW',
] as const;

export const contentAlgorithms = [
  'A128GCM',
  'A192GCM',
  'A256GCM',
  'A128CBC-HS256',
  'A192CBC-HS384',
  'A256CBC-HS512',
] as const;

export type KeyAlgorithm = (typeof keyAlgorithms)[number];
export type ContentAlgorithm = (typeof contentAlgorithms)[number];

export interface Encryption {
  readonly key: KeyAlgorithm;
  readonly content: ContentAlgorithm;
  /** Rounds of PBKDF2: taken when a token is made, and the most that one may ask for. */
  readonly iterations: number;
  readonly saltLength: number;
}

/** The element that holds the key. */
export function keyElementOf(algorithm: KeyAlgorithm, makes: boolean): KeyElement {
  if (algorithm === 'dir') return 'DirectKey';
  if (algorithm.startsWith('PBES2')) return 'PasswordKey';
  if (algorithm.startsWith('RSA') || algorithm.startsWith('ECDH')) return makes ? 'PublicKey' : 'PrivateKey';
  return 'SecretKey';
}

/** Bytes of plain text a compressed token may hold. zerohop's choice: a token is no archive. */
const largestPlain = 250_000;

/** @throws TokenFailure EncryptionFailed and those of the key */
export async function encrypt(plain: Buffer, header: JsonObject, key: KeyObject, options: Encryption): Promise<string> {
  checkKey(key, options);
  const { CompactEncrypt, errors } = await import('jose');
  const whole = { ...header, alg: options.key, enc: options.content } as CompactJWEHeaderParameters;
  const encryption = new CompactEncrypt(plain).setProtectedHeader(whole);
  if (options.key.startsWith('PBES2')) {
    encryption.setKeyManagementParameters({ p2c: options.iterations, p2s: randomBytes(options.saltLength) });
  }
  try {
    return await encryption.encrypt(keyOf(key, options), { crit: understood(header) });
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError) throw new TokenFailure('EncryptionFailed');
    throw error;
  }
}

/** @throws TokenFailure DecryptionFailed, FailedToDecode and those of the key */
export async function decrypt(
  token: string,
  header: JsonObject,
  key: KeyObject,
  options: Encryption,
): Promise<Uint8Array> {
  checkKey(key, options);
  const { compactDecrypt, errors } = await import('jose');
  try {
    const { plaintext } = await compactDecrypt(token, keyOf(key, options), {
      keyManagementAlgorithms: [options.key],
      contentEncryptionAlgorithms: [options.content],
      maxPBES2Count: options.iterations,
      maxDecompressedLength: largestPlain,
      crit: understood(header),
    });
    return plaintext;
  } catch (error) {
    if (error instanceof errors.JWEInvalid) throw new TokenFailure('FailedToDecode');
    if (error instanceof errors.JOSEError || error instanceof TypeError) throw new TokenFailure('DecryptionFailed');
    throw error;
  }
}

/** PBES2 takes the password's bytes; a DirectKey and the like are good as they are. */
function keyOf(key: KeyObject, { key: algorithm }: Encryption): KeyObject | Uint8Array {
  return algorithm.startsWith('PBES2') ? key.export() : key;
}

/** The policy has looked at `crit` itself. */
function understood(header: JsonObject): Record<string, boolean> {
  const names = Array.isArray(header.crit) ? header.crit.map(String) : [];
  return Object.fromEntries(names.map((name) => [name, true]));
}

const contentBytes: Readonly<Record<ContentAlgorithm, number>> = {
  A128GCM: 16,
  A192GCM: 24,
  A256GCM: 32,
  'A128CBC-HS256': 32,
  'A192CBC-HS384': 48,
  'A256CBC-HS512': 64,
};

const curves: ReadonlySet<string> = new Set(['prime256v1', 'secp384r1', 'secp521r1']);

function checkKey(key: KeyObject, { key: algorithm, content }: Encryption): void {
  if (algorithm.startsWith('RSA')) {
    checkRsaKey(key);
    return;
  }
  if (algorithm.startsWith('ECDH')) {
    if (key.asymmetricKeyType !== 'ec') throw new TokenFailure('WrongKeyType');
    if (!curves.has(key.asymmetricKeyDetails?.namedCurve ?? '')) throw new TokenFailure('InvalidCurve');
    return;
  }
  if (algorithm.startsWith('PBES2')) return;
  const wanted = algorithm === 'dir' ? contentBytes[content] : Number(algorithm.slice(1, 4)) / 8;
  const size = key.symmetricKeySize ?? 0;
  if (size < wanted) throw new TokenFailure('InsufficientKeyLength');
  if (size > wanted) throw new TokenFailure('InvalidSecretKey');
}
