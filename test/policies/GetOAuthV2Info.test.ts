import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GetOAuthV2Info } from '../../runtime/policies/GetOAuthV2Info.ts';
import { exchangeOf } from '../support/exchange.ts';
import { callback, give, oauthWorld, password, tokenRequest } from '../support/oauth.ts';
import { faultOf } from '../support/policy.ts';
import { mistakesOf } from '../support/tokens.ts';

const of = (v: string) => exchangeOf({ variables: { v } });
const shows = (element: string, more = '') => `<${element} ref="v"/>${more}`;
const ignoring = '<IgnoreAccessTokenStatus>true</IgnoreAccessTokenStatus>';
const attributes = '<Attributes><Attribute name="shade" display="false">blue</Attribute></Attributes>';

describe('tokens', () => {
  test('an access token tells of its pair, and so does its refresh token', async () => {
    const world = oauthWorld();
    const { access, refresh } = await give(world, { ...password, scope: 'read' }, attributes);
    const expected = {
      access_token: access,
      refresh_token: refresh,
      scope: 'read',
      status: 'approved',
      client_id: 'id',
      refresh_token_status: 'approved',
      refresh_count: '0',
      api_product_list: '[shop,admin]',
      organization_name: 'org',
      'developer.id': 'dev-1',
      'developer.email': 'ada@example.com',
      'developer.app.name': 'web',
      'developer.app.id': 'app-1',
      'accesstoken.shade': 'blue',
    };
    const facts = [
      ['AccessToken', access, ['oauthv2accesstoken']],
      ['RefreshToken', refresh, ['oauthv2refreshtoken', 'oauthv2accesstoken']],
    ] as const;
    for (const [element, token, prefixes] of facts) {
      const exchange = of(token);
      await world.stepOf(GetOAuthV2Info, shows(element))(exchange);
      for (const prefix of prefixes) {
        const read = (name: string) => exchange.read(`${prefix}.P.${name}`);
        for (const [name, value] of Object.entries(expected)) assert.equal(read(name), value, `${prefix} ${name}`);
        assert.match(String(read('expires_in')), /^(3599|3600)$/);
        assert.match(String(read('refresh_token_expires_in')), /^(2591999|2592000)$/);
        assert.match(String(read('refresh_token_issued_at')), /^\d{13}$/);
      }
    }
  });

  test('a token may stand in the policy', async () => {
    const world = oauthWorld();
    const { access } = await give(world, password);
    const exchange = exchangeOf();
    await world.stepOf(GetOAuthV2Info, `<AccessToken>${access}</AccessToken>`)(exchange);
    assert.equal(exchange.read('oauthv2accesstoken.P.access_token'), access);
  });

  test('what is not good is refused, unless the status is to be ignored', async () => {
    const world = oauthWorld();
    const short = '<ExpiresIn>1</ExpiresIn><RefreshTokenExpiresIn>1</RefreshTokenExpiresIn>';
    const over = await give(world, password, short);
    const revoked = await give(world, password);
    const targets = '<Tokens><Token cascade="true">v</Token></Tokens>';
    await world.step('InvalidateToken', targets)(of(revoked.access));
    await new Promise((resolve) => setTimeout(resolve, 5));
    const facts = [
      ['AccessToken', over.access, 'access_token_expired', 'Access Token expired'],
      ['RefreshToken', over.refresh, 'refresh_token_expired', 'Refresh Token expired'],
      ['AccessToken', revoked.access, 'access_token_not_approved', 'Access Token not approved'],
      ['RefreshToken', revoked.refresh, 'refresh_token_not_approved', 'Refresh Token not approved'],
    ] as const;
    for (const [element, token, name, text] of facts) {
      const fault = await faultOf(world.stepOf(GetOAuthV2Info, shows(element)), of(token));
      assert.deepEqual([fault.code, fault.faultstring], [`keymanagement.service.${name}`, text]);
      assert.equal(fault.status, 500);
      await world.stepOf(GetOAuthV2Info, shows(element, ignoring))(of(token));
    }
    const exchange = of(revoked.access);
    await world.stepOf(GetOAuthV2Info, shows('AccessToken', ignoring))(exchange);
    assert.equal(exchange.read('oauthv2accesstoken.P.status'), 'revoked');
    assert.equal(exchange.read('oauthv2accesstoken.P.refresh_token_status'), 'revoked');
  });
});

test('a code tells of itself and stays', async () => {
  const world = oauthWorld();
  const asked = tokenRequest({ client_id: 'id', response_type: 'code', redirect_uri: callback, scope: 'write' });
  await world.step('GenerateAuthorizationCode', attributes)(asked);
  const code = String(asked.read('oauthv2authcode.P.code'));
  for (let time = 0; time < 2; time++) {
    const exchange = of(code);
    await world.stepOf(GetOAuthV2Info, shows('AuthorizationCode'))(exchange);
    const read = (name: string) => exchange.read(`oauthv2authcode.P.${name}`);
    assert.deepEqual(['code', 'scope', 'redirect_uri', 'client_id', 'shade'].map(read), [
      code,
      'write',
      callback,
      'id',
      'blue',
    ]);
  }
  const short = tokenRequest({ client_id: 'id', response_type: 'code', redirect_uri: callback });
  await world.step('GenerateAuthorizationCode', '<ExpiresIn>1</ExpiresIn>')(short);
  await new Promise((resolve) => setTimeout(resolve, 5));
  const over = of(String(short.read('oauthv2authcode.P.code')));
  const fault = await faultOf(world.stepOf(GetOAuthV2Info, shows('AuthorizationCode')), over);
  assert.equal(fault.code, 'keymanagement.service.authorization_code_expired');
});

test('a client tells of its app', async () => {
  const exchange = of('id');
  await oauthWorld().stepOf(GetOAuthV2Info, shows('ClientId'))(exchange);
  const expected = {
    client_id: 'id',
    client_secret: 'secret',
    redirection_uris: callback,
    'developer.email': 'ada@example.com',
    'developer.app.name': 'web',
    'developer.id': 'dev-1',
    tier: 'premium',
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(exchange.read(`oauthv2client.P.${name}`), value);
});

const unknown: readonly (readonly [element: string, code: string, text: string])[] = [
  ['AccessToken', 'invalid_access_token', 'Invalid Access Token'],
  ['RefreshToken', 'invalid_refresh_token', 'Invalid Refresh Token'],
  ['AuthorizationCode', 'invalid_request-authorization_code_invalid', 'Invalid Authorization Code'],
  ['ClientId', 'invalid_client-invalid_client_id', 'ClientId is Invalid'],
];
for (const [element, code, text] of unknown) {
  test(`${element} that nobody knows, or without a value`, async () => {
    const step = oauthWorld().stepOf(GetOAuthV2Info, shows(element));
    const fault = await faultOf(step, of('nope'));
    assert.deepEqual([fault.code, fault.faultstring, fault.status], [`keymanagement.service.${code}`, text, 404]);
    const missing = await faultOf(step, exchangeOf());
    assert.deepEqual([missing.code, missing.status], [`steps.oauth.v2.FailedToResolve${element}`, 500]);
  });
}

test('mistakes', () => {
  const needs = 'The policy needs exactly one of <AccessToken>, <RefreshToken>, <AuthorizationCode>, <ClientId>.';
  assert.deepEqual(mistakesOf(GetOAuthV2Info, ''), [`error ZH569 ${needs}`]);
  assert.deepEqual(mistakesOf(GetOAuthV2Info, shows('ClientId') + shows('AccessToken')), [`error ZH569 ${needs}`]);
  const [empty = ''] = mistakesOf(GetOAuthV2Info, '<ClientId/>');
  assert.match(empty, /^error ZH569 <ClientId> names no variable/);
});
