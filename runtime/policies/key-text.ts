import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject, X509Certificate } from 'node:crypto';
import { decodeAs, type Encoding } from '../language/encodings.ts';
import { TokenFailure, type TokenReason } from './token-failure.ts';

/** Keys from texts. */

const pem = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/;

/**
 * A PEM as OpenSSL wants it: bundles indent its lines, and variables often come with blanks in place of line ends.
 * Undefined when there is none.
 */
function tidyPem(text: string): { readonly label: string; readonly text: string } | undefined {
  const match = pem.exec(text);
  const [, label, body] = match ?? [];
  if (label === undefined || body === undefined) return undefined;
  const lines = body.includes(':')
    ? body.split('\n').map((line) => line.trim())
    : (body.replace(/\s+/g, '').match(/.{1,64}/g) ?? []);
  return { label, text: `-----BEGIN ${label}-----\n${lines.join('\n').trim()}\n-----END ${label}-----\n` };
}

/** @throws TokenFailure InvalidPublicKey */
export function publicKeyOf(text: string): KeyObject {
  const tidy = tidyPem(text);
  // A private key would do as well, and then stand where everybody may read it.
  if (tidy === undefined || tidy.label.includes('PRIVATE')) throw new TokenFailure('InvalidPublicKey');
  return parsed('InvalidPublicKey', () =>
    tidy.label === 'CERTIFICATE' ? new X509Certificate(tidy.text).publicKey : createPublicKey(tidy.text),
  );
}

/** @throws TokenFailure InvalidPrivateKey */
export function privateKeyOf(text: string, passphrase: string | undefined): KeyObject {
  const tidy = tidyPem(text);
  if (tidy === undefined) throw new TokenFailure('InvalidPrivateKey');
  return parsed('InvalidPrivateKey', () =>
    createPrivateKey(passphrase === undefined ? tidy.text : { key: tidy.text, passphrase }),
  );
}

/** @throws TokenFailure InvalidSecretKey */
export function secretKeyOf(text: string, encoding: Encoding): KeyObject {
  const bytes = decodeAs(encoding === 'utf8' ? text : text.trim(), encoding);
  if (bytes === undefined || bytes.length === 0) throw new TokenFailure('InvalidSecretKey');
  return createSecretKey(bytes);
}

/** OpenSSL says what it does not like in many words and classes of errors. */
export function parsed(reason: TokenReason, parse: () => KeyObject): KeyObject {
  try {
    return parse();
  } catch {
    throw new TokenFailure(reason);
  }
}

/** Parsing a key costs more than using it: the last ones stay. */
export function remembered<T>(make: (text: string) => T, most = 32): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const made = make(text);
    if (known.size >= most) known.clear();
    known.set(text, made);
    return made;
  };
}
