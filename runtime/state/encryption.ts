import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { UsageError } from '../settings.ts';

/** Keys that values are encrypted with: the first one writes, all of them read. */
export type EncryptionKeys = ReadonlyMap<string, Buffer>;

const cipher = 'aes-256-gcm';
const keyLength = 32;
const ivLength = 12;
const tagLength = 16;
const mark = 'sealed:';

/** A sealed value that cannot be read: its key is not among ours, or it was tampered with. */
export class SealFailure extends Error {
  override readonly name = 'SealFailure';
}

/**
 * Keys as they are given: base64 or hex of 32 bytes each, one a line or with commas between; `#` begins a comment.
 * @param where what to call it in a message @throws UsageError
 */
export function parseEncryptionKeys(text: string, where: string): EncryptionKeys {
  const words = text.replace(/#.*$/gm, '').split(/[\s,]+/);
  const keys = words.filter((word) => word !== '').map((word) => keyOfText(word, where));
  if (keys.length === 0) throw new UsageError(`${where} holds no key; write one with: openssl rand -base64 32`);
  return new Map(keys.map((key) => [idOf(key), key]));
}

function keyOfText(text: string, where: string): Buffer {
  const encoding = /^[\da-f]{64}$/i.test(text) ? 'hex' : 'base64';
  const key = Buffer.from(text, encoding);
  if (key.length === keyLength && /^[\w+/-]+={0,2}$/.test(text)) return key;
  throw new UsageError(
    `${where} holds what is no key: 32 bytes in base64 or hex are one, openssl rand -base64 32 makes it.`,
  );
}

/** What a key is known by: says nothing of the key. */
function idOf(key: Buffer): string {
  return createHash('sha256').update('zerohop key id').update(key).digest('hex').slice(0, 12);
}

/** @param place where the value lies: at another place it does not open */
export function seal(keys: EncryptionKeys, place: string, text: string): string {
  const [first] = keys;
  if (first === undefined) throw new SealFailure('There is no key to seal with');
  const [id, key] = first;
  const iv = randomBytes(ivLength);
  const sealing = createCipheriv(cipher, key, iv, { authTagLength: tagLength }).setAAD(Buffer.from(place));
  const sealed = Buffer.concat([iv, sealing.update(text, 'utf8'), sealing.final()]);
  return `${mark}${id}:${Buffer.concat([sealed, sealing.getAuthTag()]).toString('base64')}`;
}

/** Id of the key that a value is sealed with; undefined when it is not. */
export function sealedWith(text: string): string | undefined {
  return text.startsWith(mark) ? text.slice(mark.length, text.indexOf(':', mark.length)) : undefined;
}

/** The other way round from `seal`; what is not sealed is given back as it is. @throws SealFailure */
export function unseal(keys: EncryptionKeys, place: string, text: string): string {
  const id = sealedWith(text);
  if (id === undefined) return text;
  const key = keys.get(id);
  if (key === undefined)
    throw new SealFailure(`A value in the store is encrypted with the key ${id}, which is not given`);
  const bytes = Buffer.from(text.slice(mark.length + id.length + 1), 'base64');
  const end = bytes.length - tagLength;
  try {
    const opening = createDecipheriv(cipher, key, bytes.subarray(0, ivLength), { authTagLength: tagLength });
    opening.setAAD(Buffer.from(place)).setAuthTag(bytes.subarray(end));
    return opening.update(bytes.subarray(ivLength, end), undefined, 'utf8') + opening.final('utf8');
  } catch (error) {
    throw new SealFailure('A value in the store is damaged, or lies where it was not written', { cause: error });
  }
}
