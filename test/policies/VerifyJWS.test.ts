import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { VerifyJWS } from '../../runtime/policies/VerifyJWS.ts';
import { signedExamples } from '../support/jose-examples.ts';
import { failure, mistakesOf, run, secretKey } from '../support/tokens.ts';

describe('the examples of the RFCs', () => {
  for (const { section, algorithm, key, token, payload } of signedExamples) {
    test(section, async () => {
      const isSecret = key.kty === 'oct';
      const element = isSecret
        ? '<SecretKey encoding="base64url"><Value ref="private.k"/></SecretKey>'
        : '<PublicKey><JWKS ref="set"/><Id>only</Id></PublicKey>';
      const inner = `<Algorithm>${algorithm}</Algorithm><Source>t</Source>${element}`;
      const set = JSON.stringify({ keys: [{ kid: 'only', ...key }] });
      const variables = { t: token, set, 'private.k': key.k };
      const exchange = await run(VerifyJWS, inner, variables);
      assert.equal(exchange.read('jws.P.payload'), payload);
      assert.equal(exchange.read('jws.P.header.algorithm'), algorithm);
      assert.equal(exchange.read('jws.P.valid'), true);
      const [head = '', , signature = ''] = token.split('.');
      assert.match(await failure(VerifyJWS, inner, { ...variables, t: `${head}.AAAA.${signature}` }), /^InvalidToken/);
    });
  }
});

const hs = `<Algorithm>HS256</Algorithm><Source>t</Source>${secretKey}`;
const head = Buffer.from('{"alg":"HS256"}').toString('base64url');

for (const [name, inner, variables, expected] of [
  ['a detached token', hs, { t: `${head}..AAAA` }, 'InvalidPayload'],
  [
    'one that is not',
    `${hs}<DetachedContent>c</DetachedContent>`,
    { t: `${head}.AAAA.AAAA`, c: 'x' },
    'InvalidPayload',
  ],
  ['no content', `${hs}<DetachedContent>c</DetachedContent>`, { t: `${head}..AAAA` }, 'FailedToResolveVariable'],
  ['no token', hs, { t: 'x' }, 'FailedToDecode'],
  ['nothing', hs, {}, 'FailedToResolveVariable'],
  ['another algorithm', hs.replace('HS256', 'HS384'), { t: `${head}.AAAA.AAAA` }, 'AlgorithmMismatch'],
] as const) {
  test(name, async () => assert.match(await failure(VerifyJWS, inner, variables), new RegExp(`^${expected}: `)));
}

test('mistakes', () => {
  assert.match(mistakesOf(VerifyJWS, secretKey).join('\n'), /ZH340/);
  assert.match(mistakesOf(VerifyJWS, `<Algorithm>ES256</Algorithm>${secretKey}`).join('\n'), /ZH341/);
});
