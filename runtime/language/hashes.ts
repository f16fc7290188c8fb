import { createHmac, hash as hashOnce } from 'node:crypto';

export type HashAlgorithm = 'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';

/** How a key is written, or a result is to be written. `base16` is read as `hex`. */
export type KeyEncoding = 'utf8' | 'hex' | 'base64';

/** The hash of the UTF-8 bytes of a text (or of the bytes given), in lower-case hex or in base64 with padding. */
export function hash(algorithm: HashAlgorithm, value: string | Uint8Array, encoding: 'hex' | 'base64'): string {
  return hashOnce(algorithm, value, encoding);
}

/** RFC 2104 over the UTF-8 bytes of `value`. */
export function hmac(
  algorithm: HashAlgorithm,
  key: string,
  value: string | Uint8Array,
  keyEncoding: KeyEncoding = 'utf8',
  outputEncoding: 'hex' | 'base64' = 'base64',
): string {
  return createHmac(algorithm, Buffer.from(key, keyEncoding)).update(value).digest(outputEncoding);
}

/** Apigee, Message templates reference, HMAC functions: names of encodings, in any case. Undefined: no such encoding. */
export function keyEncoding(name: string): KeyEncoding | undefined {
  switch (name.toLowerCase()) {
    case 'utf-8':
    case 'utf8':
      return 'utf8';
    case 'hex':
    case 'base16':
      return 'hex';
    case 'base64':
      return 'base64';
    default:
      return undefined;
  }
}
