import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HMAC } from '../../runtime/policies/HMAC.ts';
import { listed } from '../support/diagnostics.ts';
import { exchangeOf } from '../support/exchange.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

function compile(inner: string, name = 'HM') {
  const policy = compilePolicy(HMAC, `<HMAC name="${name}">${inner}</HMAC>`);
  assert.deepEqual(listed(policy.diagnostics), []);
  return policy.step;
}

const hexKey = '<SecretKey ref="private.k" encoding="base16"/>';
const textKey = '<SecretKey ref="private.k"/>';

/** RFC 4231 sections 4.2 to 4.8: key, data (both hex), and the starts of the four results. */
const vectors: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
  [
    '0b'.repeat(20),
    Buffer.from('Hi There').toString('hex'),
    {
      'SHA-224': '896fb1128abbdf196832107cd49df33f47b4b1169912ba4f53684b22',
      'SHA-256': 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
      'SHA-384': 'afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6',
      'SHA-512':
        '87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854',
    },
  ],
  [
    Buffer.from('Jefe').toString('hex'),
    Buffer.from('what do ya want for nothing?').toString('hex'),
    {
      'SHA-224': 'a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44',
      'SHA-256': '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
      'SHA-384': 'af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649',
      'SHA-512':
        '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
    },
  ],
  [
    'aa'.repeat(131),
    Buffer.from('Test Using Larger Than Block-Size Key - Hash Key First').toString('hex'),
    {
      'SHA-224': '95e9a0db962095adaebe9b2d6f0dbce2d499f112f2d2b7273fa6870e',
      'SHA-256': '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    },
  ],
];

describe('results of RFC 4231', () => {
  for (const [key, data, results] of vectors) {
    for (const [algorithm, expected] of Object.entries(results)) {
      test(`${algorithm}, key of ${key.length / 2} bytes`, () => {
        const inner = `<Algorithm>${algorithm}</Algorithm>${hexKey}<Message>{m}</Message><Output encoding="hex">o</Output>`;
        const exchange = exchangeOf({ variables: { 'private.k': key, m: Buffer.from(data, 'hex').toString() } });
        compile(inner)(exchange);
        assert.equal(exchange.read('o'), expected);
      });
    }
  }

  test('MD-5 and SHA-1, RFC 2202', () => {
    const of = (algorithm: string) => {
      const exchange = exchangeOf({ variables: { 'private.k': 'Jefe', m: 'what do ya want for nothing?' } });
      const inner = `<Algorithm>${algorithm}</Algorithm>${textKey}<Message ref="m"/><Output encoding="base16">o</Output>`;
      compile(inner)(exchange);
      return exchange.read('o');
    };
    assert.equal(of('md5'), '750c783e6ab0b503eaa86e310a5db738');
    assert.equal(of('SHA1'), 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79');
  });
});

describe('the parts', () => {
  const sha256 = `<Algorithm>sha256</Algorithm>${textKey}`;
  const run = (inner: string, variables: Record<string, unknown> = {}) => {
    const exchange = exchangeOf({ variables: { 'private.k': 'k', ...variables } });
    compile(sha256 + inner)(exchange);
    return exchange;
  };

  test('the default output', () => {
    const exchange = run('<Message>a {v}\n</Message>', { v: 'b' });
    assert.equal(exchange.read('hmac.HM.message'), 'a b\n');
    assert.equal(exchange.read('hmac.HM.outputencoding'), 'base64');
    assert.match(String(exchange.read('hmac.HM.output')), /^[A-Za-z0-9+/]{43}=$/);
    const url = run('<Message>a</Message><Output encoding="Base64URL"/>').read('hmac.HM.output');
    assert.match(String(url), /^[A-Za-z0-9_-]{43}$/);
  });

  test('ref of Message counts before its text, and may be a template', () => {
    assert.equal(run('<Message ref="v">t</Message>', { v: 'x' }).read('hmac.HM.message'), 'x');
    assert.equal(run('<Message ref="{v}-{v}"/>', { v: 'x' }).read('hmac.HM.message'), 'x-x');
  });

  test('a variable without a value', async () => {
    for (const message of ['<Message>{none}</Message>', '<Message ref="none"/>']) {
      const fault = await faultOf(compile(sha256 + message), exchangeOf({ variables: { 'private.k': 'k' } }));
      assert.equal(fault.code, 'steps.hmac.UnresolvedVariable');
      assert.equal(fault.status, 401);
      const ignoring = `${message}<IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables>`;
      assert.equal(run(ignoring).read('hmac.HM.message'), '');
    }
  });

  for (const [variables, code] of [
    [{}, 'UnresolvedVariable'],
    [{ 'private.k': '' }, 'EmptySecretKey'],
    [{ 'private.k': 'zz' }, 'HmacCalculationFailed'],
    [{ 'private.k': 'abc' }, 'HmacCalculationFailed'],
  ] as const) {
    test(`the key ${JSON.stringify(variables)}`, async () => {
      const step = compile(`<Algorithm>sha256</Algorithm>${hexKey}<Message>m</Message>`);
      assert.equal((await faultOf(step, exchangeOf({ variables }))).faultName, code);
    });
  }
});

describe('verification', () => {
  const expected = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843';
  const message = 'what do ya want for nothing?';
  const verify = (value: unknown, encoding: string) => {
    const given = `<VerificationValue encoding="${encoding}" ref="v"/>`;
    const step = compile(`<Algorithm>SHA-256</Algorithm>${textKey}<Message>${message}</Message>${given}`);
    return { step, exchange: exchangeOf({ variables: { 'private.k': 'Jefe', v: value } }) };
  };
  const bytes = Buffer.from(expected, 'hex');

  for (const [encoding, value] of [
    ['hex', expected],
    ['base16', expected.toUpperCase()],
    ['base64', bytes.toString('base64')],
    ['base64', bytes.toString('base64').replace('=', '')],
    ['base64url', bytes.toString('base64url')],
  ] as const) {
    test(`of ${value} in ${encoding}`, () => {
      const { step, exchange } = verify(value, encoding);
      step(exchange);
      assert.equal(exchange.read('hmac.HM.output'), bytes.toString('base64'));
    });
  }

  for (const [encoding, value, code] of [
    ['hex', expected.replace('5', '6'), 'HmacVerificationFailed'],
    ['hex', expected.slice(2), 'HmacVerificationFailed'],
    ['hex', `${expected}00`, 'HmacVerificationFailed'],
    ['hex', `${expected}zz`, 'HmacVerificationFailed'],
    ['hex', expected.slice(0, -1), 'HmacVerificationFailed'],
    ['base64', expected, 'HmacVerificationFailed'],
    ['base64', '', 'EmptyVerificationValue'],
    ['base64', undefined, 'UnresolvedVariable'],
  ] as const) {
    test(`fails of ${value} in ${encoding}`, async () => {
      const { step, exchange } = verify(value, encoding);
      const fault = await faultOf(step, exchange);
      assert.equal(fault.faultName, code);
      assert.equal(fault.status, 401);
      assert.equal(exchange.read('hmac.HM.output'), undefined);
    });
  }
});

test('mistakes', () => {
  const found = (inner: string) => {
    return listed(compilePolicy(HMAC, `<HMAC name="HM">${inner}</HMAC>`).diagnostics).map((line) =>
      line.replace(/^\S+ /, ''),
    );
  };
  const good = `<Algorithm>sha256</Algorithm>${textKey}<Message>m</Message>`;
  assert.equal(found('').filter((line) => line.startsWith('error ZH012')).length, 3);
  assert.match(found(good.replace('sha256', 'sha3'))[0] ?? '', /error ZH013/);
  assert.match(found(good.replace('private.k', 'flow.k'))[0] ?? '', /error ZH321/);
  assert.match(found(good.replace('"/>', '">secret</SecretKey>'))[0] ?? '', /error ZH320 .*InvalidSecretInConfig/);
  assert.match(found(good.replace('<SecretKey', '<SecretKey encoding="rot13"'))[0] ?? '', /error ZH013/);
  assert.match(found(`${good}<VerificationValue/>`)[0] ?? '', /error ZH322/);
});
