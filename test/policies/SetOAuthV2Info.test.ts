import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SetOAuthV2Info } from '../../runtime/policies/SetOAuthV2Info.ts';
import { exchangeOf } from '../support/exchange.ts';
import { bearer, give, oauthWorld, password } from '../support/oauth.ts';
import { faultOf } from '../support/policy.ts';
import { mistakesOf } from '../support/tokens.ts';

const set =
  '<AccessToken ref="t"/><Attributes><Attribute name="shade" ref="shade">grey</Attribute><Attribute name="extra">more</Attribute></Attributes>';

test('changes and adds attributes, and nothing else', async () => {
  const world = oauthWorld();
  const before =
    '<Attributes><Attribute name="shade">blue</Attribute><Attribute name="kept">k</Attribute></Attributes>';
  const { access } = await give(world, { ...password, scope: 'read' }, before);
  const exchange = exchangeOf({ variables: { t: access, shade: 'red' } });
  await world.stepOf(SetOAuthV2Info, set)(exchange);
  assert.equal(exchange.read('oauthv2accesstoken.P.accesstoken.shade'), 'red');
  assert.equal(exchange.read('oauthv2accesstoken.P.scope'), 'read');
  const verified = bearer(access);
  await world.step('VerifyAccessToken')(verified);
  const read = (name: string) => verified.read(`accesstoken.${name}`);
  assert.deepEqual(['shade', 'extra', 'kept'].map(read), ['red', 'more', 'k']);
  assert.equal(verified.read('scope'), 'read');
  await world.stepOf(SetOAuthV2Info, set)(exchangeOf({ variables: { t: access } }));
  const again = bearer(access);
  await world.step('VerifyAccessToken')(again);
  assert.equal(again.read('accesstoken.shade'), 'grey');
});

test('of many that set different attributes at once, all are kept', async () => {
  const world = oauthWorld();
  const { access } = await give(world, password);
  const names = Array.from({ length: 8 }, (_, index) => `a${index}`);
  await Promise.all(
    names.map(async (name) => {
      const inner = `<AccessToken ref="t"/><Attributes><Attribute name="${name}">x</Attribute></Attributes>`;
      await world.stepOf(SetOAuthV2Info, inner)(exchangeOf({ variables: { t: access } }));
    }),
  );
  const verified = bearer(access);
  await world.step('VerifyAccessToken')(verified);
  for (const name of names) assert.equal(verified.read(`accesstoken.${name}`), 'x');
});

test('refuses what is unknown, over, revoked, or without a value', async () => {
  const world = oauthWorld();
  const over = await give(world, password, '<ExpiresIn>1</ExpiresIn>');
  const revoked = await give(world, password);
  await world.step(
    'InvalidateToken',
    '<Tokens><Token>t</Token></Tokens>',
  )(exchangeOf({ variables: { t: revoked.access } }));
  await new Promise((resolve) => setTimeout(resolve, 5));
  const facts = [
    ['nope', 'keymanagement.service.invalid_access_token', 404],
    [over.access, 'keymanagement.service.access_token_expired', 500],
    [revoked.access, 'keymanagement.service.access_token_not_approved', 500],
    [undefined, 'steps.oauth.v2.FailedToResolveAccessToken', 500],
  ] as const;
  for (const [t, code, status] of facts) {
    const fault = await faultOf(world.stepOf(SetOAuthV2Info, set), exchangeOf({ variables: { t } }));
    assert.deepEqual([fault.code, fault.status], [code, status]);
  }
});

test('mistakes', () => {
  assert.match(
    mistakesOf(SetOAuthV2Info, '').join('\n'),
    /^error ZH569 .*\nwarning ZH573 The policy sets no attribute/,
  );
});
