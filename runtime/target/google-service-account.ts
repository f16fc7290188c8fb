import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CommandFailure } from '../settings.ts';
import { askForToken, expiryIn, expiryOf, fieldsOf, textField } from './google-token-http.ts';
import type { GoogleTokenSource } from './google-tokens.ts';

interface ServiceAccount {
  readonly email: string;
  readonly keyId: string | undefined;
  readonly key: KeyObject;
  readonly tokenUri: string;
}

const usualTokenUri = 'https://oauth2.googleapis.com/token';
const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/**
 * Tokens for a service account: its key signs a grant (RFC 7523) that its token endpoint answers.
 * Google Identity: using OAuth 2.0 for server to server applications.
 * @throws CommandFailure when the file cannot be read or is no key of a service account
 */
export function serviceAccountTokens(file: string): GoogleTokenSource {
  const account = readAccount(file);
  return async (request) => {
    const claims =
      request.kind === 'access' ? { scope: request.scopes.join(' ') } : { target_audience: request.audience };
    const assertion = grantOf(account, claims);
    const text = await askForToken(account.tokenUri, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ grant_type: grantType, assertion }).toString(),
    });
    const fields = fieldsOf(text);
    if (request.kind === 'access') return { token: textField(fields, 'access_token'), expires: expiryIn(fields) };
    const token = textField(fields, 'id_token');
    return { token, expires: expiryOf(token) };
  };
}

function grantOf({ email, keyId, key, tokenUri }: ServiceAccount, claims: object): string {
  const now = Math.floor(Date.now() / 1000);
  const header = { alg: 'RS256', typ: 'JWT', kid: keyId };
  const signed = `${encoded(header)}.${encoded({ iss: email, aud: tokenUri, iat: now, exp: now + 3600, ...claims })}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function readAccount(file: string): ServiceAccount {
  try {
    const fields = fieldsOf(readFileSync(file, 'utf8'));
    if (fields.type !== 'service_account') throw new Error('its type is not service_account');
    const { private_key: key, private_key_id: keyId, token_uri: tokenUri } = fields;
    return {
      email: textField(fields, 'client_email'),
      keyId: typeof keyId === 'string' ? keyId : undefined,
      key: createPrivateKey(typeof key === 'string' ? key : ''),
      tokenUri: typeof tokenUri === 'string' ? tokenUri : usualTokenUri,
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace('the answer', 'it') : '';
    throw new CommandFailure(`GOOGLE_APPLICATION_CREDENTIALS: ${file} is no key of a service account: ${reason}`);
  }
}
