import { askForToken, expiryIn, expiryOf, fieldsOf, textField } from './google-token-http.ts';
import type { GoogleTokenSource } from './google-tokens.ts';

const account = '/computeMetadata/v1/instance/service-accounts/default';
const headers = { 'Metadata-Flavor': 'Google' };

/**
 * Tokens of a metadata server. Google Cloud: VM metadata, service account tokens and identity tokens.
 * @param base such as `http://metadata.google.internal`
 */
export function metadataTokens(base: string): GoogleTokenSource {
  const root = `${base.replace(/\/+$/, '')}${account}`;
  return async (request) => {
    if (request.kind === 'access') {
      const query = new URLSearchParams({ scopes: request.scopes.join(',') });
      const fields = fieldsOf(await askForToken(`${root}/token?${query}`, { method: 'GET', headers }));
      return { token: textField(fields, 'access_token'), expires: expiryIn(fields) };
    }
    const format = request.includeEmail ? 'full' : 'standard';
    const query = new URLSearchParams({ audience: request.audience, format });
    const token = await askForToken(`${root}/identity?${query}`, { method: 'GET', headers });
    return { token: textField({ 'identity token': token }, 'identity token'), expires: expiryOf(token) };
  };
}
