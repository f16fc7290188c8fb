import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GetOAuthV2Info } from '../../runtime/policies/GetOAuthV2Info.ts';
import { RevokeOAuthV2 } from '../../runtime/policies/RevokeOAuthV2.ts';
import { exchangeOf } from '../support/exchange.ts';
import { basic, bearer, give, type OAuthWorld, oauthWorld, password, tokenRequest } from '../support/oauth.ts';
import { faultOf } from '../support/policy.ts';
import { mistakesOf } from '../support/tokens.ts';

const userElement = '<AppEndUser>request.formparam.user</AppEndUser>';
const userOf = (world: OAuthWorld, user: string) => give(world, { ...password, user }, userElement);
const app = '<AppId ref="app"/>';
const user = '<EndUserId ref="user"/>';

function revoke(world: OAuthWorld, inner: string, variables: Record<string, unknown>) {
  return world.stepOf(RevokeOAuthV2, inner)(exchangeOf({ variables }));
}

async function isGood(world: OAuthWorld, token: string): Promise<boolean> {
  try {
    await world.step('VerifyAccessToken')(bearer(token));
    return true;
  } catch (error) {
    assert.match(String(error), /Access Token not approved/);
    return false;
  }
}

async function canRefresh(world: OAuthWorld, refresh: string): Promise<boolean> {
  const exchange = tokenRequest({ grant_type: 'refresh_token', refresh_token: refresh });
  try {
    await world.step('RefreshAccessToken')(exchange);
    return true;
  } catch (error) {
    assert.match(String(error), /Invalid Refresh Token/);
    return false;
  }
}

/** A token of the same user at another app. */
async function atOtherApp(world: OAuthWorld): Promise<string> {
  const grant = '<SupportedGrantTypes><GrantType>password</GrantType></SupportedGrantTypes>';
  const exchange = tokenRequest({ ...password, user: 'ann' }, { headers: { Authorization: basic('id2', 'secret2') } });
  await world.step('GenerateAccessToken', grant + userElement)(exchange);
  return String(exchange.read('oauthv2accesstoken.P.access_token'));
}

describe('revokes what was given before', () => {
  const facts: readonly (readonly [inner: string, variables: Record<string, string>, good: readonly boolean[]])[] = [
    [user, { user: 'ann' }, [false, true, false]],
    [app, { app: 'app-1' }, [false, false, true]],
    [app + user, { app: 'app-1', user: 'ann' }, [false, true, true]],
    [user, { user: 'nobody' }, [true, true, true]],
  ];
  for (const [inner, variables, good] of facts) {
    test(JSON.stringify(variables), async () => {
      const world = oauthWorld();
      const tokens = [await userOf(world, 'ann'), await userOf(world, 'bob')];
      const texts = [...tokens.map(({ access }) => access), await atOtherApp(world)];
      await revoke(world, inner, variables);
      const found = [];
      for (const text of texts) found.push(await isGood(world, text));
      assert.deepEqual(found, good);
    });
  }
});

test('what is given afterwards is good', async () => {
  const world = oauthWorld();
  const before = await userOf(world, 'ann');
  await revoke(world, user, { user: 'ann' });
  await new Promise((resolve) => setTimeout(resolve, 5));
  const after = await userOf(world, 'ann');
  assert.deepEqual([await isGood(world, before.access), await isGood(world, after.access)], [false, true]);
});

test('refresh tokens go too, unless Cascade is false', async () => {
  const world = oauthWorld();
  const first = await userOf(world, 'ann');
  const second = await userOf(world, 'bob');
  await revoke(world, user, { user: 'ann' });
  await revoke(world, `${user}<Cascade>false</Cascade>`, { user: 'bob' });
  assert.deepEqual([await isGood(world, first.access), await canRefresh(world, first.refresh)], [false, false]);
  assert.deepEqual([await isGood(world, second.access), await canRefresh(world, second.refresh)], [false, true]);
});

test('a moment', async () => {
  const world = oauthWorld();
  const token = await userOf(world, 'ann');
  const at = '<RevokeBeforeTimestamp ref="at"/>';
  await revoke(world, user + at, { user: 'ann', at: Date.now() - 60_000 });
  assert.equal(await isGood(world, token.access), true);
  await revoke(world, user + at, { user: 'ann', at: String(Date.now() + 60_000) });
  assert.equal(await isGood(world, token.access), false);
  await revoke(world, user + at, { user: 'ann', at: 1000 });
  assert.equal(await isGood(world, token.access), false, 'an earlier moment takes nothing back');
  const fault = await faultOf(
    world.stepOf(RevokeOAuthV2, user + at),
    exchangeOf({ variables: { user: 'ann', at: 'noon' } }),
  );
  assert.equal(fault.code, 'steps.oauth.v2.InvalidParameter');
});

test('is shown by GetOAuthV2Info', async () => {
  const world = oauthWorld();
  const { access } = await userOf(world, 'ann');
  await revoke(world, user, { user: 'ann' });
  const fault = await faultOf(
    world.stepOf(GetOAuthV2Info, '<AccessToken ref="t"/>'),
    exchangeOf({ variables: { t: access } }),
  );
  assert.equal(fault.code, 'keymanagement.service.access_token_not_approved');
});

test('neither app nor user', async () => {
  const fault = await faultOf(oauthWorld().stepOf(RevokeOAuthV2, app + user), exchangeOf());
  assert.deepEqual([fault.code, fault.status], ['steps.oauth.v2.MissingParameter', 500]);
});

test('mistakes', () => {
  assert.match(mistakesOf(RevokeOAuthV2, '').join(), /^error ZH574/);
  const moment = '<RevokeBeforeTimestamp>yesterday</RevokeBeforeTimestamp>';
  assert.match(mistakesOf(RevokeOAuthV2, user + moment).join(), /^error ZH575/);
});
