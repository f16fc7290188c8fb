import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { call } from '../support/gateway.ts';
import { hostileZips } from '../support/hostile-zips.ts';
import { managementSuite, multipart, plainProxy, zipOf } from '../support/management.ts';

const org = '/v1/organizations/acme';
const raw = { 'Content-Type': 'application/octet-stream' };
const shop = zipOf(plainProxy('shop'), 'shop/');

managementSuite('the management port', { options: ['--log-level', 'info'] }, (it, server) => {
  const { ask, gateway } = server;
  const names = async (): Promise<unknown> => (await ask('GET /v1/o/acme/apis')).json;

  for (const [title, headers, status] of [
    ['a foreign Host', { Host: 'evil.example' }, 403],
    ['a foreign Host with our port', { Host: 'evil.example:8080' }, 403],
    ['a foreign Origin', { Origin: 'http://evil.example' }, 403],
    ['the Origin of a file', { Origin: 'null' }, 403],
    ['a cross-site request of a browser', { 'Sec-Fetch-Site': 'cross-site' }, 403],
    ['text/plain', { 'Content-Type': 'text/plain' }, 415],
  ] as const) {
    it(`refuses ${title}`, async () => {
      const body = JSON.stringify({ name: 'evil' });
      const answer = await ask(`POST ${org}/keyvaluemaps`, body, { 'Content-Type': 'application/json', ...headers });
      assert.equal(answer.status, status);
      assert.deepEqual((await ask(`GET ${org}/keyvaluemaps`)).json, []);
    });
  }

  it('allows no other origin to read: no CORS headers', async () => {
    for (const line of [`GET ${org}`, `OPTIONS ${org}`, `POST ${org}/apis`, 'GET /metrics']) {
      const [method = '', path = ''] = line.split(' ');
      const { headers } = await call(gateway.managementPort, { method, path });
      assert.deepEqual(
        Object.keys(headers).filter((name) => name.startsWith('access-control')),
        [],
      );
      assert.equal(headers['x-content-type-options'], 'nosniff');
    }
  });

  for (const path of [
    `${org}/apis/..%2F..%2Fetc`,
    `${org}/apis/a%5Cb`,
    `${org}/apis/a%00b`,
    `${org}/apis/first/revisions/..%2F1`,
    `${org}/environments/..%2Flocal/targetservers`,
  ]) {
    it(`takes ${path} for no name`, async () => {
      assert.equal((await ask(`GET ${path}`)).status, 400);
    });
  }

  it('takes no name that is a path from a query or a body', async () => {
    assert.equal((await ask(`POST ${org}/apis?action=import&name=..%2Fshop`, shop, raw)).status, 400);
    const piece = `${org}/apis/first/revisions/1/resources?type=jsc&name=..%2F..%2Fx.js`;
    assert.equal((await ask(`POST ${piece}`, 'x', raw)).status, 400);
    assert.equal((await ask(`POST ${org}/apiproducts`, { name: '../gold' })).status, 400);
    assert.deepEqual(await names(), ['first']);
  });

  for (const [title, zip, message] of hostileZips) {
    it(`takes no zip with ${title}`, async () => {
      for (const { body, headers } of [{ body: zip, headers: raw }, multipart('file', zip)]) {
        for (const path of [`${org}/apis?action=import&name=evil`, '/v1/emulator/deploy?environment=local']) {
          const answer = await ask(`POST ${path}`, body, headers);
          assert.equal(answer.status, 400, path);
          assert.match((answer.json as { message: string }).message, message, path);
        }
      }
      assert.deepEqual(await names(), ['first']);
    });
  }

  it('refuses a body that says it is a gigabyte before it comes', async () => {
    const answer = await sendHead(gateway.managementPort, [
      `POST ${org}/apis?action=import&name=huge HTTP/1.1`,
      'Host: localhost',
      'Content-Type: application/octet-stream',
      `Content-Length: ${1024 ** 3}`,
      'Expect: 100-continue',
    ]);
    assert.match(answer, /^HTTP\/1\.1 413 /);
    assert.match(answer, /Connection: close/i);
  });

  it('refuses a body that turns out to be too large', async () => {
    const body = Buffer.alloc(17 * 1024 * 1024);
    const answer = await ask(`POST ${org}/apis?action=import&name=huge`, body, {
      ...raw,
      'Transfer-Encoding': 'chunked',
    }).catch((error: NodeJS.ErrnoException) => error.code);
    // The connection may be gone before all is sent.
    assert.ok(
      typeof answer === 'object' ? answer.status === 413 : /^(?:EPIPE|ECONNRESET)$/.test(String(answer)),
      String(answer),
    );
    assert.deepEqual(await names(), ['first']);
  });

  it('takes many imports and deployments at once, one after the other', async () => {
    const imports = Array.from({ length: 20 }, () => ask(`POST ${org}/apis?action=import&name=shop`, shop, raw));
    const revisions = (await Promise.all(imports)).map(({ status, json }) => {
      assert.equal(status, 201);
      return Number((json as { revision: string }).revision);
    });
    assert.equal(new Set(revisions).size, 20);
    const highest = Math.max(...revisions);
    const deploy = (revision: number) =>
      ask(`POST ${org}/environments/local/apis/shop/revisions/${revision}/deployments?override=true`);
    const last = [highest - 2, highest - 1, highest];
    const deployed = await Promise.all(Array.from({ length: 30 }, (_, index) => deploy(last[index % 3] ?? highest)));
    for (const { status } of deployed) assert.equal(status, 200);
    assert.equal((await call(gateway.port, { path: '/shop' })).status, 200);
  });

  it('loses no change of several at once', async () => {
    await ask(`POST ${org}/apiproducts`, { name: 'gold' });
    const set = (name: string) => ask(`POST ${org}/apiproducts/gold/attributes/${name}`, { value: name });
    await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map(set));
    const { json } = await ask(`GET ${org}/apiproducts/gold/attributes`);
    assert.deepEqual((json as { attribute: { name: string }[] }).attribute.map(({ name }) => name).sort(), [
      'a',
      'b',
      'c',
      'd',
      'e',
      'f',
    ]);
  });

  it('logs every change, with who made it and without secrets', async () => {
    const headers = { Authorization: `Basic ${Buffer.from('grace:top-secret').toString('base64')}` };
    await ask(`POST ${org}/keyvaluemaps`, { name: 'm', entry: [{ name: 'k', value: 'hidden-value' }] }, headers);
    await ask(`DELETE ${org}/developers/ada@example.com/apps/a/keys/hidden-key`, undefined, headers);
    await new Promise((done) => setTimeout(done, 300));
    const log = gateway.logs();
    assert.match(
      log,
      /"change":"POST \/v1\/organizations\/acme\/keyvaluemaps","status":201,"user":"grace","address":"127\.0\.0\.1"/,
    );
    assert.match(log, /keys\/\*\*\*","status":404/);
    assert.doesNotMatch(log, /top-secret|hidden-value|hidden-key/);
  });
});

managementSuite('a management port with a token', { options: ['--token', 's3cret'] }, (it, { gateway }) => {
  const status = async (path: string, authorization?: string): Promise<number> =>
    (
      await call(gateway.managementPort, {
        path,
        headers: authorization === undefined ? {} : { Authorization: authorization },
      })
    ).status;
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

  it('asks for it everywhere but at its health', async () => {
    assert.equal(await status('/v1/emulator/healthz'), 200);
    for (const path of [
      '/v1/emulator/version',
      '/v1/emulator/tree',
      '/metrics',
      org,
      '/v1/zerohop/openapi.json',
      '/nothing',
    ]) {
      assert.equal(await status(path), 401, path);
    }
  });

  it('takes it as Bearer and as the password of Basic', async () => {
    for (const given of ['Bearer s3cret', basic('any:s3cret'), basic(':s3cret')])
      assert.equal(await status(org, given), 200);
    for (const given of ['Bearer other', basic('s3cret:other'), basic('s3cret'), 'Basic s3cret', 'Basic', 's3cret']) {
      assert.equal(await status(org, given), 401, given);
    }
  });
});

/** Sends the head of a request and gives the answer as it comes. */
function sendHead(port: number, lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${lines.join('\r\n')}\r\n\r\n`));
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', reject).on('close', () => resolve(text));
  });
}
