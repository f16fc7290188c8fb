import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DecodeJWS } from '../../runtime/policies/DecodeJWS.ts';
import { failure, run } from '../support/tokens.ts';

const head = Buffer.from('{"alg":"HS256","kid":"j1"}').toString('base64url');
const source = '<Source>t</Source>';

test('header and payload are read, whatever the signature', async () => {
  const exchange = await run(DecodeJWS, source, { t: `${head}.aGVsbG8.AAAA` });
  const read = (name: string) => exchange.read(`jws.P.${name}`);
  assert.deepEqual(['payload', 'header.kid', 'header.algorithm', 'valid'].map(read), [
    'hello',
    'j1',
    'HS256',
    undefined,
  ]);
  assert.equal(read('header-json'), '{"alg":"HS256","kid":"j1"}');
});

test('detached', async () => {
  const exchange = await run(DecodeJWS, source, { t: `${head}..AAAA` });
  assert.equal(exchange.read('jws.P.payload'), undefined);
  assert.equal(exchange.read('jws.P.header.kid'), 'j1');
});

test('failures', async () => {
  assert.equal(await failure(DecodeJWS, source, { t: 'a.b' }), 'FailedToDecode: Failed to Decode Token: policy(P)');
  assert.match(await failure(DecodeJWS, source), /^FailedToResolveVariable/);
  assert.match(await failure(DecodeJWS, source, { t: 'W10.e30.AA' }), /^InvalidJsonFormat/);
});
