import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DecodeJWT } from '../../runtime/policies/DecodeJWT.ts';
import { failure, run } from '../support/tokens.ts';

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const token = `${part({ alg: 'HS256', kid: 'k' })}.${part({ sub: 'ada', exp: 1000, t: 'x' })}.AAAA`;
const source = '<Source>t</Source>';

test('claims and header are read, whatever the signature and the time', async () => {
  const exchange = await run(DecodeJWT, source, { t: token });
  const read = (name: string) => exchange.read(`jwt.P.${name}`);
  assert.deepEqual(['claim.subject', 'claim.t', 'decoded.claim.t', 'header.kid', 'header.algorithm'].map(read), [
    'ada',
    'x',
    'x',
    'k',
    'HS256',
  ]);
  assert.deepEqual(['is_expired', 'expiry_formatted', 'valid'].map(read), [
    true,
    '1970-01-01T00:16:40.000+0000',
    undefined,
  ]);
});

test('of an encrypted token the header', async () => {
  const exchange = await run(DecodeJWT, source, { t: `${part({ alg: 'dir', enc: 'A128GCM' })}..AAAA.AAAA.AAAA` });
  assert.equal(exchange.read('jwt.P.header.enc'), 'A128GCM');
  assert.equal(exchange.read('jwt.P.payload-json'), undefined);
});

for (const [t, expected] of [
  ['abc', 'FailedToDecode: Failed to Decode Token: policy(P)'],
  [`${part({})}.${part([])}.AA`, 'InvalidJsonFormat: Invalid JSON format: policy(P)'],
  [`${part('x')}.${part({})}.AA`, 'InvalidJsonFormat'],
  [undefined, 'FailedToResolveVariable: Failed to resolve variable: policy(P) variable(t)'],
] as const) {
  test(`"${t}"`, async () => assert.ok((await failure(DecodeJWT, source, { t })).startsWith(expected)));
}
