import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isSecretOf } from '../../runtime/state/consumers.ts';
import { compileResourcePath } from '../../runtime/state/resource-paths.ts';
import { consumersOf, testConsumers } from '../support/consumers.ts';

const ada = { email: 'Ada@example.com', developerId: 'dev-1' };
const app = (credential: object, rest: object = {}) => ({
  name: 'shop',
  appId: 'app-1',
  developerEmail: 'ada@example.com',
  credentials: [{ consumerKey: 'k', consumerSecret: 's', apiProducts: ['p'], ...credential }],
  ...rest,
});
const groupApp = { developerEmail: undefined, appGroup: 'g' };
const asked = { proxy: 'orders', environment: 'test', method: 'GET', path: '/users' };

/** Name of the product that admits the key, or why it is refused. */
function outcome(data: Parameters<typeof consumersOf>[0], request: object = {}, now = 1000): string {
  const consumers = consumersOf({ developers: [ada], products: [{ name: 'p' }], apps: [app({})], ...data });
  const credential = consumers.credential('k');
  if (credential === undefined) return 'unknown';
  const refusal = consumers.refusal(credential, now);
  if (refusal !== undefined) return refusal;
  return consumers.grant(credential, { ...asked, ...request })?.product.name ?? 'nothing';
}

describe('paths of products', () => {
  const facts: readonly (readonly [pattern: string, good: readonly string[], bad: readonly string[]])[] = [
    ['/', ['', '/', '/a', '/a/b/'], []],
    ['/**', ['/a', '/a/b/c'], ['', '/']],
    ['/*', ['/a', '/a/'], ['', '/', '/a/b']],
    ['/a/**', ['/a/b', '/a/b/c'], ['/a', '/a/', '/ab/c', '/b/a/c']],
    ['/*/users', ['/1/users', '/1/users/'], ['/users', '/1/2/users', '/1/users/3', '//users']],
    ['/exact', ['/exact', '/exact/'], ['/exactly', '/Exact', '/exact/more', '']],
    ['exact', ['/exact'], ['/x']],
    ['/a/**/z', ['/a/b/z', '/a/b/c/z', '/a/z/z'], ['/a/z', '/a/b/z/c']],
    ['/*/2/**', ['/1/2/3', '/1/2/3/4'], ['/1/2', '/2/3']],
    ['/v*/f*.json', ['/v1/fa.json', '/v/f.json'], ['/v1/fa.jsonx', '/x1/fa.json', '/v1/x/fa.json']],
    ['/a*a', ['/aa', '/aba'], ['/a']],
    ['/**/**', ['/a/b', '/a/b/c'], ['/a']],
    ['/a.b', ['/a.b'], ['/axb']],
  ];
  for (const [pattern, good, bad] of facts) {
    test(pattern, () => {
      const matches = compileResourcePath(pattern);
      for (const path of good) assert.ok(matches(path), `${path} should match`);
      for (const path of bad) assert.ok(!matches(path), `${path} should not match`);
    });
  }

  test('many wildcards cost no time', () => {
    const matches = compileResourcePath(`${'/**/a'.repeat(20)}/b`);
    assert.equal(matches('/a'.repeat(5000)), false);
  });
});

describe('who is admitted', () => {
  const facts: readonly (readonly [
    what: string,
    data: Parameters<typeof outcome>[0],
    expected: string,
    request?: object,
  ])[] = [
    ['a key with a product', {}, 'p'],
    ['an unknown key', { apps: [] }, 'unknown'],
    ['a revoked key', { apps: [app({ status: 'revoked' })] }, 'keyNotApproved'],
    ['a pending key', { apps: [app({ status: 'pending' })] }, 'keyNotApproved'],
    ['a key that is over', { apps: [app({ expiresAt: '1000' })] }, 'keyExpired'],
    ['a key that is not yet over', { apps: [app({ expiresAt: 1001 })] }, 'p'],
    ['a key that never ends', { apps: [app({ expiresAt: '-1' })] }, 'p'],
    ['a revoked app', { apps: [app({}, { status: 'revoked' })] }, 'appNotApproved'],
    ['an inactive developer', { developers: [{ ...ada, status: 'inactive' }] }, 'developerNotActive'],
    ['a locked developer', { developers: [{ ...ada, status: 'login_lock' }] }, 'developerNotActive'],
    ['no developer', { developers: [] }, 'developerUnknown'],
    ['a developer by id', { apps: [app({}, { developerEmail: undefined, developerId: 'dev-1' })] }, 'p'],
    ['an app group', { apps: [app({}, groupApp)], appGroups: [{ name: 'g' }] }, 'p'],
    ['an app group that is gone', { apps: [app({}, groupApp)] }, 'developerUnknown'],
    [
      'an app group that is not active',
      { apps: [app({}, groupApp)], appGroups: [{ name: 'g', status: 'inactive' }] },
      'developerNotActive',
    ],
    ['no product', { apps: [app({ apiProducts: [] })] }, 'nothing'],
    ['a product that is gone', { products: [] }, 'nothing'],
    ['a pending product', { apps: [app({ apiProducts: [{ apiproduct: 'p', status: 'pending' }] })] }, 'nothing'],
    ['another proxy', { products: [{ name: 'p', proxies: ['x'] }] }, 'nothing'],
    ['this proxy', { products: [{ name: 'p', proxies: ['x', 'orders'] }] }, 'p'],
    ['another environment', { products: [{ name: 'p', environments: ['prod'] }] }, 'nothing'],
    ['this environment', { products: [{ name: 'p', environments: ['test'] }] }, 'p'],
    ['another path', { products: [{ name: 'p', apiResources: ['/x'] }] }, 'nothing'],
    ['this path', { products: [{ name: 'p', apiResources: ['/x', '/users'] }] }, 'p'],
    [
      'GraphQL operations alone',
      { products: [{ name: 'p', graphqlOperationGroup: { operationConfigs: [{}] } }] },
      'nothing',
    ],
    ['no operations', { products: [{ name: 'p', operationGroup: { operationConfigs: [] } }] }, 'p'],
    [
      'the first of two products that fits',
      {
        products: [{ name: 'p', proxies: ['x'] }, { name: 'q' }, { name: 'r' }],
        apps: [app({ apiProducts: [{ apiproduct: 'p' }, { apiproduct: 'r' }, { apiproduct: 'q' }] })],
      },
      'r',
    ],
  ];
  for (const [what, data, expected, request] of facts) test(what, () => assert.equal(outcome(data, request), expected));

  test('operations', () => {
    const operations = [{ resource: '/users', methods: ['get'] }, { resource: '/users/*' }];
    const config = { apiSource: 'orders', operations };
    const products = [{ name: 'p', proxies: ['other'], operationGroup: { operationConfigs: [config] } }];
    const of = (request: object) => outcome({ products }, request);
    assert.equal(of({}), 'p');
    assert.equal(of({ method: 'POST' }), 'nothing');
    assert.equal(of({ method: 'POST', path: '/users/7' }), 'p');
    assert.equal(of({ path: '/users/7/x' }), 'nothing');
    assert.equal(of({ proxy: 'other' }), 'nothing');
  });

  test('quota of the operation before that of the product', () => {
    const quota = { limit: '5', interval: '2', timeUnit: 'minute' };
    const configs = [
      { apiSource: 'orders', operations: [{ resource: '/users' }], quota },
      { apiSource: 'orders', operations: [{ resource: '/other' }] },
    ];
    const product = {
      name: 'p',
      quota: 100,
      quotaInterval: 1,
      quotaTimeUnit: 'day',
      operationGroup: { operationConfigs: configs },
    };
    const consumers = consumersOf({ developers: [ada], products: [product], apps: [app({})] });
    const credential = consumers.credential('k');
    assert.ok(credential);
    assert.deepEqual(consumers.grant(credential, asked)?.quota, quota);
    const other = consumers.grant(credential, { ...asked, path: '/other' });
    assert.deepEqual(other?.quota, { limit: '100', interval: '1', timeUnit: 'day' });
  });
});

describe('changes count at once', () => {
  test('keys come and go', () => {
    const { consumers, change } = testConsumers({ developers: [ada], products: [{ name: 'p' }], apps: [app({})] });
    change('apps', 'ada@example.com/shop', app({ consumerKey: 'other' }));
    assert.equal(consumers.credential('k'), undefined);
    assert.equal(consumers.credential('other')?.app.name, 'shop');
    assert.equal(consumers.appById('app-1')?.credentials[0]?.consumerKey, 'other');
    change('apps', 'ada@example.com/shop', undefined);
    assert.equal(consumers.credential('other'), undefined);
    assert.equal(consumers.appById('app-1'), undefined);
    assert.deepEqual(consumers.appsOf('dev-1'), []);
  });

  test('developers and products', () => {
    const { consumers, change } = testConsumers({ developers: [ada], products: [{ name: 'p' }], apps: [app({})] });
    const credential = consumers.credential('k');
    assert.ok(credential);
    change('developers', 'ada@example.com', { ...ada, status: 'inactive' });
    assert.equal(consumers.refusal(credential, 0), 'developerNotActive');
    change('developers', 'ada@example.com', ada);
    assert.equal(consumers.refusal(credential, 0), undefined);
    change('apiproducts', 'p', { name: 'p', proxies: ['x'] });
    assert.equal(consumers.grant(credential, asked), undefined);
  });
});

test('secrets', () => {
  const credential = consumersOf({ developers: [ada], apps: [app({})] }).credential('k');
  assert.ok(credential);
  assert.ok(isSecretOf(credential, 's'));
  for (const wrong of ['', 'S', 'ss', 'x']) assert.ok(!isSecretOf(credential, wrong));
  assert.ok(!isSecretOf({ ...credential, consumerSecret: '' }, ''));
});
