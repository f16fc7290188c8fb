import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import { Body } from '../../runtime/message/body.ts';
import { Message } from '../../runtime/message/message.ts';
import { RemoteKeySets } from '../../runtime/policies/key-set.ts';
import { privateKeyOf, secretKeyOf } from '../../runtime/policies/key-text.ts';
import { signingAlgorithms } from '../../runtime/policies/token-algorithms.ts';
import { signCompact } from '../../runtime/policies/token-signing.ts';
import { VerifyJWT } from '../../runtime/policies/VerifyJWT.ts';
import { assign, noTarget, preFlow, proxy, proxyEndpoint, step } from '../support/bundle-tree.ts';
import { exchangeOf } from '../support/exchange.ts';
import { call } from '../support/gateway.ts';
import { faultOf } from '../support/policy.ts';
import { suite } from '../support/suite.ts';
import {
  exchangeWith,
  failure,
  mistakesOf,
  privatePem,
  publicJwk,
  publicKey,
  publicPem,
  run,
  secret,
  secretKey,
  stepOf,
} from '../support/tokens.ts';

const now = Math.floor(Date.now() / 1000);

/** A token signed with the secret, or with the private key. */
function token(claims: object, header: Record<string, unknown> = {}, alg = 'HS256'): string {
  const algorithm = signingAlgorithms.get(alg);
  assert.ok(algorithm);
  const key = algorithm.family === 'secret' ? secretKeyOf(secret, 'utf8') : privateKeyOf(privatePem, undefined);
  const parts = signCompact({ alg, ...header }, Buffer.from(JSON.stringify(claims)), algorithm, key);
  return `${parts.header}.${parts.payload}.${parts.signature}`;
}

const hs = `<Algorithm>HS256</Algorithm><Source>t</Source>${secretKey}`;
const rs = `<Algorithm>RS256</Algorithm><Source>t</Source>${publicKey}`;

async function outcome(inner: string, t: string, variables: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const exchange = exchangeWith({ t, ...variables });
  try {
    await stepOf(VerifyJWT, inner)(exchange);
  } catch {
    assert.equal(exchange.read('jwt.P.valid'), false);
    assert.equal(exchange.read('jwt.P.claim.sub'), undefined);
    return (await failure(VerifyJWT, inner, { t, ...variables })).split(':')[0] ?? '';
  }
  assert.equal(exchange.read('jwt.P.valid'), true);
  return 'valid';
}

test('variables', async () => {
  const claims = {
    sub: 'ada',
    iss: 'i',
    aud: ['a', 'b'],
    exp: now + 3600,
    iat: now,
    nbf: now - 1,
    n: 3,
    m: { x: 1 },
    b: true,
  };
  const exchange = await run(VerifyJWT, hs, { t: token(claims, { typ: 'JWT', kid: 'k', x: [1] }) });
  const read = (name: string) => exchange.read(`jwt.P.${name}`);
  assert.deepEqual(
    ['claim.subject', 'claim.issuer', 'claim.audience', 'claim.expiry', 'claim.issuedat', 'claim.notbefore'].map(read),
    ['ada', 'i', ['a', 'b'], now + 3600, now, now - 1],
  );
  assert.deepEqual(['claim.n', 'claim.m', 'claim.b', 'decoded.claim.m', 'decoded.claim.n'].map(read), [
    3,
    '{"x":1}',
    true,
    '{"x":1}',
    '3',
  ]);
  assert.deepEqual(['header.algorithm', 'header.kid', 'header.type', 'header.x', 'decoded.header.x'].map(read), [
    'HS256',
    'k',
    'JWT',
    [1],
    '[1]',
  ]);
  assert.equal(read('payload-json'), JSON.stringify(claims));
  assert.deepEqual(read('payload-claim-names'), Object.keys(claims));
  assert.equal(JSON.parse(String(read('header-json'))).alg, 'HS256');
  assert.equal(read('is_expired'), false);
  assert.ok(Number(read('seconds_remaining')) > 3500);
  assert.match(String(read('time_remaining_formatted')), /^00:59:\d\d\.\d{3}$/);
  assert.match(String(read('expiry_formatted')), /\+0000$/);
});

test('the header Authorization without Source', async () => {
  const inner = `<Algorithm>HS256</Algorithm>${secretKey}`;
  for (const scheme of ['Bearer ', 'bearer ', '']) {
    const exchange = exchangeWith({}, { headers: { Authorization: scheme + token({ sub: 'a' }) } });
    await stepOf(VerifyJWT, inner)(exchange);
    assert.equal(exchange.read('jwt.P.claim.sub'), 'a');
  }
  const text = 'FailedToResolveVariable: Failed to resolve variable: policy(P) variable(request.header.authorization)';
  assert.equal(await failure(VerifyJWT, inner), text);
});

describe('whom a token comes from', () => {
  const good = token({ sub: 'a' });
  const [head = '', body = '', signature = ''] = good.split('.');
  const other = (header: object, sign = '') =>
    `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${body}.${sign}`;
  const confused = (): string => {
    const start = other({ alg: 'HS256' }).slice(0, -1);
    return `${start}.${createHmac('sha256', publicPem).update(start).digest('base64url')}`;
  };
  for (const [name, inner, t, expected] of [
    ['the right key', hs, good, 'valid'],
    ['RS256', rs, token({ sub: 'a' }, {}, 'RS256'), 'valid'],
    ['one of several', rs.replace('RS256', 'RS256, PS256'), token({ sub: 'a' }, {}, 'PS256'), 'valid'],
    [
      'none of several',
      rs.replace('RS256', 'RS256, RS384'),
      token({ sub: 'a' }, {}, 'PS256'),
      'AlgorithmInTokenNotPresentInConfiguration',
    ],
    ['another payload', hs, `${head}.${Buffer.from('{"sub":"b"}').toString('base64url')}.${signature}`, 'InvalidToken'],
    ['another header', hs, other({ alg: 'HS256', kid: 'x' }, signature), 'InvalidToken'],
    ['no signature', hs, `${head}.${body}.`, 'InvalidToken'],
    ['a shorter signature', hs, `${head}.${body}.${signature.slice(0, -4)}`, 'InvalidToken'],
    ['none', hs, other({ alg: 'none' }), 'AlgorithmMismatch'],
    ['None', rs, other({ alg: 'None' }), 'AlgorithmMismatch'],
    ['another algorithm', hs, token({ sub: 'a' }, {}, 'RS256'), 'AlgorithmMismatch'],
    ['an HMAC with the public key', rs, confused(), 'AlgorithmMismatch'],
    ['no algorithm', hs, other({ typ: 'JWT' }, signature), 'NoAlgorithmFoundInHeader'],
    ['an algorithm that is no text', hs, other({ alg: ['HS256'] }, signature), 'NoAlgorithmFoundInHeader'],
    ['no token', hs, 'abc', 'FailedToDecode'],
    ['five parts', hs, `${good}.a.b`, 'FailedToDecode'],
    ['a payload that is no JSON', hs, token([]), 'InvalidJsonFormat'],
  ] as const) {
    test(name, async () => assert.equal(await outcome(inner, t), expected));
  }

  test('the fault strings', async () => {
    const text =
      'AlgorithmMismatch: Algorithm in header did not match any algorithm specified in Configuration: policy(P) algorithm(none)';
    assert.equal(await failure(VerifyJWT, hs, { t: other({ alg: 'none' }) }), text);
    assert.equal(await failure(VerifyJWT, hs, { t: `${head}.${body}.AAAA` }), 'InvalidToken: Invalid token: policy(P)');
  });
});

describe('when it is good', () => {
  for (const [claims, more, expected] of [
    [{ exp: now + 60 }, '', 'valid'],
    [{ exp: now - 1 }, '', 'TokenExpired'],
    [{ exp: now - 60 }, '<TimeAllowance>2m</TimeAllowance>', 'valid'],
    [{ nbf: now + 60 }, '', 'TokenNotYetValid'],
    [{ nbf: now + 60 }, '<TimeAllowance>120s</TimeAllowance>', 'valid'],
    [{ iat: now + 60 }, '', 'TokenNotYetValid'],
    [{ iat: now + 60 }, '<IgnoreIssuedAt>true</IgnoreIssuedAt>', 'valid'],
    [{ exp: String(now + 60) }, '', 'InvalidClaim'],
    [{ exp: null }, '', 'InvalidClaim'],
    [{ iat: now, exp: now + 60 }, '<MaxLifespan>1m</MaxLifespan>', 'valid'],
    [{ iat: now, exp: now + 61 }, '<MaxLifespan>1m</MaxLifespan>', 'InvalidClaim'],
    [{ iat: now - 60, nbf: now, exp: now + 60 }, '<MaxLifespan>1m</MaxLifespan>', 'valid'],
    [{ iat: now - 60, nbf: now, exp: now + 60 }, '<MaxLifespan useIssueTime="true">1m</MaxLifespan>', 'InvalidClaim'],
    [{ iat: now }, '<MaxLifespan>1m</MaxLifespan>', 'InvalidClaim'],
  ] as const) {
    test(`${JSON.stringify(claims)} ${more}`, async () =>
      assert.equal(await outcome(hs + more, token(claims)), expected));
  }
});

describe('what it says', () => {
  const t = token(
    { sub: 'ada', iss: 'i', aud: ['a', 'b'], jti: '7', role: 'admin', n: 3, l: ['x', 'y'] },
    { env: 'test' },
  );
  for (const [more, expected] of [
    ['<Subject>ada</Subject><Issuer>i</Issuer><Audience>b</Audience><Id>7</Id>', 'valid'],
    ['<Subject>eve</Subject>', 'JwtSubjectMismatch'],
    ['<Subject ref="none"/>', 'FailedToResolveVariable'],
    ['<Subject ref="none"/><IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables>', 'JwtSubjectMismatch'],
    ['<Issuer>j</Issuer>', 'JwtIssuerMismatch'],
    ['<Audience>c</Audience>', 'JwtAudienceMismatch'],
    ['<Audience>a,b</Audience>', 'JwtAudienceMismatch'],
    ['<Id>8</Id>', 'InvalidClaim'],
    [
      '<AdditionalClaims><Claim name="role">admin</Claim><Claim name="n" type="number">3</Claim></AdditionalClaims>',
      'valid',
    ],
    ['<AdditionalClaims><Claim name="l" array="true">x,y</Claim></AdditionalClaims>', 'valid'],
    ['<AdditionalClaims><Claim name="n">3</Claim></AdditionalClaims>', 'InvalidClaim'],
    ['<AdditionalClaims><Claim name="other">3</Claim></AdditionalClaims>', 'InvalidClaim'],
    ['<AdditionalClaims><Claim name="toString">3</Claim></AdditionalClaims>', 'InvalidClaim'],
    ['<AdditionalHeaders><Claim name="env">test</Claim></AdditionalHeaders>', 'valid'],
    ['<AdditionalHeaders><Claim name="env">prod</Claim></AdditionalHeaders>', 'InvalidClaim'],
  ] as const) {
    test(more, async () => assert.equal(await outcome(hs + more, t), expected));
  }
});

describe('critical headers', () => {
  for (const [header, more, expected] of [
    [{ crit: ['x'], x: 1 }, '', 'UnhandledCriticalHeader'],
    [{ crit: ['x'], x: 1 }, '<KnownHeaders>y, x</KnownHeaders>', 'valid'],
    [{ crit: ['x'] }, '<KnownHeaders>x</KnownHeaders>', 'UnhandledCriticalHeader'],
    [{ crit: [] }, '<KnownHeaders>x</KnownHeaders>', 'UnhandledCriticalHeader'],
    [{ crit: 'x' }, '<KnownHeaders>x</KnownHeaders>', 'UnhandledCriticalHeader'],
    [{ crit: ['x'], x: 1 }, '<IgnoreCriticalHeaders>true</IgnoreCriticalHeaders>', 'valid'],
  ] as const) {
    test(`${JSON.stringify(header)} ${more}`, async () =>
      assert.equal(await outcome(hs + more, token({}, header)), expected));
  }
});

const set = (...jwks: readonly object[]) => JSON.stringify({ keys: jwks });
const jwk = { ...publicJwk, kid: 'k1' };
const signed = token({ sub: 'a' }, { kid: 'k1' }, 'RS256');

describe('public keys', () => {
  const within = (key: string) => `<Algorithm>RS256</Algorithm><Source>t</Source><PublicKey>${key}</PublicKey>`;
  const flat = publicPem.replaceAll('\n', ' ');
  for (const [name, key, t, variables, expected] of [
    ['in the bundle, indented', `<Value>\n   ${publicPem.replaceAll('\n', '\n   ')}</Value>`, signed, {}, 'valid'],
    ['on one line', '<Value ref="flat"/>', signed, { flat }, 'valid'],
    ['missing', '<Value ref="none"/>', signed, {}, 'InvalidPublicKey'],
    ['private', '<Value ref="v"/>', signed, { v: privatePem }, 'InvalidPublicKey'],
    ['a set', '<JWKS ref="set"/>', signed, { set: set({ ...jwk, kid: 'k0' }, jwk) }, 'valid'],
    ['a set in the bundle', `<JWKS>${set(jwk)}</JWKS>`, signed, {}, 'valid'],
    ['a set without the id', '<JWKS ref="set"/>', signed, { set: set({ ...jwk, kid: 'k2' }) }, 'NoMatchingPublicKey'],
    ['a token without an id', '<JWKS ref="set"/>', token({}, {}, 'RS256'), { set: set(jwk) }, 'KeyIdMissing'],
    ['a key for encryption', '<JWKS ref="set"/>', signed, { set: set({ ...jwk, use: 'enc' }) }, 'WrongKeyType'],
    ['a key of another algorithm', '<JWKS ref="set"/>', signed, { set: set({ ...jwk, alg: 'PS256' }) }, 'WrongKeyType'],
    [
      'a secret in a set',
      '<JWKS ref="set"/>',
      signed,
      { set: set({ kty: 'oct', k: 'AA', kid: 'k1' }) },
      'NoMatchingPublicKey',
    ],
    ['no set', '<JWKS ref="set"/>', signed, { set: '[]' }, 'KeyParsingFailed'],
    [
      'a broken key',
      '<JWKS ref="set"/>',
      signed,
      { set: set({ kty: 'RSA', e: 'AQAB', kid: 'k1' }) },
      'KeyParsingFailed',
    ],
  ] as const) {
    test(name, async () => assert.equal(await outcome(within(key), t, variables), expected));
  }

  test('by URI', async () => {
    const asked: string[] = [];
    const httpClient = (_: unknown, request: Message, url: string) => {
      asked.push(`${request.verb} ${url}`);
      const response = Message.response();
      response.body = Body.ofText(set(jwk));
      return Promise.resolve(response);
    };
    const verify = stepOf(VerifyJWT, within('<JWKS uri="https://id.example.com/jwks"/>'), { compiler: { httpClient } });
    const exchanges = [signed, signed, signed].map((t) => exchangeWith({ t }));
    await Promise.all(exchanges.map((one) => verify(one)));
    await verify(exchangeWith({ t: signed }));
    assert.deepEqual(asked, ['GET https://id.example.com/jwks']);
    const fault = await faultOf(verify, exchangeWith({ t: token({}, { kid: 'k9' }, 'RS256') }));
    assert.equal(fault.faultName, 'NoMatchingPublicKey');
  });
});

describe('sets of keys by URI', () => {
  const uri = 'https://id.example.com/jwks';
  const at = { now: 1_000_000 };
  const server = (answers: readonly (string | number)[]) => {
    let calls = 0;
    const sets = new RemoteKeySets(
      () => {
        const answer = answers[Math.min(calls++, answers.length - 1)];
        const response = Message.response();
        if (typeof answer === 'number') response.status = answer;
        else response.body = Body.ofText(answer ?? '');
        return Promise.resolve(response);
      },
      () => at.now,
    );
    return { get: (kid: string) => sets.get(exchangeOf(), uri, kid), calls: () => calls };
  };

  test('are kept for five minutes', async () => {
    const { get, calls } = server([set(jwk)]);
    await get('k1');
    at.now += 299_000;
    await get('k1');
    assert.equal(calls(), 1);
    at.now += 2_000;
    await get('k1');
    assert.equal(calls(), 2);
  });

  test('are fetched again for a new id, not too often', async () => {
    const { get, calls } = server([set(jwk), set(jwk, { ...jwk, kid: 'k2' })]);
    await get('k1');
    assert.equal((await get('k2')).has('k2'), false);
    at.now += 31_000;
    assert.equal((await get('k2')).has('k2'), true);
    for (let times = 0; times < 5; times++) await get('k3');
    assert.equal(calls(), 2);
  });

  for (const answer of [500, 302, 'text', 'x'.repeat(1_100_000)]) {
    test(`are none of ${String(answer).slice(0, 10)}`, async () => {
      await assert.rejects(async () => server([answer]).get('k1'), { reason: 'KeyParsingFailed' });
    });
  }

  test('are asked for again after a failure', async () => {
    const { get } = server([500, set(jwk)]);
    await assert.rejects(async () => get('k1'));
    assert.equal((await get('k1')).has('k1'), true);
  });
});

describe('mistakes', () => {
  for (const [inner, expected] of [
    [`<Algorithm>HS256,RS256</Algorithm>${secretKey}`, /ZH340 .*InvalidConfigurationForActionAndAlgorithmFamily/],
    ['<Algorithm>RS256</Algorithm><PrivateKey><Value ref="private.k"/></PrivateKey>', /ZH341 <PrivateKey> is no key/],
    ['<Algorithm>RS256</Algorithm><PublicKey/>', /ZH342 .*InvalidKeyConfiguration/],
    ['<Algorithm>RS256</Algorithm><PublicKey><Value ref="a"/><JWKS ref="b"/></PublicKey>', /ZH342/],
    ['<Algorithm>RS256</Algorithm><PublicKey><JWKS/></PublicKey>', /ZH342/],
    ['<Algorithm>RS256</Algorithm><PublicKey><Value>abc</Value></PublicKey>', /ZH343 .*InvalidPublicKeyValue/],
    [`${hs}<TimeAllowance>long</TimeAllowance>`, /ZH346/],
  ] as const) {
    test(inner, () => assert.match(mistakesOf(VerifyJWT, inner).join('\n'), expected));
  }
});

suite('keys from a server', {
  files: () => ({
    ...proxy(
      'keys',
      proxyEndpoint('/keys', preFlow(step('set')) + noTarget),
      assign('set', `<Set><Payload contentType="application/json">${set(jwk)}</Payload></Set>`),
    ),
    ...proxy(
      'guarded',
      proxyEndpoint('/guarded', preFlow(step('P')) + noTarget),
      '<VerifyJWT name="P"><Algorithm>RS256</Algorithm><PublicKey><JWKS uriRef="request.queryparam.uri" uri="http://127.0.0.1:1/jwks"/></PublicKey></VerifyJWT>',
    ),
  }),
  facts: [
    {
      name: 'an address where nobody answers',
      ask: { method: 'GET', path: '/guarded', headers: { Authorization: `Bearer ${signed}` } },
      status: 401,
      fault: ['steps.jwt.KeyParsingFailed', 'Failed to parse key: policy(P)'],
    },
  ],
  also: {
    'a set that this runtime serves itself, and one of another server': async (gateway, [upstream]) => {
      const ask = (uri: string) =>
        call(gateway.port, {
          path: `/guarded?uri=${encodeURIComponent(uri)}`,
          headers: { Authorization: `Bearer ${signed}` },
        });
      assert.equal((await ask(`http://127.0.0.1:${gateway.port}/keys`)).status, 200);
      assert.equal((await ask(`${upstream?.url}/no-set`)).status, 401);
      assert.equal(upstream?.seen.length, 1);
    },
  },
});
