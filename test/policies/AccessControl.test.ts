import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AccessControl } from '../../runtime/policies/AccessControl.ts';
import { type ExchangeOptions, exchangeOf } from '../support/exchange.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

const allowNet = '<MatchRule action="ALLOW"><SourceAddress mask="24">198.51.100.0</SourceAddress></MatchRule>';
const denyOne = '<MatchRule action="DENY"><SourceAddress mask="32">198.51.100.1</SourceAddress></MatchRule>';

function xml(rules: string, otherwise: string, more = ''): string {
  return `<AccessControl name="AC"><IPRules noRuleMatchAction="${otherwise}">${rules}</IPRules>${more}</AccessControl>`;
}

function compile(text: string) {
  const { step, diagnostics } = compilePolicy(AccessControl, text);
  assert.deepEqual(
    diagnostics.map((one) => one.message),
    [],
  );
  return step;
}

async function refused(text: string, options: ExchangeOptions, address: string): Promise<void> {
  const fault = await faultOf(compile(text), exchangeOf(options));
  assert.equal(fault.code, 'steps.accesscontrol.IPDeniedAccess');
  assert.equal(fault.status, 403);
  assert.equal(fault.faultstring, `Access Denied for client ip : ${address}`);
}

function admitted(text: string, options: ExchangeOptions): void {
  assert.equal(compile(text)(exchangeOf(options)), undefined);
}

const forwarded = (value: string): ExchangeOptions => ({ headers: { 'x-forwarded-for': value } });

describe('rules', () => {
  test('without a rule noRuleMatchAction decides', async () => {
    const denyAll = '<AccessControl name="AC"><IPRules noRuleMatchAction="DENY"/></AccessControl>';
    await refused(denyAll, {}, '203.0.113.7');
    await refused(denyAll, forwarded('127.0.0.1'), '127.0.0.1');
    await refused(denyAll, { headers: { 'true-client-ip': '127.0.0.1' } }, '127.0.0.1');
    admitted('<AccessControl name="AC"><IPRules noRuleMatchAction="ALLOW"/></AccessControl>', {});
  });

  test('the first rule that matches decides', async () => {
    const text = xml(denyOne + allowNet, 'DENY');
    await refused(text, forwarded('198.51.100.1'), '198.51.100.1');
    admitted(text, forwarded('198.51.100.2'));
    await refused(text, forwarded('198.51.101.2'), '198.51.101.2');
  });

  test('a rule may have several addresses', async () => {
    const addresses = '<SourceAddress mask="32">192.0.2.1</SourceAddress><SourceAddress>2001:db8::1</SourceAddress>';
    const text = xml(`<MatchRule action="DENY">${addresses}</MatchRule>`, 'ALLOW');
    await refused(text, forwarded('192.0.2.1'), '192.0.2.1');
    await refused(text, forwarded('2001:DB8:0::1'), '2001:DB8:0::1');
    admitted(text, forwarded('2001:db8::2'));
  });

  test('a mapped address is the IPv4 address, in rules too', async () => {
    await refused(xml(denyOne, 'ALLOW'), { client: { ip: '::ffff:198.51.100.1' } }, '::ffff:198.51.100.1');
    const mapped = '<MatchRule action="DENY"><SourceAddress mask="120">::ffff:192.0.2.0</SourceAddress></MatchRule>';
    await refused(xml(mapped, 'ALLOW'), forwarded('192.0.2.77'), '192.0.2.77');
  });

  test('a text that is no address matches no rule', async () => {
    const everybody = '<MatchRule action="ALLOW"><SourceAddress mask="0">0.0.0.0</SourceAddress></MatchRule>';
    await refused(xml(everybody, 'DENY'), forwarded('unknown'), 'unknown');
    admitted(xml(denyOne, 'ALLOW'), forwarded('unknown'));
  });

  test('addresses and masks may come from variables', async () => {
    const rule = '<MatchRule action="DENY"><SourceAddress mask="{acl.mask}">{acl.ip}</SourceAddress></MatchRule>';
    const step = compile(xml(rule, 'ALLOW'));
    const run = (ip: string, mask: string) =>
      exchangeOf({ ...forwarded('10.1.2.3'), variables: { 'acl.ip': ip, 'acl.mask': mask } });
    assert.equal((await faultOf(step, run('10.1.0.0', '16'))).faultName, 'IPDeniedAccess');
    assert.equal(step(run('10.2.0.0', '16')), undefined);
    assert.equal((await faultOf(step, run('10.2.0.0', '8'))).faultName, 'IPDeniedAccess');
    const wrong = await faultOf(step, run('nowhere', '8'));
    assert.equal(wrong.code, 'steps.accesscontrol.InvalidRulePattern');
    assert.equal(wrong.status, 500);
    assert.equal((await faultOf(step, exchangeOf({}))).faultName, 'InvalidRulePattern');
  });
});

describe('address', () => {
  test('every address of X-Forwarded-For counts unless one is chosen', async () => {
    const based = (mode: string) => `<ValidateBasedOn>X_FORWARDED_FOR_${mode}_IP</ValidateBasedOn>`;
    const ends = forwarded('198.51.100.9, 203.0.113.1, 198.51.100.1');
    await refused(xml(allowNet, 'DENY'), ends, '203.0.113.1');
    await refused(xml(allowNet, 'DENY', based('ALL')), ends, '203.0.113.1');
    await refused(xml(denyOne, 'ALLOW'), ends, '198.51.100.1');
    admitted(xml(denyOne, 'ALLOW', based('FIRST')), ends);
    await refused(xml(denyOne, 'ALLOW', based('LAST')), ends, '198.51.100.1');
    admitted(xml(allowNet, 'DENY', based('FIRST')), ends);
  });

  test('repeated X-Forwarded-For headers are one list', async () => {
    const headers = { 'x-forwarded-for': ['203.0.113.1', '198.51.100.1'] };
    await refused(
      xml(denyOne, 'ALLOW', '<ValidateBasedOn>X_FORWARDED_FOR_LAST_IP</ValidateBasedOn>'),
      { headers },
      '198.51.100.1',
    );
  });

  test('True-Client-IP goes first unless it is ignored or no address', async () => {
    const both = { headers: { 'true-client-ip': '198.51.100.2', 'x-forwarded-for': '203.0.113.1' } };
    admitted(xml(allowNet, 'DENY'), both);
    const ignoring = xml(allowNet, 'DENY', '<IgnoreTrueClientIPHeader>true</IgnoreTrueClientIPHeader>');
    await refused(ignoring, both, '203.0.113.1');
    const neither = { headers: { 'true-client-ip': 'me', 'x-forwarded-for': '203.0.113.1' } };
    await refused(xml(allowNet, 'DENY'), neither, '203.0.113.1');
  });

  test('without headers the connection counts', async () => {
    await refused(xml(allowNet, 'DENY'), {}, '203.0.113.7');
    admitted(xml(allowNet, 'DENY'), { client: { ip: '198.51.100.7' } });
    await refused(xml(allowNet, 'DENY'), forwarded(''), '203.0.113.7');
  });

  test('ClientIPVariable overrides every header', async () => {
    const text = xml(allowNet, 'DENY', '<ClientIPVariable>my.ip</ClientIPVariable>');
    const headers = { 'true-client-ip': '198.51.100.2', 'x-forwarded-for': '198.51.100.2' };
    await refused(text, { headers, variables: { 'my.ip': '203.0.113.1' } }, '203.0.113.1');
    admitted(text, { headers: { 'true-client-ip': '203.0.113.1' }, variables: { 'my.ip': ' 198.51.100.2 ' } });
    for (const variables of [{ 'my.ip': 'not-an-ip' }, {}]) {
      const fault = await faultOf(compile(text), exchangeOf({ headers, variables }));
      assert.equal(fault.code, 'steps.accesscontrol.InvalidIPAddressInVariable');
      assert.equal(fault.status, 500);
    }
  });
});

describe('mistakes', () => {
  const messages = (text: string) =>
    compilePolicy(AccessControl, text).diagnostics.map(({ severity, message, hint }) => ({ severity, message, hint }));

  test('an address or a mask that is none is shown where it stands', () => {
    const source = (inside: string) => xml(`<MatchRule action="ALLOW">${inside}</MatchRule>`, 'DENY');
    const text = source('<SourceAddress mask="33">10.0.0.1</SourceAddress>');
    const [found] = compilePolicy(AccessControl, text).diagnostics;
    assert.equal(found?.severity, 'error');
    assert.equal(text.slice((found?.column ?? 0) - 1).slice(0, found?.length), '33');
    assert.match(messages(source('<SourceAddress mask="0">10.0.0.1</SourceAddress>'))[0]?.message ?? '', /mask/);
    const [cidr] = messages(source('<SourceAddress>10.0.0.0/8</SourceAddress>'));
    assert.equal(cidr?.hint, 'Write <SourceAddress mask="8">10.0.0.0</SourceAddress>.');
    assert.equal(messages(source('<SourceAddress mask="129">::1</SourceAddress>')).length, 1);
  });

  test('rules have to be there', () => {
    assert.equal(messages('<AccessControl name="AC"/>')[0]?.severity, 'error');
  });

  test('a missing action counts as ALLOW, with a warning', () => {
    const [found] = messages('<AccessControl name="AC"><IPRules/></AccessControl>');
    assert.equal(found?.severity, 'warning');
  });
});
