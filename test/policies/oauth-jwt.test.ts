import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import type { Exchange } from '../../runtime/message/exchange.ts';
import { answered, bearer, oauthWorld, password, tokenRequest } from '../support/oauth.ts';
import { faultOf } from '../support/policy.ts';
import { claimsOf, headerOf, keys, privateKey, publicKey, secretKey } from '../support/tokens.ts';

const grant = '<SupportedGrantTypes><GrantType>password</GrantType></SupportedGrantTypes>';
const hs = `<Algorithm>HS256</Algorithm>${secretKey}`;
const form = { ...password, user: 'ann', scope: 'read' };
const user = '<AppEndUser>request.formparam.user</AppEndUser>';

function asked(more: Readonly<Record<string, string>> = form): Exchange {
  return tokenRequest(more, { headers: { Host: 'api.example' }, variables: keys });
}

function withToken(token: string): Exchange {
  return bearer(token, { variables: keys });
}

async function give(world: ReturnType<typeof oauthWorld>, inner = hs): Promise<Exchange> {
  const exchange = asked();
  await world.step('GenerateJWTAccessToken', grant + user + inner)(exchange);
  return exchange;
}

const text = (exchange: Exchange) => String(exchange.read('oauthv2accesstoken.P.access_token'));

test('a token of RFC 9068', async () => {
  const world = oauthWorld();
  const exchange = await give(world);
  const token = text(exchange);
  assert.deepEqual(headerOf(token), { alg: 'HS256', typ: 'at+JWT' });
  const claims = claimsOf(token);
  assert.deepEqual(Object.keys(claims), ['iss', 'sub', 'client_id', 'iat', 'exp', 'jti', 'scope']);
  assert.equal(claims.iss, 'http://api.example/v1');
  assert.equal(claims.sub, 'ann');
  assert.equal(claims.client_id, 'id');
  assert.equal(claims.scope, 'read');
  assert.equal(Number(claims.exp) - Number(claims.iat), 3600);
  const verified = withToken(token);
  await world.step('VerifyJWTAccessToken', hs)(verified);
  assert.equal(verified.read('client_id'), 'id');
  assert.equal(verified.read('apiproduct.name'), 'shop');
});

test('with RSA', async () => {
  const world = oauthWorld();
  const token = text(await give(world, `<Algorithm>RS256</Algorithm>${privateKey}`));
  await world.step('VerifyJWTAccessToken', `<Algorithm>RS256</Algorithm>${publicKey}`)(withToken(token));
});

test('is refreshed', async () => {
  const world = oauthWorld();
  const first = await give(world);
  const refresh = String(first.read('oauthv2accesstoken.P.refresh_token'));
  const exchange = asked({ grant_type: 'refresh_token', refresh_token: refresh });
  const [status, json] = await answered(world.step('RefreshJWTAccessToken', `${hs}<GenerateResponse/>`), exchange);
  assert.equal(status, 200);
  assert.equal(claimsOf(json.access_token).sub, 'ann');
  const verify = world.step('VerifyJWTAccessToken', hs);
  await verify(withToken(String(json.access_token)));
  const fault = await faultOf(verify, withToken(text(first)));
  assert.equal(fault.code, 'keymanagement.service.invalid_access_token');
});

describe('is refused', () => {
  const sign = (header: object, claims: object, key = keys['private.k']): string => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = `${part(header)}.${part(claims)}`;
    return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
  };
  const header = { alg: 'HS256', typ: 'at+JWT' };
  const claims = { iss: 'i', sub: 's', client_id: 'id', iat: 1, jti: 'j' };
  const facts: Readonly<Record<string, readonly [token: string, code: string]>> = {
    'when it is none': ['abc', 'oauth.v2.JWTDecodingFailed'],
    'of another type': [sign({ ...header, typ: 'JWT' }, claims), 'oauth.v2.InvalidTypeInJWTHeader'],
    'without a type': [sign({ alg: 'HS256' }, claims), 'oauth.v2.InvalidTypeInJWTHeader'],
    'with another algorithm': [sign({ ...header, alg: 'HS512' }, claims), 'oauth.v2.InvalidValueForJWTAlgorithm'],
    'without an algorithm': [sign({ ...header, alg: 'none' }, claims), 'oauth.v2.InvalidValueForJWTAlgorithm'],
    'with another key': [sign(header, claims, `${keys['private.k']}!`), 'oauth.v2.InvalidJWTSignature'],
    'without a claim': [sign(header, { ...claims, client_id: undefined }), 'oauth.v2.MissingMandatoryJWTClaim'],
    'when it is over': [sign(header, { ...claims, exp: 1000 }), 'keymanagement.service.access_token_expired'],
    'when it was not given here': [sign(header, claims), 'keymanagement.service.invalid_access_token'],
  };
  for (const [name, [token, code]] of Object.entries(facts)) {
    test(name, async () => {
      const exchange = withToken(token);
      const fault = await faultOf(oauthWorld().step('VerifyJWTAccessToken', hs), exchange);
      assert.deepEqual([fault.code, fault.status], [code, 401]);
      assert.match(exchange.error?.headers.text('www-authenticate') ?? '', /^Bearer /);
    });
  }

  test('a key that is none', async () => {
    const exchange = tokenRequest(form, { variables: { 'private.k': 'short' } });
    const fault = await faultOf(oauthWorld().step('GenerateJWTAccessToken', grant + hs), exchange);
    assert.equal(fault.code, 'oauth.v2.JWTSigningFailed');
  });
});
