import assert from 'node:assert/strict';
import { createServer, type Server, type ServerOptions } from 'node:https';
import { after, before, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import type { Environment, KeyStore, TargetServerTls } from '../../runtime/bundle/environment.ts';
import { variableReader, variableWriter } from '../../runtime/language/variables.ts';
import { openSslCipher } from '../../runtime/target/cipher-names.ts';
import { type Authority, createAuthority, type Identity } from '../support/certificates.ts';
import { listening } from '../support/origin-server.ts';
import { callTarget, compileTarget, faultOfCall, http, targetOf, targetServer, textOf } from '../support/target.ts';

let authority: Authority;
let client: Identity;
let environment: Partial<Environment>;
const servers: { close(): Promise<void> }[] = [];

before(() => {
  authority = createAuthority();
  client = authority.issue('/CN=client');
  const store = (
    name: string,
    alias: string,
    key: string | undefined,
    cert: string | undefined,
  ): [string, KeyStore] => [name, { name, aliases: new Map([[alias, { key, cert }]]) }];
  environment = {
    keyStores: new Map([
      store('trusted', 'ca', undefined, authority.ca),
      store('empty', 'none', undefined, undefined),
      store('own', 'client', client.key, client.cert),
    ]),
    references: new Map([['trusted-ref', 'trusted']]),
  };
});
after(async () => {
  authority.close();
  for (const server of servers) await server.close();
});

async function start(
  identity: Identity,
  options: ServerOptions = {},
): Promise<{ port: number; connections(): number }> {
  const server: Server = createServer({ ...identity, ...options }, (request, response) => {
    const { socket } = request;
    const peer = (socket as TLSSocket).getPeerCertificate();
    const protocol = (socket as TLSSocket).getProtocol();
    response.end(
      JSON.stringify({ client: peer.subject?.CN, protocol, cipher: (socket as TLSSocket).getCipher().name }),
    );
  });
  server.on('tlsClientError', () => undefined);
  const started = await listening(server as unknown as Parameters<typeof listening>[0]);
  servers.push(started);
  return started;
}

const withTls = (port: number, tls: string, host = '127.0.0.1') =>
  http(`https://${host}:${port}/`, {}, `<SSLInfo><Enabled>true</Enabled>${tls}</SSLInfo>`);
const trust = '<TrustStore>ref://trusted-ref</TrustStore>';

/** What the server saw, or the name of the fault. */
async function outcome(
  inner: string,
  options: Parameters<typeof callTarget>[1] = {},
  prepare?: Parameters<typeof callTarget>[2],
): Promise<{ client?: string; protocol?: string; cipher?: string } | string> {
  const { target, connections } = targetOf(inner, environment);
  try {
    const exchange = await callTarget(target, options, prepare);
    return JSON.parse(await textOf(exchange.response)) as { client?: string };
  } catch (error) {
    return (error as { faultName: string }).faultName;
  } finally {
    connections.close();
  }
}

test('who is trusted', async () => {
  const { port } = await start(authority.issue('/CN=a', 'IP:127.0.0.1'));
  const other = await start(authority.issue('/CN=b', 'DNS:other.example'));
  assert.equal(await outcome(http(`https://127.0.0.1:${port}/`)), 'SslHandshakeFailed');
  assert.equal(typeof (await outcome(withTls(port, trust))), 'object');
  assert.equal(typeof (await outcome(withTls(port, '<TrustStore>trusted</TrustStore>'))), 'object');
  assert.equal(
    typeof (await outcome(withTls(port, '<TrustStore>{store}</TrustStore>'), {
      variables: { store: 'ref://trusted-ref' },
    })),
    'object',
  );
  assert.equal(await outcome(withTls(other.port, trust)), 'SslHandshakeFailed');
  assert.equal(
    typeof (await outcome(withTls(other.port, '<IgnoreValidationErrors>true</IgnoreValidationErrors>'))),
    'object',
  );
  assert.equal(await outcome(withTls(port, '<TrustStore>empty</TrustStore>')), 'TrustStoreWithNoCertificates');
  assert.equal(await outcome(withTls(port, '<TrustStore>nowhere</TrustStore>')), 'TrustStoreWithNoCertificates');
});

test('a fault names no host', async () => {
  const { port } = await start(authority.issue('/CN=a', 'IP:127.0.0.1'));
  const { target } = targetOf(http(`https://127.0.0.1:${port}/`));
  const fault = await faultOfCall(callTarget(target));
  assert.equal(fault.status, 503);
  assert.match(fault.faultstring, /^SSL Handshake failed [A-Z_]+$/);
});

test('the name in the certificate', async () => {
  const { port } = await start(authority.issue('/CN=backend.example', 'DNS:*.wild.example'));
  const named = (name: string, wildcards = '') => withTls(port, `${trust}<CommonName${wildcards}>${name}</CommonName>`);
  assert.equal(typeof (await outcome(named('backend.example'))), 'object');
  assert.equal(await outcome(named('frontend.example')), 'SslHandshakeFailed');
  assert.equal(await outcome(named('a.wild.example')), 'SslHandshakeFailed');
  assert.equal(typeof (await outcome(named('a.wild.example', ' wildcardMatch="true"'))), 'object');
  const expect = (name: string) => (exchange: Parameters<ReturnType<typeof variableWriter>>[0]) =>
    variableWriter('target.expectedcn')(exchange, name);
  assert.equal(typeof (await outcome(withTls(port, trust), {}, expect('backend.example'))), 'object');
  assert.equal(await outcome(named('backend.example'), {}, expect('other')), 'SslHandshakeFailed');
});

test('the certificate of the client', async () => {
  const options = { ca: authority.ca, requestCert: true, rejectUnauthorized: true };
  const { port } = await start(authority.issue('/CN=a', 'IP:127.0.0.1'), options);
  const key = '<ClientAuthEnabled>true</ClientAuthEnabled><KeyStore>own</KeyStore>';
  const seen = await outcome(withTls(port, `${trust}${key}<KeyAlias>client</KeyAlias>`));
  assert.ok(typeof seen === 'object');
  assert.equal(seen.client, 'client');
  assert.equal(typeof (await outcome(withTls(port, `${trust}${key}`))), 'object');
  assert.equal(await outcome(withTls(port, `${trust}${key}<KeyAlias>other</KeyAlias>`)), 'KeyAliasNotFound');
  assert.notEqual(typeof (await outcome(withTls(port, trust))), 'object');
});

test('protocols and ciphers', async () => {
  const { port } = await start(authority.issue('/CN=a', 'IP:127.0.0.1'));
  const older = await outcome(withTls(port, `${trust}<Protocols><Protocol>TLSv1.2</Protocol></Protocols>`));
  assert.ok(typeof older === 'object');
  assert.equal(older.protocol, 'TLSv1.2');
  const ciphers = '<Ciphers><Cipher>TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384</Cipher></Ciphers>';
  const chosen = await outcome(withTls(port, `${trust}<Protocols><Protocol>TLSv1.2</Protocol></Protocols>${ciphers}`));
  assert.ok(typeof chosen === 'object');
  assert.equal(chosen.cipher, 'ECDHE-ECDSA-AES256-GCM-SHA384');
  const { diagnostics } = compileTarget(withTls(port, '<Protocols><Protocol>SSLv3</Protocol></Protocols>'));
  assert.equal(diagnostics[0]?.code, 'ZH046');
});

test('cipher names', () => {
  const table: [string, string | undefined][] = [
    ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
    ['TLS_RSA_WITH_AES_256_CBC_SHA', 'AES256-SHA'],
    ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-RSA-CHACHA20-POLY1305'],
    ['TLS_AES_128_GCM_SHA256', 'TLS_AES_128_GCM_SHA256'],
    ['ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
    ['TLS_NOTHING_WITH_ROT13', undefined],
  ];
  for (const [written, expected] of table) assert.equal(openSslCipher(written), expected, written);
});

test('the scheme of the URL decides, the variables tell, the connection is kept', async () => {
  const server = await start(authority.issue('/C=DE/O=Org/CN=backend', 'IP:127.0.0.1'));
  const inner = http(`https://127.0.0.1:${server.port}/`, {}, `<SSLInfo><Enabled>false</Enabled>${trust}</SSLInfo>`);
  const { target, connections } = targetOf(inner, environment);
  for (let round = 0; round < 3; round++) {
    const exchange = await callTarget(target);
    await textOf(exchange.response);
    const read = (name: string) => variableReader(name)(exchange);
    assert.equal(read('target.cn'), 'backend');
    assert.equal(read('target.organization'), 'Org');
    assert.equal(read('target.country'), 'DE');
    assert.equal(read('target.ssl.enabled'), true);
  }
  assert.equal(server.connections(), 1);
  connections.close();
});

test('a target server has TLS of its own', async () => {
  const { port } = await start(authority.issue('/CN=a', 'IP:127.0.0.1'));
  const tls: TargetServerTls = {
    enabled: true,
    clientAuthEnabled: false,
    keyStore: undefined,
    keyAlias: undefined,
    trustStore: 'ref://trusted-ref',
    ignoreValidationErrors: false,
    protocols: [],
    ciphers: [],
    commonName: undefined,
  };
  const targetServers = new Map([targetServer('own', port, { sSLInfo: tls }), targetServer('plain', port)]);
  const balanced = (name: string, more: string) =>
    `<HTTPTargetConnection><LoadBalancer><Server name="${name}"/></LoadBalancer>${more}</HTTPTargetConnection>`;
  const call = async (name: string, more = ''): Promise<number | string> => {
    const { target, connections } = targetOf(balanced(name, more), { ...environment, targetServers });
    try {
      return (await callTarget(target)).response.status;
    } catch (error) {
      return (error as { faultName: string }).faultName;
    } finally {
      connections.close();
    }
  };
  assert.equal(await call('own'), 200);
  assert.equal(await call('own', '<SSLInfo><Enabled>false</Enabled></SSLInfo>'), 200);
  assert.equal(await call('plain', `<SSLInfo><Enabled>true</Enabled>${trust}</SSLInfo>`), 200);
  assert.equal(await call('plain'), 'UnexpectedEOFAtTarget');
});

test('a store that is not there is reported', () => {
  const [first] = compileTarget(withTls(443, '<TrustStore>ref://trusted-rof</TrustStore>'), environment).diagnostics;
  assert.equal(first?.code, 'ZH045');
  assert.equal(first?.hint, 'Did you mean "ref://trusted-ref"?');
});
