import { constants, createHmac, type KeyObject, sign, timingSafeEqual, verify } from 'node:crypto';
import { TokenFailure } from './token-failure.ts';

/** Signing algorithms of JWS. RFC 7518 section 3. */

export type KeyFamily = 'secret' | 'rsa' | 'ec';

export interface SigningAlgorithm {
  readonly name: string;
  readonly family: KeyFamily;
  /** @throws TokenFailure when the key is not one for this algorithm */
  checkKey(key: KeyObject): void;
  sign(key: KeyObject, data: Buffer): Buffer;
  verify(key: KeyObject, data: Buffer, signature: Buffer): boolean;
}

const hashes = { 256: 'sha256', 384: 'sha384', 512: 'sha512' } as const;
type Bits = keyof typeof hashes;

/** RFC 7518 section 3.2: a key is at least as long as the hash. */
function hmac(bits: Bits): SigningAlgorithm {
  const compute = (key: KeyObject, data: Buffer): Buffer => createHmac(hashes[bits], key).update(data).digest();
  return {
    name: `HS${bits}`,
    family: 'secret',
    checkKey: (key) => {
      if (key.type !== 'secret') throw new TokenFailure('WrongKeyType');
      if ((key.symmetricKeySize ?? 0) * 8 < bits) throw new TokenFailure('InsufficientKeyLength');
    },
    sign: compute,
    verify: (key, data, signature) => {
      const expected = compute(key, data);
      return expected.length === signature.length && timingSafeEqual(expected, signature);
    },
  };
}

/** RFC 7518 section 3.3: a key has at least 2048 bits. */
export function checkRsaKey(key: KeyObject): void {
  if (key.asymmetricKeyType !== 'rsa') throw new TokenFailure('WrongKeyType');
  if ((key.asymmetricKeyDetails?.modulusLength ?? 0) < 2048) throw new TokenFailure('InsufficientKeyLength');
}

function rsa(bits: Bits, name: 'RS' | 'PS'): SigningAlgorithm {
  const padding =
    name === 'RS'
      ? { padding: constants.RSA_PKCS1_PADDING }
      : { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  return {
    name: `${name}${bits}`,
    family: 'rsa',
    checkKey: checkRsaKey,
    sign: (key, data) => sign(hashes[bits], data, { key, ...padding }),
    verify: (key, data, signature) => verify(hashes[bits], data, { key, ...padding }, signature),
  };
}

/** RFC 7518 section 3.4: each algorithm has one curve, and the signature is r and s one after the other. */
function ec(bits: Bits, curve: string, size: number): SigningAlgorithm {
  return {
    name: `ES${bits}`,
    family: 'ec',
    checkKey: (key) => {
      if (key.asymmetricKeyType !== 'ec') throw new TokenFailure('WrongKeyType');
      if (key.asymmetricKeyDetails?.namedCurve !== curve) throw new TokenFailure('InvalidCurve');
    },
    sign: (key, data) => sign(hashes[bits], data, { key, dsaEncoding: 'ieee-p1363' }),
    verify: (key, data, signature) =>
      signature.length === size && verify(hashes[bits], data, { key, dsaEncoding: 'ieee-p1363' }, signature),
  };
}

/** By name. `none` is not among them. */
export const signingAlgorithms: ReadonlyMap<string, SigningAlgorithm> = new Map(
  [
    ...([256, 384, 512] as const).flatMap((bits) => [hmac(bits), rsa(bits, 'RS'), rsa(bits, 'PS')]),
    ec(256, 'prime256v1', 64),
    ec(384, 'secp384r1', 96),
    ec(512, 'secp521r1', 132),
  ].map((algorithm) => [algorithm.name, algorithm]),
);
