import { createHash } from 'node:crypto';
import { type ConnectionOptions, checkServerIdentity, type SecureVersion } from 'node:tls';
import { type Environment, findKeyStore, type TargetServerTls } from '../bundle/environment.ts';
import type { SSLInfoConfig } from '../bundle/target.ts';
import { nearest, type Place } from '../diagnostic.ts';
import type { ConnectionCompiler } from '../flow/connections.ts';
import type { Template } from '../language/template.ts';
import { BodyNeed } from '../message/body-need.ts';
import type { Exchange } from '../message/exchange.ts';
import { checkName, type ExpectedName } from './certificate.ts';
import { openSslCipher } from './cipher-names.ts';
import { type StoreNames, secureContext } from './key-stores.ts';

/** How a TLS connection is made. Connections of the same key may serve each other's calls. */
export interface TlsIdentity {
  readonly key: string;
  readonly options: ConnectionOptions;
}

/** SSLInfo, compiled. Apigee: TLS options of target endpoints and target servers. */
export interface TlsSettings {
  readonly needs: BodyNeed;
  /** Whether Enabled says true: with a load balancer that means https. The scheme of a URL decides by itself. */
  enabled(exchange: Exchange): boolean;
  /** @throws Fault when a store, or the alias in it, is not there */
  identity(exchange: Exchange, expectedCn: string | undefined): TlsIdentity;
}

/** The TLS of a target server: the same for every call. */
export interface ServerTls extends TlsSettings {
  /** Undefined when it is not enabled. For calls that nobody asked for, such as health checks. */
  fixed(): TlsIdentity | undefined;
}

/** All values as they are for one call; what a target server's own SSLInfo holds as it is. */
interface Resolved extends StoreNames {
  readonly ignoreErrors: boolean;
  readonly expected: ExpectedName | undefined;
  readonly protocols: readonly string[];
  readonly ciphers: readonly string[];
  readonly resumes: boolean;
}

const plain: Omit<Resolved, 'resumes'> = {
  keyStore: undefined,
  keyAlias: undefined,
  trustStore: undefined,
  ignoreErrors: false,
  expected: undefined,
  protocols: [],
  ciphers: [],
};

/** More identities than this, made of templates, and the oldest are made anew when they come again. */
const keptIdentities = 100;

/** TLS with the defaults: the certificates Node.js trusts, the name of the host, nothing of our own. */
export function plainTls(resumes: boolean, environment: Environment): TlsSettings {
  const identities = new Identities(environment);
  let usual: TlsIdentity | undefined;
  return {
    needs: BodyNeed.none,
    enabled: () => false,
    identity: (_, expectedCn) => {
      if (expectedCn !== undefined) return identities.of({ ...plain, resumes, expected: expectedName(expectedCn) });
      usual ??= identities.of({ ...plain, resumes });
      return usual;
    },
  };
}

export function compileTls(
  config: SSLInfoConfig | undefined,
  resumes: boolean,
  compiler: ConnectionCompiler,
): TlsSettings {
  if (config === undefined) return plainTls(resumes, compiler.environment);
  const identities = new Identities(compiler.environment);
  const compile = (leaf: { readonly text: string; readonly at: Place } | undefined): Template | undefined =>
    leaf === undefined || leaf.text === '' ? undefined : compiler.template(leaf.text, leaf.at);
  const enabled = compile(config.Enabled);
  const clientAuth = compile(config.ClientAuthEnabled);
  const keyStore = compile(config.KeyStore);
  const keyAlias = compile(config.KeyAlias);
  const trustStore = compile(config.TrustStore);
  const ignoreErrors = compile(config.IgnoreValidationErrors);
  const common = config.CommonName;
  const expected =
    common?.text === undefined || common.text === ''
      ? undefined
      : { value: common.text, wildcards: common.wildcardMatch?.text ?? false };
  const ciphers = cipherNames(config.Ciphers?.Cipher ?? [], compiler);
  const protocols = protocolNames(config.Protocols?.Protocol ?? [], compiler);
  warnOfStores([config.KeyStore, config.TrustStore], compiler);
  if (config.CRLStore !== undefined && config.CRLStore.text !== '') {
    compiler.diagnostics.warning('ZH047', config.CRLStore.at, 'CRLStore has no effect: revocation lists are not read.');
  }
  const isTrue = (template: Template | undefined, exchange: Exchange): boolean =>
    template?.render(exchange).trim().toLowerCase() === 'true';
  const textOf = (template: Template | undefined, exchange: Exchange): string | undefined =>
    template?.render(exchange).trim() || undefined;
  const all = [enabled, clientAuth, keyStore, keyAlias, trustStore, ignoreErrors];
  const isConstant = all.every((one) => one === undefined || one.constant !== undefined);
  let usual: TlsIdentity | undefined;
  return {
    needs: all.reduce((needs, one) => needs | (one?.needs ?? BodyNeed.none), BodyNeed.none as BodyNeed),
    enabled: (exchange) => isTrue(enabled, exchange),
    identity: (exchange, expectedCn) => {
      if (usual !== undefined && expectedCn === undefined) return usual;
      const withKey = isTrue(clientAuth, exchange);
      const identity = identities.of({
        keyStore: withKey ? textOf(keyStore, exchange) : undefined,
        keyAlias: withKey ? textOf(keyAlias, exchange) : undefined,
        trustStore: textOf(trustStore, exchange),
        ignoreErrors: isTrue(ignoreErrors, exchange),
        expected: expectedName(expectedCn) ?? expected,
        protocols,
        ciphers,
        resumes,
      });
      if (isConstant && expectedCn === undefined) usual = identity;
      return identity;
    },
  };
}

/** The TLS of a target server, by its own sSLInfo. */
export function serverTls(config: TargetServerTls, resumes: boolean, compiler: ConnectionCompiler): ServerTls {
  const identities = new Identities(compiler.environment);
  const { commonName } = config;
  const expected =
    commonName === undefined || commonName.value === ''
      ? undefined
      : { value: commonName.value, wildcards: commonName.wildcardMatch };
  const withKey = config.clientAuthEnabled;
  const own: Resolved = {
    keyStore: withKey ? config.keyStore || undefined : undefined,
    keyAlias: withKey ? config.keyAlias || undefined : undefined,
    trustStore: config.trustStore || undefined,
    ignoreErrors: config.ignoreValidationErrors,
    expected,
    protocols: config.protocols,
    ciphers: config.ciphers.flatMap((name) => openSslCipher(name) ?? []),
    resumes,
  };
  return {
    needs: BodyNeed.none,
    enabled: () => config.enabled,
    identity: (_, expectedCn) =>
      identities.of(expectedCn === undefined ? own : { ...own, expected: expectedName(expectedCn) }),
    fixed: () => (config.enabled ? identities.of(own) : undefined),
  };
}

function expectedName(value: string | undefined): ExpectedName | undefined {
  return value === undefined || value === '' ? undefined : { value, wildcards: false };
}

/** Identities that were used, newest last: the same values give the same identity, with its certificates read once. */
class Identities {
  readonly #environment: Environment;
  readonly #kept = new Map<string, TlsIdentity>();

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  of(resolved: Resolved): TlsIdentity {
    const key = JSON.stringify(resolved);
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    // Short, for it is part of what every call looks its connections up by.
    const digest = createHash('sha256').update(`${this.#environment.digest} ${key}`).digest('base64');
    const made = { key: digest, options: this.#options(resolved) };
    if (this.#kept.size >= keptIdentities) {
      const [oldest] = this.#kept.keys();
      if (oldest !== undefined) this.#kept.delete(oldest);
    }
    this.#kept.set(key, made);
    return made;
  }

  #options(resolved: Resolved): ConnectionOptions {
    const { expected, ciphers } = resolved;
    const versions = resolved.protocols.flatMap((name) => secureVersion(name) ?? []).sort();
    const [minVersion] = versions;
    const maxVersion = versions.at(-1);
    const more = {
      ...(ciphers.length === 0 ? {} : { ciphers: ciphers.join(':') }),
      ...(minVersion === undefined || maxVersion === undefined ? {} : { minVersion, maxVersion }),
    };
    return {
      secureContext: secureContext(this.#environment, resolved, more),
      rejectUnauthorized: !resolved.ignoreErrors,
      checkServerIdentity:
        expected === undefined ? checkServerIdentity : (_, certificate) => checkName(expected, certificate),
    };
  }
}

function secureVersion(name: string): SecureVersion | undefined {
  const match = /^TLSv?1(?:\.([0-3]))?$/i.exec(name.trim());
  if (match === null) return undefined;
  const versions: readonly SecureVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];
  return versions[Number(match[1] ?? 0)];
}

function protocolNames(
  written: readonly { readonly text: string; readonly at: Place }[],
  compiler: ConnectionCompiler,
): string[] {
  return written.flatMap(({ text, at }) => {
    if (secureVersion(text) !== undefined) return [text];
    const message = `Protocol "${text}" is not one this runtime speaks; it is left out.`;
    compiler.diagnostics.warning('ZH046', at, message, 'Use TLSv1.2 or TLSv1.3.');
    return [];
  });
}

function cipherNames(
  written: readonly { readonly text: string; readonly at: Place }[],
  compiler: ConnectionCompiler,
): string[] {
  return written.flatMap(({ text, at }) => {
    const name = openSslCipher(text);
    if (name !== undefined) return [name];
    const message = `Cipher "${text}" is not one this Node.js has; it is left out.`;
    compiler.diagnostics.warning('ZH046', at, message, 'Node.js lists its ciphers with tls.getCiphers().');
    return [];
  });
}

function warnOfStores(
  names: readonly ({ readonly text: string; readonly at: Place } | undefined)[],
  compiler: ConnectionCompiler,
): void {
  const { environment, diagnostics } = compiler;
  for (const name of names) {
    if (name === undefined || name.text === '' || /\{\w/.test(name.text)) continue;
    if (findKeyStore(environment, name.text) !== undefined) continue;
    const known = [...environment.keyStores.keys(), ...[...environment.references.keys()].map((one) => `ref://${one}`)];
    const [best] = nearest(name.text, known);
    const hint = best === undefined ? 'Add it to the keystores.json of the environment.' : `Did you mean "${best}"?`;
    diagnostics.warning('ZH045', name.at, `There is no key store "${name.text}"; calls over TLS fail.`, hint);
  }
}
