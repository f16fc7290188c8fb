import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeleteOAuthV2Info } from '../../runtime/policies/DeleteOAuthV2Info.ts';
import { exchangeOf } from '../support/exchange.ts';
import { bearer, callback, give, oauthWorld, password, tokenRequest } from '../support/oauth.ts';
import { faultOf } from '../support/policy.ts';
import { mistakesOf } from '../support/tokens.ts';

const of = (v: string) => exchangeOf({ variables: { v } });

test('an access token is gone; its refresh token is not', async () => {
  const world = oauthWorld();
  const { access, refresh } = await give(world, password);
  const step = world.stepOf(DeleteOAuthV2Info, '<AccessToken ref="v"/>');
  await step(of(access));
  const unknown = 'keymanagement.service.invalid_access_token';
  assert.equal((await faultOf(world.step('VerifyAccessToken'), bearer(access))).code, unknown);
  const again = await faultOf(step, of(access));
  assert.deepEqual([again.code, again.faultstring, again.status], [unknown, 'Invalid Access Token', 401]);
  await world.step('RefreshAccessToken')(tokenRequest({ grant_type: 'refresh_token', refresh_token: refresh }));
});

test('a code is gone', async () => {
  const world = oauthWorld();
  const asked = tokenRequest({ client_id: 'id', response_type: 'code', redirect_uri: callback });
  await world.step('GenerateAuthorizationCode')(asked);
  const code = String(asked.read('oauthv2authcode.P.code'));
  const step = world.stepOf(DeleteOAuthV2Info, '<AuthorizationCode ref="v"/>');
  await step(of(code));
  const form = { grant_type: 'authorization_code', code, redirect_uri: callback };
  const invalid = 'keymanagement.service.invalid_request-authorization_code_invalid';
  assert.equal((await faultOf(world.step('GenerateAccessToken'), tokenRequest(form))).code, invalid);
  const again = await faultOf(step, of(code));
  assert.deepEqual([again.code, again.status], [invalid, 401]);
});

test('a variable without a value', async () => {
  for (const element of ['AccessToken', 'AuthorizationCode']) {
    const step = oauthWorld().stepOf(DeleteOAuthV2Info, `<${element} ref="v"/>`);
    assert.equal((await faultOf(step, exchangeOf())).code, `steps.oauth.v2.FailedToResolve${element}`);
  }
});

test('mistakes', () => {
  const needs = 'error ZH569 The policy needs exactly one of <AccessToken>, <AuthorizationCode>.';
  assert.deepEqual(mistakesOf(DeleteOAuthV2Info, ''), [needs]);
});
