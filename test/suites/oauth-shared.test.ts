import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { bundleTree, noTarget, preFlow, proxy, proxyEndpoint, step } from '../support/bundle-tree.ts';
import { type Answer, call, type Gateway, startGateway } from '../support/gateway.ts';
import { basic } from '../support/oauth.ts';
import { noRedis, someRedis } from '../support/redis.ts';

const oauth = (name: string, operation: string, inner = '') =>
  `<OAuthV2 name="${name}"><Operation>${operation}</Operation>${inner}</OAuthV2>`;
const grant = '<SupportedGrantTypes><GrantType>password</GrantType></SupportedGrantTypes>';
const key = '<Algorithm>HS256</Algorithm><SecretKey><Value ref="private.key"/></SecretKey>';
const secret =
  '<AssignMessage name="key"><AssignVariable><Name>private.key</Name><Value>a secret of at least thirty-two bytes</Value></AssignVariable></AssignMessage>';

const files = {
  ...proxy(
    'give',
    proxyEndpoint('/give', preFlow('', step('give')) + noTarget),
    oauth('give', 'GenerateAccessToken', `${grant}<AppEndUser>request.formparam.user</AppEndUser><GenerateResponse/>`),
  ),
  ...proxy(
    'refresh',
    proxyEndpoint('/refresh', preFlow(step('refresh')) + noTarget),
    oauth('refresh', 'RefreshAccessToken', '<GenerateResponse/>'),
  ),
  ...proxy('api', proxyEndpoint('/api', preFlow(step('verify')) + noTarget), oauth('verify', 'VerifyAccessToken')),
  ...proxy(
    'revoke',
    proxyEndpoint('/revoke', preFlow(step('revoke')) + noTarget),
    '<RevokeOAuthV2 name="revoke"><EndUserId ref="request.queryparam.user"/></RevokeOAuthV2>',
  ),
  ...proxy(
    'implicit',
    proxyEndpoint('/implicit', preFlow(step('implicit')) + noTarget),
    oauth(
      'implicit',
      'GenerateAccessTokenImplicitGrant',
      '<ClientId>request.queryparam.client_id</ClientId><ResponseType>request.queryparam.response_type</ResponseType>' +
        '<RedirectUri>request.queryparam.redirect_uri</RedirectUri><State>request.queryparam.state</State><GenerateResponse/>',
    ),
  ),
  ...proxy(
    'jwt',
    proxyEndpoint('/jwt', preFlow(step('key') + step('give')) + noTarget),
    secret,
    oauth('give', 'GenerateJWTAccessToken', `${grant}${key}<GenerateResponse/>`),
  ),
  ...proxy(
    'jwt-api',
    proxyEndpoint('/jwt-api', preFlow(step('key') + step('verify')) + noTarget),
    secret,
    oauth('verify', 'VerifyJWTAccessToken', key),
  ),
  'environments/local/products.json': JSON.stringify([{ name: 'all', proxies: ['api', 'jwt-api'] }]),
  'environments/local/developers.json': JSON.stringify([{ email: 'ada@example.com' }]),
  'environments/local/developerapps.json': JSON.stringify([
    {
      name: 'app',
      developerEmail: 'ada@example.com',
      credentials: [{ consumerKey: 'id', consumerSecret: 'secret', apiProducts: ['all'] }],
    },
  ]),
};

const post = (gateway: Gateway, path: string, form: Readonly<Record<string, string>>): Promise<Answer> =>
  call(gateway.port, {
    method: 'POST',
    path,
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', Authorization: basic('id', 'secret') },
    body: new URLSearchParams(form).toString(),
  });

async function give(gateway: Gateway, path = '/give', user = 'ann'): Promise<Record<string, string>> {
  const answer = await post(gateway, path, { grant_type: 'password', username: 'u', password: 'p', user });
  assert.equal(answer.status, 200, answer.text);
  return JSON.parse(answer.text) as Record<string, string>;
}

async function use(gateway: Gateway, token: unknown, path = '/api'): Promise<number> {
  return (await call(gateway.port, { path, headers: { Authorization: `Bearer ${token}` } })).status;
}

test('one server', async (t) => {
  const gateway = await startGateway(await bundleTree(files));

  await t.test('gives a token in the fragment (RFC 6749 section 4.2)', async () => {
    const asked = { client_id: 'id', response_type: 'token', redirect_uri: 'https://app.example/cb', state: 's 1' };
    const answer = await call(gateway.port, { path: `/implicit?${new URLSearchParams(asked)}` });
    assert.equal(answer.status, 302);
    const location = new URL(String(answer.headers.location));
    assert.equal(location.origin + location.pathname, asked.redirect_uri);
    const found = new URLSearchParams(location.hash.slice(1));
    assert.equal(found.get('state'), 's 1');
    assert.equal(await use(gateway, found.get('access_token')), 200);
  });

  await t.test('gives a token in the response flow, and one that is a JSON Web Token', async () => {
    const plain = await give(gateway);
    const jwt = await give(gateway, '/jwt');
    assert.equal(String(jwt.access_token).split('.').length, 3);
    assert.equal(await use(gateway, jwt.access_token, '/jwt-api'), 200);
    assert.equal(await use(gateway, `${jwt.access_token}x`, '/jwt-api'), 401);
    assert.equal(await use(gateway, plain.access_token, '/jwt-api'), 401);
  });
});

test('two servers on one Redis', { skip: noRedis ?? false }, async (t) => {
  const redis = await someRedis();
  after(() => redis.close());
  const folder = await bundleTree(files);
  const one = await startGateway(folder, ['--store', redis.url]);
  const other = await startGateway(folder, ['--store', redis.url]);

  await t.test('know each other’s tokens', async () => {
    const { access_token } = await give(one);
    assert.equal(await use(other, access_token), 200);
  });

  await t.test('refresh a token once between them, and forget the one of before', async () => {
    const { access_token, refresh_token = '' } = await give(one);
    const form = { grant_type: 'refresh_token', refresh_token };
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => post(index % 2 === 0 ? one : other, '/refresh', form)),
    );
    const good = answers.filter(({ status }) => status === 200);
    assert.equal(good.length, 1);
    assert.equal(await use(one, access_token), 401);
    assert.equal(await use(other, JSON.parse(good[0]?.text ?? '').access_token), 200);
  });

  await t.test('revoke a user’s tokens for each other', async () => {
    const ann = await give(one, '/give', 'ann');
    const bob = await give(other, '/give', 'bob');
    assert.equal((await call(one.port, { path: '/revoke?user=ann' })).status, 200);
    assert.deepEqual([await use(other, ann.access_token), await use(other, bob.access_token)], [401, 200]);
  });
});
