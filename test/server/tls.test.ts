import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { get } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type ConnectionOptions, connect } from 'node:tls';
import { bundleTree, noTarget, preFlow, proxy, proxyEndpoint, step } from '../support/bundle-tree.ts';
import { type Authority, createAuthority, type Identity } from '../support/certificates.ts';
import { runCommand, startGateway } from '../support/gateway.ts';
import { statusesIn } from '../support/raw.ts';

/** TLS on the traffic port, by a server of its own process. */

const names = [
  ...['client.scheme', 'client.ssl.enabled', 'client.cn', 'client.organization', 'client.country'],
  ...['tls.protocol', 'tls.cipher', 'tls.server.name', 'tls.client.s.dn', 'tls.client.i.dn'],
  ...['tls.client.cert.serial', 'tls.client.cert.fingerprint', 'request.version', 'request.header.host'],
];
const text = names.map((name) => `${name}={${name}}`).join('|');

const echo = proxy(
  'echo',
  proxyEndpoint('/echo', preFlow(step('AM')) + noTarget),
  `<AssignMessage name="AM"><Set><Payload contentType="text/plain">${text}|</Payload></Set><IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables></AssignMessage>`,
);

interface Served {
  readonly port: number;
  readonly folder: string;
  readonly authority: Authority;
  readonly server: Identity;
  logs(): string;
  stop(): Promise<number | string>;
}

async function serve(...options: readonly string[]): Promise<Served> {
  const authority = createAuthority();
  after(() => authority.close());
  const server = authority.issue('/CN=localhost', 'DNS:localhost,IP:127.0.0.1');
  const folder = await bundleTree(echo);
  const path = (name: string): string => join(folder, name);
  writeFileSync(path('server.pem'), server.cert);
  writeFileSync(path('server.key'), server.key);
  writeFileSync(path('ca.pem'), authority.ca);
  const files = ['--tls-cert', path('server.pem'), '--tls-key', path('server.key')];
  const more = options.map((option) => (option === 'CA' ? path('ca.pem') : option));
  const gateway = await startGateway(folder, [...files, ...more]);
  return { port: gateway.port, folder, authority, server, logs: gateway.logs, stop: () => gateway.stop() };
}

function ask(served: Served, options: ConnectionOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(
      {
        host: '127.0.0.1',
        servername: 'localhost',
        port: served.port,
        path: '/echo',
        ca: served.authority.ca,
        agent: false,
        ...options,
      },
      (response) => {
        let body = '';
        response.on('data', (part) => {
          body += part;
        });
        response.on('end', () => resolve(`${response.statusCode} ${body}`));
      },
    );
    request.on('error', reject);
  });
}

test('a client without a certificate', async (suite) => {
  const served = await serve();
  await suite.test('is served over TLS, and variables tell what was agreed on', async () => {
    const answer = await ask(served);
    assert.match(answer, /^200 client\.scheme=https\|client\.ssl\.enabled=true\|client\.cn=\|/);
    assert.match(answer, /tls\.protocol=TLSv1\.3\|tls\.cipher=TLS_\w+\|tls\.server\.name=localhost\|/);
  });

  await suite.test('may use TLS 1.2, and nothing older', async () => {
    assert.match(await ask(served, { maxVersion: 'TLSv1.2' }), /tls\.protocol=TLSv1\.2/);
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    await assert.rejects(ask(served, old));
  });

  await suite.test('gets HTTP/2 when it offers it', async () => {
    const session = connectHttp2(`https://localhost:${served.port}`, { ca: served.authority.ca });
    const stream = session.request({ ':path': '/echo' });
    let body = '';
    stream.on('data', (part) => {
      body += part;
    });
    await once(stream, 'end');
    session.close();
    assert.match(body, /client\.scheme=https/);
    assert.match(body, new RegExp(`request\\.version=2\\|request\\.header\\.host=localhost:${served.port}\\|`));
  });

  await suite.test('that speaks no TLS is let go of, and the others are served', async () => {
    const socket = connectTcp(served.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('GET /echo HTTP/1.1\r\nHost: a\r\n\r\n');
    socket.resume();
    await once(socket, 'close');
    assert.match(await ask(served), /^200/);
  });

  await suite.test('finds the same limits: two Hosts, one after the other, a long target', async () => {
    const send = async (bytes: string): Promise<number[]> => {
      const socket = connect({ port: served.port, host: '127.0.0.1', rejectUnauthorized: false });
      let answer = '';
      socket.on('data', (part) => {
        answer += part.toString('latin1');
      });
      socket.on('error', () => undefined);
      socket.write(bytes);
      socket.setTimeout(300, () => socket.destroy());
      await once(socket, 'close');
      return statusesIn(answer);
    };
    assert.deepEqual(await send('GET /echo HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n'), [400]);
    assert.deepEqual(await send('GET /echo HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(3)), [200, 200, 200]);
    assert.deepEqual(await send(`GET /echo?${'x'.repeat(17_000)} HTTP/1.1\r\nHost: a\r\n\r\n`), [414]);
  });
  assert.equal(await served.stop(), 0);
});

test('a certificate that is required', async () => {
  const served = await serve('--tls-ca', 'CA');
  const client = served.authority.issue('/C=DE/O=Client Org/CN=client.example');
  const answer = await ask(served, client);
  assert.match(answer, /client\.cn=client\.example\|client\.organization=Client Org\|client\.country=DE\|/);
  assert.match(answer, /tls\.client\.s\.dn=CN=client\.example,O=Client Org,C=DE\|tls\.client\.i\.dn=CN=Test CA\|/);
  assert.match(answer, /tls\.client\.cert\.serial=[0-9A-F]+\|tls\.client\.cert\.fingerprint=[0-9a-f]{40}\|/);
  await assert.rejects(ask(served));
  const stranger = createAuthority();
  after(() => stranger.close());
  await assert.rejects(ask(served, stranger.issue('/CN=client.example')));
});

test('a certificate that is optional may be left out, not forged', async () => {
  const served = await serve('--tls-ca', 'CA', '--tls-client', 'optional');
  assert.match(await ask(served), /client\.cn=\|/);
  assert.match(await ask(served, served.authority.issue('/CN=known')), /client\.cn=known\|/);
  const stranger = createAuthority();
  after(() => stranger.close());
  await assert.rejects(ask(served, stranger.issue('/CN=known')));
});

test('a new certificate is taken up; connections that are there go on; a wrong one changes nothing', async () => {
  const served = await serve();
  const kept = connect({ port: served.port, host: '127.0.0.1', servername: 'localhost', ca: served.authority.ca });
  let answers = '';
  kept.on('data', (part) => {
    answers += part.toString('latin1');
  });
  await once(kept, 'secureConnect');
  const write = (name: string, content: string): void => writeFileSync(join(served.folder, name), content);
  const subject = async (): Promise<string> => {
    const socket = connect({ port: served.port, host: '127.0.0.1', servername: 'localhost', ca: served.authority.ca });
    await once(socket, 'secureConnect');
    const { subject: found } = socket.getPeerCertificate();
    socket.destroy();
    return String(found.O);
  };
  const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
    const end = Date.now() + 20_000;
    while (!(await holds())) {
      assert.ok(Date.now() < end, served.logs());
      await pause(100);
    }
  };
  write('server.pem', 'nonsense');
  await until(() => served.logs().includes('cannot be used'));
  assert.equal(await subject(), 'undefined');
  const next = served.authority.issue('/O=Next/CN=localhost', 'DNS:localhost,IP:127.0.0.1');
  write('server.pem', next.cert);
  write('server.key', next.key);
  await until(async () => (await subject()) === 'Next');
  kept.write('GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  await once(kept, 'close');
  assert.deepEqual(statusesIn(answers), [200]);
});

test('a certificate without a key, and one that is not there, are told before anything listens', async () => {
  const folder = await bundleTree(echo);
  const half = await runCommand('serve', folder, '--store', 'memory', '--tls-cert', 'a.pem');
  assert.deepEqual([half.code, /--tls-key/.test(half.stderr)], [2, true]);
  const missing = await runCommand(
    ...['serve', folder, '--store', 'memory', '--port', '0', '--management-port', '0'],
    ...['--tls-cert', join(folder, 'a.pem'), '--tls-key', join(folder, 'b.pem')],
  );
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /--tls-cert and --tls-key cannot be used/);
});
