import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCompact } from '../../runtime/policies/compact-token.ts';
import { GenerateJWS } from '../../runtime/policies/GenerateJWS.ts';
import { VerifyJWS } from '../../runtime/policies/VerifyJWS.ts';
import { failure, headerOf, mistakesOf, privateKey, publicKey, run, secretKey } from '../support/tokens.ts';

const hs = `<Algorithm>HS384</Algorithm>${secretKey}`;
const long = { 'private.k': 'k'.repeat(48) };

async function made(inner: string, variables: Readonly<Record<string, unknown>> = {}) {
  return String((await run(GenerateJWS, hs + inner, { ...long, ...variables })).read('jws.P.generated_jws'));
}

test('any payload is signed as it stands', async () => {
  const token = await made('<Payload>a {v} ü\n</Payload>', { v: 'b' });
  assert.equal(parseCompact(token).payload.toString('utf8'), 'a b ü\n');
  assert.deepEqual(headerOf(token), { alg: 'HS384' });
  assert.equal(parseCompact(await made('<Payload ref="v">other</Payload>', { v: 'x' })).payload.toString(), 'x');
  assert.equal(parseCompact(await made('<Payload ref="none">other</Payload>')).payload.toString(), 'other');
});

test('headers', async () => {
  const key = privateKey.replace('</PrivateKey>', '<Id ref="id"/></PrivateKey>');
  const more =
    '<AdditionalHeaders><Claim name="typ">JOSE</Claim></AdditionalHeaders><CriticalHeaders>x</CriticalHeaders>';
  const inner = `<Algorithm>RS512</Algorithm>${key}<Payload>p</Payload>${more}<OutputVariable>o</OutputVariable>`;
  const token = (await run(GenerateJWS, inner, { id: 'k1' })).read('o');
  assert.deepEqual(headerOf(token), { alg: 'RS512', kid: 'k1', typ: 'JOSE', crit: ['x'] });
  const check = `<Algorithm>RS512</Algorithm><Source>t</Source>${publicKey}<KnownHeaders>x</KnownHeaders>`;
  assert.match(await failure(VerifyJWS, check, { t: token }), /^UnhandledCriticalHeader/);
});

test('detached', async () => {
  const token = await made('<Payload>p</Payload><DetachContent>true</DetachContent>');
  assert.match(token, /^[\w-]+\.\.[\w-]+$/);
  const check = `<Algorithm>HS384</Algorithm><Source>t</Source><DetachedContent>c</DetachedContent>${secretKey}`;
  const exchange = await run(VerifyJWS, check, { ...long, t: token, c: 'p' });
  assert.equal(exchange.read('jws.P.valid'), true);
  assert.equal(exchange.read('jws.P.payload'), undefined);
  assert.match(await failure(VerifyJWS, check, { ...long, t: token, c: 'q' }), /^InvalidToken/);
});

describe('failures and mistakes', () => {
  test('failures', async () => {
    assert.match(
      await failure(GenerateJWS, `${hs}<Payload ref="none"/>`, long),
      /^FailedToResolveVariable: .*variable\(none\)/,
    );
    assert.match(await failure(GenerateJWS, `${hs}<Payload>{none}</Payload>`, long), /^FailedToResolveVariable/);
    assert.match(await failure(GenerateJWS, `${hs}<Payload>p</Payload>`), /^InsufficientKeyLength/);
  });

  test('mistakes', () => {
    assert.match(mistakesOf(GenerateJWS, hs).join('\n'), /ZH012 .*<Payload>/);
    assert.match(
      mistakesOf(GenerateJWS, `<Algorithm>RS256</Algorithm>${publicKey}<Payload>p</Payload>`).join('\n'),
      /ZH341/,
    );
  });
});
