import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { VerifyAPIKey } from '../../runtime/policies/VerifyAPIKey.ts';
import { type ConsumerData, consumersOf, testConsumers } from '../support/consumers.ts';
import { listed } from '../support/diagnostics.ts';
import { exchangeOf } from '../support/exchange.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

const developer = {
  email: 'ada@example.com',
  developerId: 'dev-1',
  firstName: 'Ada',
  lastName: 'Lovelace',
  userName: 'ada',
  attributes: [{ name: 'region', value: 'eu' }],
};
const product = {
  name: 'gold',
  displayName: 'Gold',
  attributes: [{ name: 'plan.kind', value: 'big' }],
  quota: '10',
  quotaInterval: '1',
  quotaTimeUnit: 'minute',
};
const credential = { consumerKey: 'k', consumerSecret: 's', apiProducts: [{ apiproduct: 'gold', status: 'approved' }] };
const app = {
  name: 'shop',
  appId: 'app-1',
  developerEmail: 'ada@example.com',
  callbackUrl: 'https://shop.example/back',
  attributes: [
    { name: 'DisplayName', value: 'The shop' },
    { name: 'tier', value: 'premium' },
  ],
  credentials: [credential],
};
const data = { developers: [developer], products: [product], apps: [app] };

function compile(consumers = consumersOf(data), inner = '<APIKey ref="request.queryparam.apikey"/>') {
  const policy = compilePolicy(VerifyAPIKey, `<VerifyAPIKey name="VK.1">${inner}</VerifyAPIKey>`, {
    compiler: { consumers },
  });
  assert.deepEqual(listed(policy.diagnostics), []);
  return policy.step;
}

const withKey = (rest = '') => exchangeOf({ uri: `/v1/orders?apikey=k${rest}` });

describe('variables', () => {
  const read = (name: string, changed: ConsumerData = {}) => {
    const exchange = withKey();
    assert.equal(compile(consumersOf({ ...data, ...changed }))(exchange), undefined);
    return exchange.read(name);
  };
  for (const [name, value] of Object.entries({
    client_id: 'k',
    client_secret: 's',
    redirection_uris: 'https://shop.example/back',
    'developer.app.id': 'app-1',
    'developer.app.name': 'shop',
    'developer.id': 'dev-1',
    failed: false,
    DisplayName: 'The shop',
    'apiproduct.name': 'gold',
    'apiproduct.plan.kind': 'big',
    'apiproduct.developer.quota.limit': '10',
    'apiproduct.developer.quota.interval': '1',
    'apiproduct.developer.quota.timeunit': 'minute',
    'apiproduct.operation.resource': undefined,
    'app.name': 'shop',
    'app.id': 'app-1',
    'app.callbackUrl': 'https://shop.example/back',
    'app.DisplayName': 'The shop',
    'app.status': 'approved',
    'app.apiproducts': ['gold'],
    'app.appFamily': 'default',
    'app.appParentStatus': 'active',
    'app.appType': 'Developer',
    'app.appParentId': 'dev-1',
    'app.created_at': 1000,
    'app.last_modified_at': 2000,
    'app.tier': 'premium',
    'developer.userName': 'ada',
    'developer.firstName': 'Ada',
    'developer.lastName': 'Lovelace',
    'developer.email': 'ada@example.com',
    'developer.status': 'active',
    'developer.apps': ['shop'],
    'developer.region': 'eu',
    'developer.none': undefined,
    none: undefined,
  })) {
    test(`verifyapikey.VK.1.${name}`, () => assert.deepEqual(read(`verifyapikey.VK.1.${name}`), value));
  }

  for (const [name, value] of Object.entries({
    client_id: 'k',
    'apiproduct.name': 'gold',
    'developer.app.name': 'shop',
    'developer.id': 'dev-1',
    'developer.email': 'ada@example.com',
  })) {
    test(name, () => assert.equal(read(name), value));
  }

  test('no quota, no variables of one', () => {
    const products = [{ name: 'gold' }];
    assert.equal(read('verifyapikey.VK.1.apiproduct.developer.quota.limit', { products }), undefined);
  });

  test('of an operation', () => {
    const operations = [{ resource: '/orders', methods: ['get', 'POST'] }];
    const quota = { limit: '3', interval: '2', timeUnit: 'hour' };
    const config = { apiSource: 'weather', operations, quota, attributes: [{ name: 'size', value: 'L' }] };
    const products = [{ ...product, operationGroup: { operationConfigs: [config] } }];
    const of = (name: string) => read(`verifyapikey.VK.1.apiproduct.${name}`, { products });
    assert.equal(of('operation.resource'), '/orders');
    assert.equal(of('operation.methods'), 'GET,POST');
    assert.equal(of('operation.attributes.size'), 'L');
    assert.equal(of('developer.quota.limit'), '3');
    assert.equal(of('developer.quota.timeunit'), 'hour');
  });

  test('they can be written and removed', () => {
    const exchange = withKey();
    compile()(exchange);
    exchange.write('verifyapikey.VK.1.app.tier', 'basic');
    assert.equal(exchange.read('verifyapikey.VK.1.app.tier'), 'basic');
    exchange.surroundings.variables.remove(exchange, 'verifyapikey.VK.1.app.tier');
    assert.equal(exchange.read('verifyapikey.VK.1.app.tier'), undefined);
    assert.equal(exchange.read('verifyapikey.VK.1.app.name'), 'shop');
  });
});

describe('faults', () => {
  const facts: readonly (readonly [what: string, changed: ConsumerData, code: string, text: string, status: number])[] =
    [
      ['an unknown key', { apps: [] }, 'oauth.v2.InvalidApiKey', 'Invalid ApiKey', 401],
      [
        'a revoked key',
        { apps: [{ ...app, credentials: [{ ...credential, status: 'revoked' }] }] },
        'oauth.v2.InvalidApiKey',
        'Invalid ApiKey',
        401,
      ],
      [
        'a key that is over',
        { apps: [{ ...app, credentials: [{ ...credential, expiresAt: '1000' }] }] },
        'oauth.v2.InvalidApiKey',
        'Invalid ApiKey',
        401,
      ],
      [
        'a revoked app',
        { apps: [{ ...app, status: 'revoked' }] },
        'keymanagement.service.invalid_client-app_not_approved',
        'App not Approved',
        401,
      ],
      [
        'an inactive developer',
        { developers: [{ ...developer, status: 'inactive' }] },
        'keymanagement.service.DeveloperStatusNotActive',
        'Developer Status is not Active',
        401,
      ],
      [
        'a key without products',
        { apps: [{ ...app, credentials: [{ ...credential, apiProducts: [] }] }] },
        'keymanagement.service.consumer_key_missing_api_product_association',
        'Consumer key is not associated with any API product',
        400,
      ],
      [
        'a key for another proxy',
        { products: [{ ...product, proxies: ['other'] }] },
        'oauth.v2.InvalidApiKeyForGivenResource',
        'Invalid ApiKey for given resource',
        401,
      ],
    ];
  for (const [what, changed, code, text, status] of facts) {
    test(what, async () => {
      const exchange = withKey();
      const fault = await faultOf(compile(consumersOf({ ...data, ...changed })), exchange);
      assert.deepEqual([fault.code, fault.faultstring, fault.status], [code, text, status]);
      assert.equal(exchange.read('client_id'), undefined);
      assert.equal(exchange.read('verifyapikey.VK.1.client_id'), undefined);
    });
  }

  for (const uri of ['/v1/orders', '/v1/orders?apikey=']) {
    test(`no key: ${uri}`, async () => {
      const fault = await faultOf(compile(), exchangeOf({ uri }));
      assert.equal(fault.code, 'steps.oauth.v2.FailedToResolveAPIKey');
      assert.equal(fault.faultstring, 'Failed to resolve API Key variable request.queryparam.apikey');
      assert.equal(fault.status, 401);
    });
  }
});

describe('the key', () => {
  test('from a header', () => {
    const step = compile(consumersOf(data), '<APIKey ref="request.header.x-apikey"/>');
    step(exchangeOf({ headers: { 'X-APIKey': 'k' } }));
  });

  test('the text counts when the variable does not resolve', async () => {
    const step = compile(
      consumersOf(data),
      '<APIKey ref="v">k</APIKey><CacheExpiryInSeconds ref="w">60</CacheExpiryInSeconds>',
    );
    step(exchangeOf());
    const fault = await faultOf(step, exchangeOf({ variables: { v: 'other' } }));
    assert.equal(fault.code, 'oauth.v2.InvalidApiKey');
    compile(consumersOf(data), '<APIKey>k</APIKey>')(exchangeOf());
  });

  test('flow.resource.name takes the place of the path', async () => {
    const consumers = consumersOf({ ...data, products: [{ ...product, apiResources: ['/inner'] }] });
    const step = compile(consumers, '<APIKey>k</APIKey>');
    assert.equal(
      (await faultOf(step, exchangeOf({ pathSuffix: '/orders' }))).faultName,
      'InvalidApiKeyForGivenResource',
    );
    step(exchangeOf({ pathSuffix: '/orders', variables: { 'flow.resource.name': '/inner' } }));
  });

  test('changes count without compiling anew', async () => {
    const { consumers, change } = testConsumers(data);
    const step = compile(consumers);
    step(withKey());
    change('apps', 'ada@example.com/shop', { ...app, credentials: [{ ...credential, status: 'revoked' }] });
    assert.equal((await faultOf(step, withKey())).code, 'oauth.v2.InvalidApiKey');
    change('apps', 'ada@example.com/shop', app);
    step(withKey());
  });
});

test('mistakes', () => {
  const found = (inner: string) =>
    listed(compilePolicy(VerifyAPIKey, `<VerifyAPIKey name="V">${inner}</VerifyAPIKey>`).diagnostics);
  assert.match(found('')[0] ?? '', /error ZH012/);
  assert.match(found('<APIKey/>')[0] ?? '', /error ZH540 .*SpecifyValueOrRefApiKey/);
  assert.match(found('<APIKey>k</APIKey><CacheExpiryInSeconds>soon</CacheExpiryInSeconds>')[0] ?? '', /error ZH013/);
});
