import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KeyStore } from '../../runtime/bundle/environment.ts';
import { loadSaml } from '../../runtime/policies/saml-engine.ts';
import type { PolicyOptions } from './policy.ts';

/** An RSA key with a certificate of its own, made by the openssl command. */
export function rsaIdentity(subject: string, days = '2'): { readonly key: string; readonly cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'zerohop-rsa-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const args = ['-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', days, '-subj', subject];
  try {
    execFileSync('openssl', ['req', '-x509', ...args], { stdio: 'pipe' });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const engine = await loadSaml();

/** A policy's surroundings with key stores. */
export function withStores(stores: readonly KeyStore[]): PolicyOptions {
  const byName = new Map(stores.map((store) => [store.name, store]));
  return { compiler: { saml: engine, keyStores: () => (name) => byName.get(name) } };
}

export function storeOf(
  name: string,
  aliases: Readonly<Record<string, Partial<{ key: string; cert: string }>>>,
): KeyStore {
  return {
    name,
    aliases: new Map(Object.entries(aliases).map(([alias, { key, cert }]) => [alias, { key, cert }])),
  };
}
