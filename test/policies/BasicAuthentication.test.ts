import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BasicAuthentication } from '../../runtime/policies/BasicAuthentication.ts';
import { listed } from '../support/diagnostics.ts';
import { exchangeOf } from '../support/exchange.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

const names = '<User ref="flow.user"/><Password ref="private.pass"/>';

function decoder(more = '') {
  const inner = `<Operation>Decode</Operation>${names}<Source>request.header.Authorization</Source>${more}`;
  return compilePolicy(BasicAuthentication, `<BasicAuthentication name="BA">${inner}</BasicAuthentication>`).step;
}

function encoder(more = '', assignTo = '<AssignTo>request.header.Authorization</AssignTo>') {
  const inner = `<Operation>Encode</Operation>${names}${assignTo}${more}`;
  return compilePolicy(BasicAuthentication, `<BasicAuthentication name="BA">${inner}</BasicAuthentication>`).step;
}

const strict = '<IgnoreUnresolvedVariables>false</IgnoreUnresolvedVariables>';
const basic = (credentials: string) => `Basic ${Buffer.from(credentials).toString('base64')}`;

describe('Decode', () => {
  const good: readonly (readonly [string, string, string])[] = [
    ['Basic YWRhOmxvdmVsYWNl', 'ada', 'lovelace'],
    ['basic  YWRhOmxvdmVsYWNl ', 'ada', 'lovelace'],
    [basic('ada:a:b:c'), 'ada', 'a:b:c'],
    [basic(':'), '', ''],
    [basic('jürgen:pässwörd€'), 'jürgen', 'pässwörd€'],
    ['Basic YTpi', 'a', 'b'],
    ['Basic YTo', 'a', ''],
  ];
  for (const [header, user, password] of good) {
    test(`takes ${header} apart`, () => {
      const exchange = exchangeOf({ headers: { Authorization: header } });
      decoder()(exchange);
      assert.equal(exchange.read('flow.user'), user);
      assert.equal(exchange.read('private.pass'), password);
    });
  }

  for (const header of [
    'Bearer YTpi',
    'YTpi',
    'Basic',
    'Basic ',
    'Basic YT%i',
    'Basic YWRh',
    'Basic a',
    'Basic YT pi',
  ]) {
    test(`refuses "${header}"`, async () => {
      const fault = await faultOf(decoder(), exchangeOf({ headers: { Authorization: header } }));
      assert.equal(fault.code, 'steps.basicauthentication.InvalidBasicAuthenticationSource');
      assert.equal(fault.status, 500);
      const text = 'Source variable : request.header.Authorization for basic authentication decode policy is not valid';
      assert.equal(fault.faultstring, text);
    });
  }

  test('a source without a value', async () => {
    const fault = await faultOf(decoder(strict), exchangeOf());
    assert.equal(fault.code, 'steps.basicauthentication.UnresolvedVariable');
    assert.equal(fault.faultstring, 'Unresolved variable : request.header.Authorization');
    const exchange = exchangeOf({ variables: { 'flow.user': 'of before' } });
    decoder()(exchange);
    assert.equal(exchange.read('flow.user'), undefined);
  });

  test('a variable that cannot be set', async () => {
    const exchange = exchangeOf({ headers: { Authorization: basic('a:b') }, variables: { flow: 1 } });
    assert.equal((await faultOf(decoder(), exchange)).code, 'steps.basicauthentication.SetVariableFailed');
  });
});

describe('Encode', () => {
  test('writes a header', () => {
    const exchange = exchangeOf({ variables: { 'flow.user': 'ada', 'private.pass': 's3cret:é' } });
    encoder()(exchange);
    assert.equal(exchange.read('request.header.authorization'), basic('ada:s3cret:é'));
  });

  test('replaces what is there only with createNew', () => {
    const options = { headers: { Authorization: 'x' }, variables: { 'flow.user': 'a', 'private.pass': 'b' } };
    for (const [createNew, expected] of [
      ['', 'x'],
      [' createNew="false"', 'x'],
      [' createNew="true"', 'Basic YTpi'],
    ] as const) {
      const exchange = exchangeOf(options);
      encoder('', `<AssignTo${createNew}>request.header.Authorization</AssignTo>`)(exchange);
      assert.equal(exchange.read('request.header.authorization'), expected);
    }
  });

  test('a part without a value is empty, or a fault', async () => {
    const options = { variables: { 'flow.user': 'a' } };
    const exchange = exchangeOf(options);
    encoder()(exchange);
    assert.equal(exchange.read('request.header.authorization'), 'Basic YTo=');
    const fault = await faultOf(encoder(strict), exchangeOf(options));
    assert.equal(fault.faultstring, 'Unresolved variable : private.pass');
  });
});

test('mistakes', () => {
  const found = (inner: string) => {
    const { diagnostics } = compilePolicy(
      BasicAuthentication,
      `<BasicAuthentication name="BA">${inner}</BasicAuthentication>`,
    );
    return listed(diagnostics).map((line) => line.replace(/^\S+ /, ''));
  };
  assert.deepEqual(found('<Operation>Encode</Operation><User/><Source>s</Source>'), [
    'error ZH300 <User> names no variable (UserNameRequired).',
    'error ZH300 <Password> names no variable (PasswordRequired).',
    'error ZH301 Encode needs <AssignTo> (AssignToRequired).',
    'warning ZH302 <Source> has no effect with Encode.',
  ]);
  assert.deepEqual(found(`<Operation>Decode</Operation>${names}<AssignTo>a</AssignTo>`), [
    'error ZH301 Decode needs <Source> (SourceRequired).',
    'warning ZH302 <AssignTo> has no effect with Decode.',
  ]);
  assert.match(found('<Operation>Check</Operation>')[0] ?? '', /ZH013/);
});
