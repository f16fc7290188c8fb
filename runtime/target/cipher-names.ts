import { getCiphers } from 'node:tls';

/**
 * OpenSSL's name of a cipher suite that is written by its IANA name, as Apigee's documentation writes them
 * (`TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`); undefined when this Node.js has no such suite.
 */
export function openSslCipher(written: string): string | undefined {
  const known = new Set(getCiphers());
  const candidates = [written, renamed(written)];
  return candidates.find((name) => known.has(name.toLowerCase()));
}

function renamed(written: string): string {
  const match = /^(?:TLS|SSL)_(.+)_WITH_(.+)$/i.exec(written);
  const [, exchange = '', cipher = ''] = match ?? [];
  // Key exchange by RSA is not named in OpenSSL's names, nor is the CBC mode.
  const keys = exchange.toUpperCase() === 'RSA' ? '' : `${exchange.replaceAll('_', '-')}-`;
  const rest = cipher
    .replace(/^3DES_EDE_CBC/i, 'DES-CBC3')
    .replace(/^(AES|CAMELLIA)_(\d+)_/i, '$1$2_')
    .replace(/_CBC_/i, '_')
    .replace(/(CHACHA20_POLY1305)_SHA256$/i, '$1')
    .replaceAll('_', '-');
  return keys + rest;
}
