import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import { type Environment, findKeyStore, type KeyStore } from '../bundle/environment.ts';
import { Fault, flowFaults } from '../fault.ts';

/** What a TLS connection identifies itself with and whom it trusts, by the names that were written. */
export interface StoreNames {
  readonly keyStore: string | undefined;
  readonly keyAlias: string | undefined;
  readonly trustStore: string | undefined;
}

/**
 * Key, certificate and trusted certificates in one.
 * @throws Fault security.util.KeyAliasNotFound, TrustStoreWithNoCertificates
 */
export function secureContext(
  environment: Environment,
  names: StoreNames,
  more: Pick<SecureContextOptions, 'ciphers' | 'minVersion' | 'maxVersion'>,
): SecureContext {
  const options: SecureContextOptions = { ...more };
  if (names.keyStore !== undefined) {
    const { key, cert } = aliasOf(findKeyStore(environment, names.keyStore), names.keyAlias);
    options.key = key;
    options.cert = cert;
  }
  if (names.trustStore !== undefined) options.ca = certificatesOf(findKeyStore(environment, names.trustStore));
  try {
    return createSecureContext(options);
  } catch (error) {
    throw new Fault(flowFaults.sslHandshakeFailed, `SSL Handshake failed ${codeOf(error)}`);
  }
}

/** zerohop's choice: without KeyAlias the only alias that has a key is meant. */
function aliasOf(store: KeyStore | undefined, alias: string | undefined): { key: string; cert: string } {
  const usable = [...(store?.aliases ?? [])].flatMap(([name, { key, cert }]) =>
    key === undefined || cert === undefined ? [] : [{ name, key, cert }],
  );
  const found =
    alias === undefined ? (usable.length === 1 ? usable[0] : undefined) : usable.find((one) => one.name === alias);
  if (found === undefined) throw new Fault(flowFaults.keyAliasNotFound);
  return found;
}

function certificatesOf(store: KeyStore | undefined): string[] {
  const certificates = [...(store?.aliases.values() ?? [])].flatMap(({ cert }) => cert ?? []);
  if (certificates.length === 0) throw new Fault(flowFaults.trustStoreWithNoCertificates);
  return certificates;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
