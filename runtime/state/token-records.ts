import { createCipheriv, createDecipheriv, createHash, hash, randomBytes } from 'node:crypto';

/** What the store holds of OAuth tokens and codes. No record holds the text of a token: keys are hashes, siblings are sealed. */

export type TokenKind = 'access' | 'refresh';

/** An access or a refresh token. Times are milliseconds since 1970. */
export interface Token {
  readonly clientId: string;
  readonly appId: string;
  /** Grant that it was given by, such as `password`. */
  readonly grantType: string;
  /** With blanks between; may be empty. */
  readonly scope: string;
  readonly issuedAt: number;
  /** Null: never. */
  readonly expiresAt: number | null;
  readonly status: 'approved' | 'revoked';
  readonly attributes: readonly TokenAttribute[];
  readonly endUser?: string;
  /** How often its refresh token was used. */
  readonly refreshCount: number;
  /** The refresh token of an access token, the access token of a refresh token. */
  readonly sibling?: Sibling;
}

export interface TokenAttribute {
  readonly name: string;
  readonly value: string;
  /** Whether answers show it. */
  readonly display: boolean;
}

export interface Sibling {
  /** Of its record. */
  readonly id: string;
  /** Its text, for whoever has the text of this token. */
  readonly sealed: string;
}

/** An authorization code. */
export interface AuthorizationCode {
  readonly clientId: string;
  readonly appId: string;
  readonly redirectUri?: string;
  readonly scope: string;
  readonly issuedAt: number;
  readonly expiresAt: number | null;
  readonly attributes: readonly TokenAttribute[];
  readonly endUser?: string;
}

/** The id of a token's or code's record: who reads the store cannot use what it holds. */
export function idOfToken(text: string): string {
  return hash('sha256', text, 'base64url');
}

/** Names the other token of a pair, so that only who shows `text` can read it. */
export function seal(sibling: string, text: string): Sibling {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', sealingKey(text), iv);
  const bytes = Buffer.concat([cipher.update(sibling, 'utf8'), cipher.final()]);
  return { id: idOfToken(sibling), sealed: Buffer.concat([iv, cipher.getAuthTag(), bytes]).toString('base64url') };
}

/** The text of the other token. */
export function unseal({ sealed }: Sibling, text: string): string {
  const bytes = Buffer.from(sealed, 'base64url');
  const decipher = createDecipheriv('aes-256-gcm', sealingKey(text), bytes.subarray(0, 12));
  decipher.setAuthTag(bytes.subarray(12, 28));
  return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
}

/** Something else than the id, which the store holds. */
function sealingKey(text: string): Buffer {
  return createHash('sha256').update('zerohop sibling\0').update(text, 'utf8').digest();
}
