import assert from 'node:assert/strict';
import { assign, noTarget, preFlow, proxyEndpoint, setPayload, step } from '../support/bundle-tree.ts';
import { call } from '../support/gateway.ts';
import { managementSuite, multipart, zipOf } from '../support/management.ts';

/** A proxy of a workspace that answers a text. */
function answering(name: string, text: string) {
  const at = `src/main/apigee/apiproxies/${name}/apiproxy`;
  return {
    [`${at}/${name}.xml`]: `<APIProxy name="${name}"/>`,
    [`${at}/proxies/default.xml`]: proxyEndpoint(`/${name}`, preFlow(step('answer')) + noTarget),
    [`${at}/policies/answer.xml`]: assign('answer', setPayload(text)),
  };
}

const environment = (name: string, proxies: readonly string[]) => ({
  [`src/main/apigee/environments/${name}/deployments.json`]: JSON.stringify({ proxies }),
  [`src/main/apigee/environments/${name}/targetservers.json`]: '[]',
});

const workspace = (text: string) =>
  zipOf({ ...answering('one', text), ...answering('two', text), ...environment('dev', ['one', 'two']) });

const zipType = { 'Content-Type': 'application/zip' };

/** The four ways in which clients send a zip. */
const encodings: readonly [string, (zip: Buffer) => { body: Buffer; headers: Record<string, string> }][] = [
  ['application/zip', (body) => ({ body, headers: zipType })],
  ['application/octet-stream', (body) => ({ body, headers: { 'Content-Type': 'application/octet-stream' } })],
  [
    'application/x-www-form-urlencoded',
    (body) => ({ body, headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }),
  ],
  ['multipart/form-data', (body) => multipart('file', body)],
];

managementSuite("the emulator's control API", {}, (it, server) => {
  async function answerOf(path: string): Promise<string> {
    const { status, text } = await call(server.gateway.port, { path });
    return status === 200 ? text : String(status);
  }

  it('says that it is alive, and who it is', async () => {
    assert.deepEqual((await server.ask('GET /v1/emulator/healthz')).json, { status: 'ok' });
    const version = (await server.ask('GET /v1/emulator/version')).json as Record<string, unknown>;
    assert.equal(version.name, 'zerohop');
    assert.equal(version.trafficPort, server.gateway.port);
  });

  for (const [index, [type, encode]] of encodings.entries()) {
    it(`deploys a zip sent as ${type}`, async () => {
      const { body, headers } = encode(workspace(`text ${index}`));
      const answer = await server.ask('POST /v1/emulator/deploy?environment=dev', body, headers);
      assert.equal(answer.status, 200);
      assert.equal((answer.json as { revision: string }).revision, String(index + 1));
      assert.equal(await answerOf('/one'), `text ${index}`);
      assert.equal(await answerOf('/two'), `text ${index}`);
      assert.equal(await answerOf('/first'), '404', 'the whole contract is replaced');
    });
  }

  it('shows every endpoint that serves', async () => {
    const tree = (await server.ask('GET /v1/emulator/tree')).json as Record<string, string>[];
    assert.deepEqual(
      tree.map(({ application, name, basePath, environment: of }) => [application, name, basePath, of]),
      [
        ['one', 'default', '/one', 'dev'],
        ['two', 'default', '/two', 'dev'],
      ],
    );
  });

  it('refuses a faulty proxy with its place, and serves the others', async () => {
    const faulty = {
      ...answering('one', 'new'),
      ...answering('two', 'new'),
      ...environment('dev', ['one', 'two']),
      'src/main/apigee/apiproxies/two/apiproxy/policies/answer.xml': '<AssignMessage name="answer">\n  <Set><Bad</Set>',
    };
    const answer = await server.ask('POST /v1/emulator/deploy?environment=dev', zipOf(faulty), zipType);
    assert.equal(answer.status, 400);
    const { message, error } = answer.json as {
      message: string;
      error: { details: { diagnostics: { file: string }[] }[] };
    };
    assert.match(message, /answer\.xml \(Line:2:\d+\): /);
    assert.match(error.details[0]?.diagnostics[0]?.file ?? '', /two\/apiproxy\/policies\/answer\.xml$/);
    assert.equal(await answerOf('/one'), 'new');
    assert.equal(await answerOf('/two'), 'text 3', 'the last good one stays');
  });

  it('adds a zip of one bundle to what is there', async () => {
    const bare = zipOf(answering('three', 'third'), 'src/main/apigee/apiproxies/three/');
    assert.equal((await server.ask('POST /v1/emulator/deploy?environment=dev', bare, zipType)).status, 200);
    assert.equal(await answerOf('/three'), 'third');
    assert.equal(await answerOf('/one'), 'new');
  });

  it('takes nothing that is no zip', async () => {
    for (const body of [Buffer.from('hello'), Buffer.alloc(0)]) {
      assert.equal((await server.ask('POST /v1/emulator/deploy?environment=dev', body, zipType)).status, 400);
    }
    assert.equal(await answerOf('/one'), 'new');
  });

  it('takes nothing from an environment that is not in the zip', async () => {
    const answer = await server.ask('POST /v1/emulator/deploy?environment=..%2Fother', workspace('x'), zipType);
    assert.equal(answer.status, 400);
  });

  const tests = {
    'products.json': JSON.stringify([{ name: 'gold', apiResources: ['/**'], proxies: ['one'], quota: 10 }]),
    'developers.json': JSON.stringify([{ email: 'Ada@example.com', firstName: 'Ada', lastName: 'L', userName: 'ada' }]),
    'developerapps.json': JSON.stringify([
      {
        name: 'given',
        developerEmail: 'Ada@example.com',
        apiProducts: ['gold'],
        credentials: [
          {
            consumerKey: 'my-key',
            consumerSecret: 'my-secret',
            apiProducts: [{ apiproduct: 'gold', status: 'approved' }],
          },
        ],
      },
      { name: 'made', developerEmail: 'Ada@example.com', apiProducts: ['gold'] },
    ]),
    'maps.json': JSON.stringify([{ name: 'settings', scope: 'environment', entries: { secret: 'hidden', b: '2' } }]),
  };

  it('loads test data, with given keys and made ones', async () => {
    for (const [type, encode] of encodings) {
      const { body, headers } = encode(zipOf(tests));
      const answer = await server.ask('POST /v1/emulator/setup/tests', body, headers);
      assert.equal(answer.status, 200, type);
      assert.equal(answer.bytes.length, 0, type);
    }
    const apps = (await server.ask('GET /v1/emulator/test/developerapps')).json as App[];
    assert.deepEqual(
      apps.map(({ name }) => name),
      ['given', 'made'],
    );
    assert.equal(apps[0]?.credentials[0]?.consumerKey, 'my-key');
    assert.equal(apps[0]?.credentials[0]?.consumerSecret, 'my-secret');
    assert.match(apps[1]?.credentials[0]?.consumerKey ?? '', /^\w{16,}$/);
    assert.ok(apps[1]?.appId && apps[1]?.developerId);
    const [product] = (await server.ask('GET /v1/emulator/test/products')).json as { name: string; quota: string }[];
    assert.deepEqual([product?.name, product?.quota], ['gold', '10']);
    const [developer] = (await server.ask('GET /v1/emulator/test/developers')).json as { email: string }[];
    assert.equal(developer?.email, 'Ada@example.com');
  });

  it('shows the names of entries, never their values', async () => {
    const { json, bytes } = await server.ask('GET /v1/emulator/test/maps');
    assert.deepEqual(json, [{ name: 'settings', scope: 'environment', entry: [{ name: 'secret' }, { name: 'b' }] }]);
    assert.doesNotMatch(bytes.toString(), /hidden/);
  });

  it('keeps test data when an upload is faulty, and replaces all of it by a good one', async () => {
    const bad = await server.ask('POST /v1/emulator/setup/tests', zipOf({ 'products.json': '[{"name":' }), zipType);
    assert.equal(bad.status, 400);
    assert.match((bad.json as { message: string }).message, /products\.json:1:/);
    assert.equal(((await server.ask('GET /v1/emulator/test/products')).json as unknown[]).length, 1);
    const other = zipOf({ 'products.json': JSON.stringify([{ name: 'silver' }]) });
    assert.equal((await server.ask('POST /v1/emulator/setup/tests', other, zipType)).status, 200);
    assert.deepEqual(
      ((await server.ask('GET /v1/emulator/test/products')).json as { name: string }[]).map(({ name }) => name),
      ['silver'],
    );
    assert.deepEqual((await server.ask('GET /v1/emulator/test/developerapps')).json, []);
    assert.deepEqual((await server.ask('GET /v1/emulator/test/maps')).json, []);
  });

  it('clears test data', async () => {
    assert.equal((await server.ask('DELETE /v1/emulator/clear/test')).status, 204);
    assert.deepEqual((await server.ask('GET /v1/emulator/test/products')).json, []);
  });

  it('has no debug session of a proxy that does not serve, and none that nobody opened', async () => {
    for (const ask of [
      'POST /v1/emulator/trace?proxyName=absent',
      'GET /v1/emulator/trace/transactions?sessionid=x',
      'DELETE /v1/emulator/trace?sessionid=x',
    ]) {
      assert.equal((await server.ask(ask)).status, 404, ask);
    }
  });

  it('counts calls', async () => {
    const records = (await server.ask('GET /v1/emulator/analytics')).json as {
      apiproxy: string;
      message_count: number;
    }[];
    assert.ok(records.some(({ apiproxy, message_count }) => apiproxy === 'one' && message_count > 0));
  });

  it('resets, again and again', async () => {
    for (const headers of [{}, { 'Content-Type': 'application/x-www-form-urlencoded' }]) {
      assert.equal((await server.ask('POST /v1/emulator/reset', Buffer.alloc(0), headers)).status, 200);
    }
    assert.equal(await answerOf('/one'), '404');
  });
});

interface App {
  readonly name: string;
  readonly appId: string;
  readonly developerId: string;
  readonly credentials: readonly { readonly consumerKey: string; readonly consumerSecret: string }[];
}
