import { isUtf8 } from 'node:buffer';
import { TokenFailure } from './token-failure.ts';

/** A token in compact form, taken apart and not yet trusted. RFC 7515 section 7.1. */
export interface CompactToken {
  readonly header: JsonObject;
  readonly headerJson: string;
  readonly payload: Buffer;
  readonly signature: Buffer;
  /** What was signed; undefined when the payload is detached. */
  readonly signed: Buffer;
  readonly headerPart: string;
  readonly isDetached: boolean;
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** @throws TokenFailure FailedToDecode, InvalidJsonFormat */
export function parseCompact(text: string): CompactToken {
  const [headerPart = '', payloadPart = '', signaturePart, extra] = text.split('.', 4);
  if (signaturePart === undefined || extra !== undefined || headerPart === '') throw new TokenFailure('FailedToDecode');
  const headerJson = utf8Text(fromBase64Url(headerPart));
  return {
    headerPart,
    headerJson,
    header: parseObject(headerJson),
    payload: fromBase64Url(payloadPart),
    signature: fromBase64Url(signaturePart),
    signed: Buffer.from(`${headerPart}.${payloadPart}`, 'latin1'),
    isDetached: payloadPart === '',
  };
}

/** The header of a token that may be encrypted, which has five parts. @throws TokenFailure FailedToDecode, InvalidJsonFormat */
export function parseHeader(text: string): {
  readonly header: JsonObject;
  readonly json: string;
  readonly parts: number;
} {
  const parts = text.split('.', 6);
  const json = utf8Text(fromBase64Url(parts[0] ?? ''));
  if (parts.length !== 3 && parts.length !== 5) throw new TokenFailure('FailedToDecode');
  return { header: parseObject(json), json, parts: parts.length };
}

/** RFC 7515 section 2: no padding, no blanks. @throws TokenFailure FailedToDecode */
export function fromBase64Url(text: string): Buffer {
  if (text.length % 4 === 1 || /[^A-Za-z0-9_-]/.test(text)) throw new TokenFailure('FailedToDecode');
  return Buffer.from(text, 'base64url');
}

/** @throws TokenFailure FailedToDecode */
export function utf8Text(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new TokenFailure('FailedToDecode');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

/** @throws TokenFailure InvalidJsonFormat */
export function parseObject(json: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    if (error instanceof SyntaxError) throw new TokenFailure('InvalidJsonFormat');
    throw error;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TokenFailure('InvalidJsonFormat');
  return value as JsonObject;
}
