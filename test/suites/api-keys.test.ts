import assert from 'node:assert/strict';
import { edgeJs } from '../support/apigee-edge-js.ts';
import { type ApigeeTool, apigeeTool } from '../support/apigeetool.ts';
import { assign, noTarget, preFlow, proxy, proxyEndpoint, setPayload, step } from '../support/bundle-tree.ts';
import { call } from '../support/gateway.ts';
import { managementSuite, zipOf } from '../support/management.ts';

const environment = 'test';
const names = ['client_id', 'developer.email', 'apiproduct.name', 'app.note', 'apiproduct.developer.quota.limit'];
const answer = names.map((name) => `{verifyapikey.VK.${name}}`).join(' ');

const files = proxy(
  'orders',
  proxyEndpoint('/orders', preFlow(step('VK') + step('answer')) + noTarget),
  '<VerifyAPIKey name="VK"><APIKey ref="request.queryparam.apikey"/></VerifyAPIKey>',
  assign('answer', `${setPayload(answer)}<IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables>`),
);

/** In the shapes of an environment's files. */
const data = {
  products: [{ name: 'silver', proxies: ['orders'], attributes: [] }],
  developers: [{ email: 'bob@example.com', firstName: 'Bob', lastName: 'B', userName: 'bob' }],
  apps: [
    {
      name: 'reader',
      developerEmail: 'bob@example.com',
      apiProducts: ['silver'],
      credentials: [{ consumerKey: 'file-key', consumerSecret: 'file-secret', apiProducts: ['silver'] }],
    },
  ],
};

function dataFiles(folder: string): Record<string, string> {
  const { products, developers, apps } = data;
  return {
    [`${folder}products.json`]: JSON.stringify(products),
    [`${folder}developers.json`]: JSON.stringify(developers),
    [`${folder}developerapps.json`]: JSON.stringify(apps),
  };
}

const of = (key: string) => ({ path: `/orders/1?apikey=${key}` });

managementSuite('keys that clients make', { files, options: ['--environment', environment] }, (it, server) => {
  const { gateway, ask } = server;
  const tool: ApigeeTool = apigeeTool(gateway);
  const email = 'ada@example.com';
  let key = '';
  let secret = '';

  const outcome = async (one = key): Promise<string> => {
    const { status, text } = await call(gateway.port, of(one));
    return status === 200 ? text : `${status} ${JSON.parse(text).fault.detail.errorcode}`;
  };
  const app = `/v1/organizations/acme/developers/${email}/apps/reader`;

  it('apigeetool: product, developer, app; the key lets in', async () => {
    await tool('createProduct', {
      productName: 'gold',
      proxies: 'orders',
      environments: environment,
      approvalType: 'auto',
      quota: '10',
      quotaInterval: '1',
      quotaTimeUnit: 'minute',
    });
    await tool('createDeveloper', { email, firstName: 'Ada', lastName: 'L', userName: 'ada' });
    const made = (await tool('createApp', { name: 'reader', apiProducts: 'gold', email })) as App;
    key = made.credentials[0]?.consumerKey ?? '';
    secret = made.credentials[0]?.consumerSecret ?? '';
    assert.equal(await outcome(), `${key} ${email} gold  10`);
    assert.equal(await outcome('unknown'), '401 oauth.v2.InvalidApiKey');
  });

  it('a key that was given', async () => {
    const given = { developerId: email, appName: 'reader', key: 'my-key', secret: 'my-secret', apiProducts: 'gold' };
    await tool('createAppKey', given);
    assert.equal(await outcome('my-key'), `my-key ${email} gold  10`);
  });

  it('attributes of the app', async () => {
    await ask(`POST ${app}/attributes`, { attribute: [{ name: 'note', value: 'hello' }] });
    assert.equal(await outcome(), `${key} ${email} gold hello 10`);
  });

  for (const [what, path, off, on, code] of [
    ['key', `${app}/keys/my-key`, 'revoke', 'approve', 'oauth.v2.InvalidApiKey'],
    [
      'product of a key',
      `${app}/keys/my-key/apiproducts/gold`,
      'revoke',
      'approve',
      'oauth.v2.InvalidApiKeyForGivenResource',
    ],
    ['app', app, 'revoke', 'approve', 'keymanagement.service.invalid_client-app_not_approved'],
    [
      'developer',
      app.replace('/apps/reader', ''),
      'inactive',
      'active',
      'keymanagement.service.DeveloperStatusNotActive',
    ],
  ] as const) {
    it(`a revoked ${what} is refused at once, and let in again`, async () => {
      assert.equal((await ask(`POST ${path}?action=${off}`)).status, 204);
      assert.equal(await outcome('my-key'), `401 ${code}`);
      assert.equal((await ask(`POST ${path}?action=${on}`)).status, 204);
      assert.match(await outcome('my-key'), /^my-key /);
    });
  }

  it('products put on a key and taken off', async () => {
    const one = `${app}/keys/my-key`;
    await ask(`DELETE ${one}/apiproducts/gold`);
    assert.equal(await outcome('my-key'), '400 keymanagement.service.consumer_key_missing_api_product_association');
    assert.equal((await ask(`POST ${one}`, { apiProducts: ['gold'] })).status, 200);
    assert.match(await outcome('my-key'), /^my-key /);
  });

  it('a product that asks for approval', async () => {
    await ask('POST /v1/organizations/acme/apiproducts', { name: 'slow', approvalType: 'manual', proxies: ['orders'] });
    const made = (await ask(`POST ${app}`, { apiProducts: ['slow'] })).json as App;
    const pending = made.credentials.at(-1)?.consumerKey ?? '';
    assert.equal(await outcome(pending), '401 oauth.v2.InvalidApiKeyForGivenResource');
    await ask(`POST ${app}/keys/${pending}/apiproducts/slow?action=approve`);
    assert.match(await outcome(pending), / slow /);
  });

  it('a product that no longer covers the proxy', async () => {
    const path = '/v1/organizations/acme/apiproducts/gold';
    await ask(`PUT ${path}`, { name: 'gold', approvalType: 'auto', proxies: ['other'] });
    assert.equal(await outcome(), '401 oauth.v2.InvalidApiKeyForGivenResource');
    await ask(`PUT ${path}`, { name: 'gold', approvalType: 'auto', proxies: ['orders'], apiResources: ['/1'] });
    assert.match(await outcome(), /^\w+ /);
  });

  it('a key that ends', async () => {
    const made = (await ask(`POST ${app}`, { apiProducts: ['gold'], keyExpiresIn: '1' })).json as App;
    const short = made.credentials.at(-1)?.consumerKey ?? '';
    await new Promise((done) => setTimeout(done, 5));
    assert.equal(await outcome(short), '401 oauth.v2.InvalidApiKey');
  });

  it('apigee-edge-js: the same', async () => {
    const edge = await edgeJs(gateway);
    const ids = { email: 'grace@example.com', appName: 'writer' };
    await edge('developers.create', { email: ids.email, firstName: 'Grace', lastName: 'H', userName: 'grace' });
    const made = (await edge('developerapps.create', { ...ids, apiProduct: 'gold', expiry: '1h' })) as App;
    const own = made.credentials[0]?.consumerKey ?? '';
    assert.match(await outcome(own), /grace@example\.com/);
    await edge('appcredentials.revoke', { ...ids, key: own });
    assert.equal(await outcome(own), '401 oauth.v2.InvalidApiKey');
    await edge('appcredentials.approve', { ...ids, key: own });
    await edge('developers.del', { email: ids.email });
    assert.equal(await outcome(own), '401 oauth.v2.InvalidApiKey');
  });

  it('app groups: keys of their apps', async () => {
    const groups = '/v1/organizations/acme/appgroups';
    const group = (status: string) => ({ name: 'partners', channelId: 'c1', status, attributes: [] });
    assert.equal((await ask(`POST ${groups}`, group('active'))).status, 201);
    const created = await ask(`POST ${groups}/partners/apps`, { name: 'reader', apiProducts: ['gold'] });
    const own = (created.json as App).credentials[0]?.consumerKey ?? '';
    assert.equal(await outcome(own), `${own}  gold  `);
    const given = { consumerKey: 'group-key', consumerSecret: 'group-secret' };
    await ask(`POST ${groups}/partners/apps/reader/keys`, given);
    await ask(`POST ${groups}/partners/apps/reader/keys/group-key`, { apiProducts: ['gold'] });
    assert.equal(await outcome('group-key'), 'group-key  gold  ');
    await ask(`PUT ${groups}/partners`, group('inactive'));
    assert.equal(await outcome(own), '401 keymanagement.service.DeveloperStatusNotActive');
    await ask(`PUT ${groups}/partners`, group('active'));
    await ask(`DELETE ${groups}/partners/apps/reader/keys/group-key`);
    assert.equal(await outcome('group-key'), '401 oauth.v2.InvalidApiKey');
    assert.equal(await outcome(own), `${own}  gold  `);
    await ask(`DELETE ${groups}/partners`);
    assert.equal(await outcome(own), '401 oauth.v2.InvalidApiKey');
  });

  it('test data of the emulator: given keys stay as they are, and all of it goes again', async () => {
    assert.equal((await ask('POST /v1/emulator/setup/tests', zipOf(dataFiles('')))).status, 200);
    assert.equal(await outcome('file-key'), 'file-key bob@example.com silver  ');
    await ask('DELETE /v1/emulator/clear/test');
    assert.equal(await outcome('file-key'), '401 oauth.v2.InvalidApiKey');
  });

  it('apigeetool: deleted, and refused', async () => {
    await tool('deleteApp', { email, name: 'reader' });
    assert.equal(await outcome(), '401 oauth.v2.InvalidApiKey');
    assert.equal(await outcome('my-key'), '401 oauth.v2.InvalidApiKey');
  });

  it('no secret is in the log', () => {
    assert.ok(secret.length > 0);
    for (const one of [secret, 'my-secret', 'file-secret']) assert.ok(!gateway.logs().includes(one));
  });
});

managementSuite(
  'keys of files',
  { files: { ...files, ...dataFiles('environments/local/') }, options: ['--log-level', 'debug'] },
  (it, { gateway, ask }) => {
    it('let in', async () => {
      assert.equal((await call(gateway.port, of('file-key'))).text, 'file-key bob@example.com silver  ');
    });

    it('are changed by the API', async () => {
      const path = '/v1/organizations/acme/developers/bob@example.com/apps/reader/keys/file-key';
      await ask(`POST ${path}?action=revoke`);
      assert.equal((await call(gateway.port, of('file-key'))).status, 401);
      await ask(`POST ${path}?action=approve`);
      assert.equal((await call(gateway.port, of('file-key'))).status, 200);
    });

    it('no secret is in the log', () => assert.ok(!gateway.logs().includes('file-secret')));
  },
);

interface App {
  readonly credentials: readonly { readonly consumerKey: string; readonly consumerSecret: string }[];
}
