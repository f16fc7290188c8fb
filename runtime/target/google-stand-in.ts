import { createHmac, randomBytes } from 'node:crypto';
import type { Log } from '../log.ts';
import type { GoogleTokenSource } from './google-tokens.ts';

const lifetime = 3600;
const issuer = 'https://stand-in.zerohop.invalid';
const email = 'stand-in@zerohop.invalid';

/**
 * Dummy tokens, made here, that no service of Google accepts: bundles that ask for tokens run without a network.
 * An ID token has the form of a real one, signed with a key that nobody knows. Each is told in the log.
 */
export function standInTokens(log: Pick<Log, 'warn'>): GoogleTokenSource {
  const secret = randomBytes(32);
  return async (request) => {
    const now = Math.floor(Date.now() / 1000);
    const expires = (now + lifetime) * 1000;
    if (request.kind === 'access') {
      log.warn({ scopes: request.scopes }, 'dummy Google access token: no service of Google takes it');
      return { token: `ya29.zerohop-stand-in-${randomBytes(12).toString('hex')}`, expires };
    }
    log.warn({ audience: request.audience }, 'dummy Google ID token: no service of Google takes it');
    const claims = {
      iss: issuer,
      sub: 'stand-in',
      aud: request.audience,
      iat: now,
      exp: now + lifetime,
      ...(request.includeEmail ? { email, email_verified: true } : {}),
    };
    const signed = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded(claims)}`;
    return { token: `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`, expires };
  };
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
