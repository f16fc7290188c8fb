import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { bundleTree, noTarget, preFlow, proxy, proxyEndpoint, step } from '../support/bundle-tree.ts';
import { call, type Gateway, startGateway } from '../support/gateway.ts';
import { plainProxy, zipOf } from '../support/management.ts';
import { noRedis, type RedisServer, startRedis } from '../support/redis.ts';
import { until } from '../support/store-contract.ts';

const skip = noRedis ?? false;
const organization = '/v1/organizations/o';
const environment = `${organization}/environments/local`;

/** Writes to a map and reads from it. */
const mapping = proxy(
  'mapping',
  proxyEndpoint('/mapping', `${preFlow(step('KV-Put') + step('KV-Get') + step('AM-Answer'))}${noTarget}`),
  `<KeyValueMapOperations name="KV-Put" mapIdentifier="m"><Put override="true"><Key><Parameter>k</Parameter></Key><Value ref="request.queryparam.value"/></Put></KeyValueMapOperations>`,
  `<KeyValueMapOperations name="KV-Get" mapIdentifier="m"><Get assignTo="found"><Key><Parameter>k</Parameter></Key></Get></KeyValueMapOperations>`,
  `<AssignMessage name="AM-Answer"><Set><Payload contentType="text/plain">{found}</Payload></Set><AssignTo type="response"/></AssignMessage>`,
);

async function startTwo(t: TestContext): Promise<[RedisServer, Gateway, Gateway]> {
  const redis = await startRedis();
  const gateways: Gateway[] = [];
  t.after(async () => {
    await Promise.all(gateways.map((gateway) => gateway.stop()));
    await redis.close();
  });
  const folder = await bundleTree({ ...plainProxy('first'), ...mapping });
  const options = ['--store', redis.url, '--store-poll', '200ms', '--count-flush', '100ms'];
  const [one, other] = [await startGateway(folder, options), await startGateway(folder, options)];
  gateways.push(one, other);
  return [redis, one, other];
}

const status = async (port: number, path: string): Promise<number> => (await call(port, { path })).status;
const upload = (gateway: Gateway, name: string, path: string): Promise<{ status: number; text: string }> =>
  call(gateway.managementPort, {
    method: 'POST',
    path: `${organization}/apis?action=import&name=${name}`,
    headers: { 'Content-Type': 'application/octet-stream' },
    body: Buffer.from(zipOf(plainProxy(name, path), `${name}/`)),
  });

test('two servers on one Redis deploy, count and keep values together', { skip }, async (t) => {
  const [, one, other] = await startTwo(t);
  assert.equal((await upload(one, 'shop', '/shop')).status, 201);
  const deploy = `${environment}/apis/shop/revisions/1/deployments`;
  assert.equal((await call(one.managementPort, { method: 'POST', path: deploy })).status, 200);
  await until(async () => (await status(other.port, '/shop')) === 200);
  assert.equal((await call(one.port, { path: '/mapping?value=of-one' })).text, 'of-one');
  assert.equal((await call(other.port, { path: '/mapping' })).text, 'of-one');
  for (let index = 0; index < 7; index++) {
    await call(one.port, { path: '/first' });
    await call(other.port, { path: '/first' });
  }
  const counted = async (): Promise<number> => {
    const answer = await call(one.managementPort, { path: '/v1/emulator/analytics' });
    const rows = JSON.parse(answer.text) as { apiproxy: string; message_count: number }[];
    return rows.reduce((sum, one) => sum + (one.apiproxy === 'first' ? one.message_count : 0), 0);
  };
  await until(async () => (await counted()) === 14, `14 calls, but ${await counted()}`);
});

for (const way of ['hangs', 'is killed'] as const) {
  test(`a Redis that ${way}: health turns, what needs no state goes on, all comes back`, { skip }, async (t) => {
    const [redis, one, other] = await startTwo(t);
    assert.equal((await call(one.port, { path: '/mapping?value=kept' })).text, 'kept');
    assert.equal((await upload(one, 'shop', '/shop')).status, 201);
    if (way === 'hangs') redis.hang();
    else await redis.kill();
    const health = (gateway: Gateway) => call(gateway.managementPort, { path: '/v1/emulator/healthz' });
    for (const gateway of [one, other]) await until(async () => (await health(gateway)).status === 503);
    assert.deepEqual(JSON.parse((await health(one)).text), { status: 'storeUnavailable' });
    const untouched = await call(one.port, { path: '/first' });
    assert.equal(untouched.status, 200, `${untouched.text}\n${one.logs()}`);
    const failed = await call(one.port, { path: '/mapping?value=lost' });
    assert.equal(failed.status, 503);
    assert.equal(JSON.parse(failed.text).fault.detail.errorcode, 'messaging.runtime.StoreUnavailable');
    for (let index = 0; index < 50; index++) await call(one.port, { path: '/mapping?value=lost' });
    const refused = await call(one.managementPort, {
      method: 'POST',
      path: `${environment}/apis/shop/revisions/1/deployments`,
    });
    assert.equal(refused.status, 503);
    if (way === 'hangs') redis.goOn();
    else await redis.start();
    for (const gateway of [one, other]) await until(async () => (await health(gateway)).status === 200);
    assert.equal((await call(other.port, { path: '/mapping' })).text, 'kept');
    const deploy = `${environment}/apis/shop/revisions/1/deployments`;
    const deployed = await call(other.managementPort, { method: 'POST', path: deploy });
    assert.equal(deployed.status, 200, `${deployed.text}\n${other.logs()}`);
    await until(async () => (await status(one.port, '/shop')) === 200);
    const errors = one
      .logs()
      .split('\n')
      .filter((line) => line.includes('"level":50'));
    assert.ok(errors.some((line) => line.includes('out of reach')) && errors.length < 8, errors.join('\n'));
  });
}

test('secrets are in no log and no error', async (t) => {
  const data = await mkdtemp(join(tmpdir(), 'zerohop-secrets-'));
  t.after(() => rm(data, { recursive: true, force: true }));
  const keyFile = join(data, 'key');
  await writeFile(keyFile, Buffer.alloc(32, 7).toString('base64'));
  const folder = await bundleTree({
    ...mapping,
    ...proxy(
      'secret',
      proxyEndpoint('/secret', `${preFlow(step('KV-Private') + step('KV-Open'))}${noTarget}`),
      `<KeyValueMapOperations name="KV-Private" mapIdentifier="hidden"><Get assignTo="private.value"><Key><Parameter>k</Parameter></Key></Get></KeyValueMapOperations>`,
      `<KeyValueMapOperations name="KV-Open" mapIdentifier="hidden"><Get assignTo="open"><Key><Parameter>k</Parameter></Key></Get></KeyValueMapOperations>`,
    ),
  });
  const options = ['--store', `lmdb:${data}/store`, '--encryption-key-file', keyFile, '--log-level', 'trace'];
  const gateway = await startGateway(folder, options);
  const ask = (method: string, path: string, body?: unknown) =>
    call(gateway.managementPort, {
      method,
      path,
      headers: { 'Content-Type': 'application/json', Authorization: 'Bearer planted-1' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const entry = [{ name: 'k', value: 'planted-2' }];
  const answers = [
    await ask('POST', `${environment}/keyvaluemaps`, { name: 'hidden', encrypted: true, entry }),
    await ask('POST', `${environment}/keyvaluemaps`, { name: 'hidden', encrypted: true, entry }),
    await ask('POST', `${organization}/developers/no@body.example/apps`, { name: 'a', consumerSecret: 'planted-3' }),
    await ask('POST', `${environment}/keystores/none/aliases?format=pem`, { key: 'planted-4' }),
    await call(gateway.port, { path: '/secret?token=planted-5', headers: { Authorization: 'Basic planted-6' } }),
    await call(gateway.port, { path: '/none?token=planted-7', headers: { Cookie: 'planted-8' } }),
  ];
  const developer = { email: 'a@b.example', firstName: 'a', lastName: 'b', userName: 'ab' };
  assert.equal((await ask('POST', `${organization}/developers`, developer)).status, 201);
  const app = await ask('POST', `${organization}/developers/a@b.example/apps`, { name: 'mine' });
  const { consumerSecret } = JSON.parse(app.text).credentials[0] as { consumerSecret: string };
  assert.equal(answers[4]?.status, 500, 'an encrypted value goes into private variables alone');
  assert.equal(await gateway.stop(), 0);
  const written = [gateway.logs(), ...answers.map(({ text }) => text)].join('\n');
  assert.ok(written.length > 1000);
  for (const secret of ['planted', consumerSecret]) assert.ok(!written.includes(secret), written);
});
