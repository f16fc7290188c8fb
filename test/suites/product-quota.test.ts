import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bundleTree, noTarget, preFlow, proxy, proxyEndpoint, step } from '../support/bundle-tree.ts';
import { call, startGateway } from '../support/gateway.ts';

/** Quotas that API products set, counted for keys and for tokens. Apigee: Quota policy, UseQuotaConfigInAPIProduct. */

const environment = {
  'environments/local/products.json': JSON.stringify([
    { name: 'silver', apiResources: ['/**'], quota: '3', quotaInterval: '1', quotaTimeUnit: 'month' },
    {
      name: 'gold',
      quota: '5',
      quotaInterval: '1',
      quotaTimeUnit: 'month',
      operationGroup: {
        operationConfigs: [
          {
            apiSource: 'keyed',
            operations: [{ resource: '/few', methods: ['GET'] }],
            quota: { limit: '2', interval: '1', timeUnit: 'month' },
          },
          { apiSource: 'keyed', operations: [{ resource: '/many', methods: ['GET'] }] },
        ],
      },
    },
  ]),
  'environments/local/developers.json': '[{"email":"ada@example.com"}]',
  'environments/local/developerapps.json': JSON.stringify(
    ['silver', 'gold'].map((product) => ({
      name: `app-${product}`,
      developerEmail: 'ada@example.com',
      credentials: [{ consumerKey: `key-${product}`, consumerSecret: 'secret', apiProducts: [product] }],
    })),
  ),
};

const quota = (stepName: string, identifier: string): string =>
  `<Quota name="Q"><Identifier ref="${identifier}"/><UseQuotaConfigInAPIProduct stepName="${stepName}"><DefaultConfig><Allow>100</Allow><Interval>1</Interval><TimeUnit>month</TimeUnit></DefaultConfig></UseQuotaConfigInAPIProduct></Quota>`;

const bundles = {
  ...environment,
  ...proxy(
    'keyed',
    proxyEndpoint('/keyed', preFlow(step('VK') + step('Q')) + noTarget),
    '<VerifyAPIKey name="VK"><APIKey ref="request.header.x-api-key"/></VerifyAPIKey>',
    quota('VK', 'client_id'),
  ),
  ...proxy(
    'token',
    proxyEndpoint('/token', preFlow(step('GT')) + noTarget),
    '<OAuthV2 name="GT"><Operation>GenerateAccessToken</Operation><ExpiresIn>600000</ExpiresIn><SupportedGrantTypes><GrantType>client_credentials</GrantType></SupportedGrantTypes><GenerateResponse enabled="true"/></OAuthV2>',
  ),
  ...proxy(
    'bearer',
    proxyEndpoint('/bearer', preFlow(step('VT') + step('Q')) + noTarget),
    '<OAuthV2 name="VT"><Operation>VerifyAccessToken</Operation></OAuthV2>',
    quota('VT', 'client_id'),
  ),
};

test('quotas of API products', async (t) => {
  const gateway = await startGateway(await bundleTree(bundles));
  const statuses = async (count: number, path: string, headers: Readonly<Record<string, string>>) => {
    const seen: number[] = [];
    for (let left = count; left > 0; left--) seen.push((await call(gateway.port, { path, headers })).status);
    return seen.join(' ');
  };

  await t.test('of the product that a key is for', async () => {
    const headers = { 'x-api-key': 'key-silver' };
    assert.equal(await statuses(5, '/keyed/anything', headers), '200 200 200 429 429');
  });

  await t.test('of the operation before that of the product', async () => {
    assert.equal(await statuses(3, '/keyed/few', { 'x-api-key': 'key-gold' }), '200 200 429');
  });

  await t.test('of the product that a token is for', async () => {
    const asked = await call(gateway.port, {
      method: 'POST',
      path: '/token',
      headers: {
        Authorization: `Basic ${Buffer.from('key-silver:secret').toString('base64')}`,
        'Content-Type': 'application/x-www-form-urlencoded',
      },
      body: 'grant_type=client_credentials',
    });
    assert.equal(asked.status, 200, asked.text);
    const { access_token } = JSON.parse(asked.text);
    assert.equal(await statuses(5, '/bearer/x', { Authorization: `Bearer ${access_token}` }), '200 200 200 429 429');
  });
});
