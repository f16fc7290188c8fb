import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseHeader } from '../../runtime/policies/compact-token.ts';
import { GenerateJWT } from '../../runtime/policies/GenerateJWT.ts';
import { formatMoment, formatRemaining, parseDuration, parseMoment } from '../../runtime/policies/token-time.ts';
import { VerifyJWT } from '../../runtime/policies/VerifyJWT.ts';
import { claimsOf, failure, headerOf, mistakesOf, privateKey, publicKey, run, secretKey } from '../support/tokens.ts';

const hs = `<Algorithm>HS256</Algorithm>${secretKey}`;

async function made(inner: string, variables: Readonly<Record<string, unknown>> = {}) {
  return (await run(GenerateJWT, hs + inner, variables)).read('jwt.P.generated_jwt');
}

const claim = (attributes: string, text = '') => `<Claim ${attributes}>${text}</Claim>`;
const claims = (inner: string) => `<AdditionalClaims>${inner}</AdditionalClaims>`;

describe('a signed token', () => {
  test('has the claims that have elements of their own', async () => {
    const before = Math.floor(Date.now() / 1000);
    const token = await made(
      '<Subject>ada</Subject><Issuer ref="i">other</Issuer><Audience>a, b</Audience><Id/><ExpiresIn>1h</ExpiresIn><NotBefore>10m</NotBefore>',
      { i: 'urn:i' },
    );
    const found = claimsOf(token);
    assert.deepEqual(headerOf(token), { typ: 'JWT', alg: 'HS256' });
    assert.deepEqual([found.sub, found.iss, found.aud], ['ada', 'urn:i', ['a', 'b']]);
    assert.match(String(found.jti), /^[0-9a-f-]{36}$/);
    const iat = Number(found.iat);
    assert.ok(iat >= before && iat <= before + 5);
    assert.deepEqual([Number(found.exp) - iat, Number(found.nbf) - iat], [3600, 600]);
  });

  test('has nothing else', async () => {
    assert.deepEqual(Object.keys(claimsOf(await made(''))), ['iat']);
    const aud = claimsOf(await made('<Audience>a</Audience><Id ref="id"/>', { id: '7' }));
    assert.deepEqual([aud.aud, aud.jti], ['a', '7']);
  });

  test('has further claims by type', async () => {
    const inner = claims(
      claim('name="s" ref="none"', 'dflt') +
        claim('name="n" type="number"', '7.5') +
        claim('name="b" type="boolean" ref="b"') +
        claim('name="m" type="map"', '{"u":"{u}"}') +
        claim('name="o" type="map" ref="o"') +
        claim('name="l" array="true" ref="l"') +
        claim('name="k" array="true" type="number"', '1,2'),
    );
    const found = claimsOf(await made(inner, { b: 'TRUE', u: 'ada', o: { x: 1 }, l: ['a', 'b'] }));
    delete found.iat;
    assert.deepEqual(found, { s: 'dflt', n: 7.5, b: true, m: { u: 'ada' }, o: { x: 1 }, l: ['a', 'b'], k: [1, 2] });
  });

  test('takes a JSON object of claims, registered ones too', async () => {
    const found = claimsOf(
      await made('<Subject>ada</Subject><AdditionalClaims ref="j"/>', { j: '{"sub":"eve","x":[1]}' }),
    );
    assert.deepEqual([found.sub, found.x], ['eve', [1]]);
  });

  test('has further headers and critical ones', async () => {
    const inner =
      '<AdditionalHeaders><Claim name="x">1</Claim></AdditionalHeaders><CriticalHeaders>x, y</CriticalHeaders>';
    assert.deepEqual(headerOf(await made(inner)), { typ: 'JWT', alg: 'HS256', x: '1', crit: ['x', 'y'] });
  });

  test('names its key, and goes where OutputVariable says', async () => {
    const inner = `<Algorithm>PS256</Algorithm>${privateKey.replace('</PrivateKey>', '<Id>k1</Id></PrivateKey>')}<OutputVariable>o</OutputVariable>`;
    const token = (await run(GenerateJWT, inner)).read('o');
    assert.deepEqual(headerOf(token), { typ: 'JWT', alg: 'PS256', kid: 'k1' });
    const exchange = await run(VerifyJWT, `<Algorithm>PS256</Algorithm><Source>t</Source>${publicKey}`, { t: token });
    assert.equal(exchange.read('jwt.P.valid'), true);
  });

  for (const [encoding, key] of [
    ['base16', '61'.repeat(32)],
    ['base64', Buffer.from('a'.repeat(32)).toString('base64')],
    ['base64url', Buffer.from('a'.repeat(32)).toString('base64url')],
    ['utf-8', 'a'.repeat(32)],
  ] as const) {
    test(`with a key in ${encoding}`, async () => {
      const keyed = `<SecretKey encoding="${encoding}"><Value ref="private.k"/></SecretKey>`;
      const token = (await run(GenerateJWT, `<Algorithm>HS256</Algorithm>${keyed}`, { 'private.k': key })).read(
        'jwt.P.generated_jwt',
      );
      const check = `<Algorithm>HS256</Algorithm><Source>t</Source>${secretKey}`;
      const exchange = await run(VerifyJWT, check, { t: token, 'private.k': 'a'.repeat(32) });
      assert.equal(exchange.read('jwt.P.valid'), true);
    });
  }
});

describe('an encrypted token', () => {
  const sides: readonly (readonly [
    key: string,
    make: string,
    read: string,
    variables: Readonly<Record<string, unknown>>,
  ])[] = [
    ['RSA-OAEP-256', publicKey, privateKey, {}],
    ['A256KW', secretKey, secretKey, { 'private.k': 'k'.repeat(32) }],
    [
      'dir',
      '<DirectKey><Value ref="private.d"/></DirectKey>',
      '<DirectKey><Value ref="private.d"/></DirectKey>',
      { 'private.d': Buffer.alloc(32, 7).toString('base64') },
    ],
    [
      'PBES2-HS512+A256KW',
      '<PasswordKey><Value ref="private.k"/><PBKDF2Iterations>1000</PBKDF2Iterations></PasswordKey>',
      '<PasswordKey><Value ref="private.k"/></PasswordKey>',
      {},
    ],
  ];
  for (const [algorithm, make, read, variables] of sides) {
    test(algorithm, async () => {
      const algorithms = `<Algorithms><Key>${algorithm}</Key><Content>A256GCM</Content></Algorithms>`;
      const inner = `${algorithms}${make}<Subject>ada</Subject><Compress>true</Compress>`;
      const token = String((await run(GenerateJWT, inner, variables)).read('jwt.P.generated_jwt'));
      assert.deepEqual([parseHeader(token).header.typ, parseHeader(token).header.zip], ['JWT', 'DEF']);
      const check = `<Type>Encrypted</Type>${algorithms}${read}<Source>t</Source><Subject>ada</Subject>`;
      const exchange = await run(VerifyJWT, check, { ...variables, t: token });
      assert.equal(exchange.read('jwt.P.claim.sub'), 'ada');
      assert.match(
        await failure(VerifyJWT, check, { ...variables, t: `${token.slice(0, -5)}AAAAA` }),
        /^DecryptionFailed/,
      );
      assert.match(
        await failure(VerifyJWT, check.replace('A256GCM', 'A128GCM'), { ...variables, t: token }),
        /^(AlgorithmMismatch|InvalidSecretKey)/,
      );
    });
  }
});

describe('failures', () => {
  for (const [inner, variables, expected] of [
    ['<Subject ref="none"/>', {}, 'FailedToResolveVariable: Failed to resolve variable: policy(P) variable(none)'],
    [claims(claim('name="a" ref="none"')), {}, 'FailedToResolveVariable'],
    [claims(claim('name="a" type="number" ref="v"')), { v: 'x' }, 'GenerationFailed'],
    ['<AdditionalClaims ref="v"/>', { v: '[]' }, 'InvalidJsonFormat'],
    ['<ExpiresIn ref="v"/>', { v: 'soon' }, 'InvalidConfiguration'],
    ['', { 'private.k': 'short' }, 'InsufficientKeyLength: Insufficient key length: policy(P)'],
    ['', { 'private.k': undefined }, 'InvalidSecretKey'],
    ['<OutputVariable>v.w</OutputVariable>', { v: 1 }, 'SetVariableFailed'],
  ] as const) {
    test(`${inner} ${JSON.stringify(variables)}`, async () => {
      assert.ok((await failure(GenerateJWT, hs + inner, variables)).startsWith(expected));
    });
  }

  test('a private key that is none', async () => {
    const inner = `<Algorithm>RS256</Algorithm>${privateKey}`;
    assert.match(await failure(GenerateJWT, inner, { 'private.pem': 'x' }), /^InvalidPrivateKey/);
    assert.match(await failure(GenerateJWT, inner.replace('RS256', 'ES256')), /^WrongKeyType/);
  });

  test('what is to be ignored is left out', async () => {
    const ignoring = '<Subject ref="none"/><IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables>';
    assert.deepEqual(Object.keys(claimsOf(await made(ignoring + claims(claim('name="a" ref="none"'))))), ['iat']);
  });
});

describe('times', () => {
  const day = Date.UTC(2017, 7, 14);
  for (const [text, expected] of [
    ['2017-08-14T11:00:21.269-0700', day + 18 * 3_600_000 + 21_269],
    ['2017-08-14T11:00:21Z', day + 11 * 3_600_000 + 21_000],
    ['2017-08-14T11:00:21', day + 11 * 3_600_000 + 21_000],
    ['Mon, 14 Aug 2017 11:00:21 PDT', day + 18 * 3_600_000 + 21_000],
    ['Monday, 14-Aug-17 11:00:21 PDT', day + 18 * 3_600_000 + 21_000],
    ['Mon Aug 14 11:00:21 2017', day + 11 * 3_600_000 + 21_000],
    ['6h', 1000 + 6 * 3_600_000],
    ['soon', undefined],
    ['14', 1014],
  ] as const) {
    test(text, () => assert.equal(parseMoment(text, 1000), expected));
  }

  test('durations', () => {
    const found = ['500', '500ms', '2s', ' 3 m ', '1H', '7d', '', '1w', '-1s', '1.5h', '9999999999999999'].map(
      parseDuration,
    );
    const none = undefined;
    assert.deepEqual(found, [500, 500, 2000, 180_000, 3_600_000, 604_800_000, none, none, none, none, none]);
  });

  test('as text', () => {
    assert.equal(formatMoment(Date.UTC(2017, 8, 28, 21, 30, 45)), '2017-09-28T21:30:45.000+0000');
    assert.deepEqual([3_599_926, 90_000_001, -1500].map(formatRemaining), [
      '00:59:59.926',
      '25:00:00.001',
      '-00:00:01.500',
    ]);
  });
});

describe('mistakes', () => {
  for (const [inner, expected] of [
    [secretKey, /ZH340 .*MissingConfigurationElement/],
    ['<Algorithm>none</Algorithm>', /ZH340 "none" is no signing algorithm/],
    [`<Algorithm>HS256,HS384</Algorithm>${secretKey}`, /ZH340 A token is signed with one/],
    [`<Algorithm>RS256</Algorithm>${secretKey}`, /ZH341 <SecretKey> is no key for this algorithm/],
    ['<Algorithm>RS256</Algorithm>', /ZH341 This algorithm needs <PrivateKey>/],
    ['<Algorithm>HS256</Algorithm><SecretKey/>', /ZH342/],
    ['<Algorithm>HS256</Algorithm><SecretKey><Value ref="k"/></SecretKey>', /ZH321/],
    ['<Algorithm>HS256</Algorithm><SecretKey><Value>abc</Value></SecretKey>', /ZH320/],
    [
      `${hs}<AdditionalClaims><Claim name="iss">x</Claim></AdditionalClaims>`,
      /ZH344 Invalid name for additional claim : policy\(P\) claim\(iss\)/,
    ],
    [`${hs}<AdditionalClaims><Claim>x</Claim></AdditionalClaims>`, /ZH344 .*MissingNameForAdditionalClaim/],
    [`${hs}<AdditionalHeaders><Claim name="alg">x</Claim></AdditionalHeaders>`, /ZH344/],
    [`${hs}<AdditionalClaims><Claim name="a" type="number">x</Claim></AdditionalClaims>`, /ZH345/],
    [`${hs}<AdditionalClaims><Claim name="a" type="date">x</Claim></AdditionalClaims>`, /ZH013/],
    [`${hs}<AdditionalClaims><Claim name="a" array="many">x</Claim></AdditionalClaims>`, /ZH013/],
    [`${hs}<ExpiresIn>1 year</ExpiresIn>`, /ZH346/],
    [`${hs}<NotBefore>tomorrow</NotBefore>`, /ZH346/],
    [`${hs}<Compress>true</Compress>`, /warning ZH347/],
    ['<Type>Encrypted</Type>', /ZH340 An encrypted token needs/],
    [
      `${hs}<Algorithms><Key>dir</Key><Content>A128GCM</Content></Algorithms>`,
      /ZH340 <Algorithms> does not go with a token that is signed/,
    ],
    ['<Algorithms><Key>RSA1_5</Key><Content>A128GCM</Content></Algorithms>', /ZH013/],
  ] as const) {
    test(inner, () => assert.match(mistakesOf(GenerateJWT, inner).join('\n'), expected));
  }
});
