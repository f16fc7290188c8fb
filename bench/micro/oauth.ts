/**
 * What one step of each OAuth policy costs on the memory store, in nanoseconds, beside VerifyAPIKey: `npm run build`,
 * then `node dist/bench/micro/oauth.js`. A hundred tokens are used in turn.
 */

import type { Exchange } from '../../runtime/message/exchange.ts';
import { GetOAuthV2Info } from '../../runtime/policies/GetOAuthV2Info.ts';
import { RevokeOAuthV2 } from '../../runtime/policies/RevokeOAuthV2.ts';
import { VerifyAPIKey } from '../../runtime/policies/VerifyAPIKey.ts';
import { idOfToken } from '../../runtime/state/token-records.ts';
import { exchangeOf } from '../../test/support/exchange.ts';
import { bearer, give, oauthWorld, password } from '../../test/support/oauth.ts';
import { measureCases } from './measure.ts';

const world = oauthWorld();
const revoking = oauthWorld();
const calls: Exchange[] = [];
const callsAfterRevocation: Exchange[] = [];
for (let count = 0; count < 100; count++) {
  calls.push(bearer((await give(world, password)).access));
  callsAfterRevocation.push(bearer((await give(revoking, password)).access));
}
await revoking.stepOf(RevokeOAuthV2, '<EndUserId>somebody</EndUserId>')(exchangeOf());

const verify = world.step('VerifyAccessToken', '<Scope>read</Scope>');
const verifyRevoking = revoking.step('VerifyAccessToken', '<Scope>read</Scope>');
const key = world.stepOf(VerifyAPIKey, '<APIKey ref="request.queryparam.k"/>');
const keyCall = exchangeOf({ uri: '/v1/x?k=id' });
const info = world.stepOf(GetOAuthV2Info, '<ClientId>id</ClientId>');
const turn = { count: 0 };

measureCases([
  { name: 'VerifyAPIKey', run: () => key(keyCall) ?? 0 },
  { name: 'hash of a token', run: () => idOfToken('2l4IQtZXbn5WBJdL6EF7uenOWRsi') },
  { name: 'VerifyAccessToken', run: () => callNext(verify, calls) },
  { name: 'VerifyAccessToken, once somebody was revoked', run: () => callNext(verifyRevoking, callsAfterRevocation) },
  { name: 'GetOAuthV2Info of a client', run: () => info(keyCall) ?? 0 },
]);

function callNext(step: typeof verify, list: typeof calls): unknown {
  const call = list[turn.count++ % list.length];
  return call === undefined ? undefined : (step(call) ?? 0);
}
