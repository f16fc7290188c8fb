import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BodyNeed } from '../../runtime/message/body-need.ts';
import { JSONThreatProtection } from '../../runtime/policies/JSONThreatProtection.ts';
import { checkJson, JsonRefused } from '../../runtime/policies/json-limits.ts';
import { listed } from '../support/diagnostics.ts';
import { exchangeOf, responseOf } from '../support/exchange.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';
import { Random } from '../support/random.ts';

function compile(inner: string) {
  const text = `<JSONThreatProtection name="JT">${inner}</JSONThreatProtection>`;
  const policy = compilePolicy(JSONThreatProtection, text);
  assert.deepEqual(listed(policy.diagnostics), []);
  return policy;
}

const json = { 'Content-Type': 'application/json; charset=utf-8' };

async function refusal(inner: string, body: string): Promise<string | undefined> {
  const { step } = compile(inner);
  const exchange = exchangeOf({ verb: 'POST', headers: json, body });
  try {
    await step(exchange);
    return undefined;
  } catch {
    const fault = await faultOf(step, exchange);
    assert.equal(fault.code, 'steps.jsonthreatprotection.ExecutionFailed');
    assert.equal(fault.status, 500);
    const start = 'JSONThreatProtection[JT]: Execution failed. reason: ';
    assert.ok(fault.faultstring.startsWith(start), fault.faultstring);
    return fault.faultstring.slice(start.length);
  }
}

describe('limits', () => {
  const facts: readonly (readonly [limit: string, passes: string, fails: string, text: string])[] = [
    [
      '<ArrayElementCount>2</ArrayElementCount>',
      '[[1,2],[3,4]]',
      '[1,\n2,3]',
      'Exceeded array element count at line 2',
    ],
    ['<ArrayElementCount>0</ArrayElementCount>', '[]', '[1]', 'Exceeded array element count at line 1'],
    ['<ContainerDepth>2</ContainerDepth>', '{"a":[],"b":{}}', '{"a":[\n\n[]]}', 'Exceeded container depth at line 3'],
    ['<ContainerDepth>0</ContainerDepth>', '1', '[]', 'Exceeded container depth at line 1'],
    [
      '<ObjectEntryCount>2</ObjectEntryCount>',
      '[{"a":1,"b":{"a":1,"b":2}}]',
      '{"a":1,"b":2,"a":3}',
      'Exceeded object entry count at line 1',
    ],
    [
      '<ObjectEntryNameLength>2</ObjectEntryNameLength>',
      '{"ab":"abc","\\u00e9\\n":1}',
      '{"abc":1}',
      'Exceeded object entry name length at line 1',
    ],
    [
      '<StringValueLength>2</StringValueLength>',
      '{"abc":"ab","b":["\\\\\\""]}',
      '["abc"]',
      'Exceeded string value length at line 1',
    ],
  ];
  for (const [limit, passes, fails, text] of facts) {
    test(limit, async () => {
      assert.equal(await refusal(limit, passes), undefined);
      assert.equal(await refusal(limit, fails), `JSONThreatProtection[JT]: ${text}`);
      assert.equal(await refusal(limit.replace(/\d/, '-1'), fails), undefined);
    });
  }

  test('none at all', async () => {
    assert.equal(await refusal('', '{"a":[[[[["'.concat('x'.repeat(1000), '"]]]]]}')), undefined);
  });
});

describe('what is no JSON', () => {
  const facts: readonly (readonly [string, string])[] = [
    ['{"a"\n\n1}', 'Expecting : at line 3'],
    ['{"a":', 'Expecting a value at line 1'],
    ['[1 2]', 'Expecting , or ] at line 1'],
    ['{"a":1,}', 'Expecting " at line 1'],
    ['[1,]', 'Expecting a value at line 1'],
    ['{a:1}', 'Expecting " at line 1'],
    ['["a\nb"]', 'Expecting " at line 1'],
    ['["\\x"]', 'Expecting an escape at line 1'],
    ['[]\n[]', 'Expecting end of text at line 2'],
    ['nul', 'Expecting a value at line 1'],
    ['   ', 'Expecting a value at line 1'],
    ['{"a":1]', 'Expecting , or } at line 1'],
  ];
  for (const [body, text] of facts) test(JSON.stringify(body), async () => assert.equal(await refusal('', body), text));

  test('is what JSON.parse refuses', () => {
    const pieces = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"\\n"',
      '"',
      '1',
      '-',
      '0',
      '.5',
      'e3',
      'true',
      'null',
      ' ',
      '\n',
      '\\',
      '\t',
    ];
    const random = new Random(7);
    let valid = 0;
    const none = Number.POSITIVE_INFINITY;
    const limits = { arrayElements: none, depth: none, entries: none, nameLength: none, stringLength: none };
    for (let round = 0; round < 60_000; round++) {
      const text = random.text(8, pieces);
      const parses = succeeds(() => JSON.parse(text));
      if (parses) valid++;
      assert.equal(
        succeeds(() => checkJson(text, limits)),
        parses,
        text,
      );
    }
    assert.ok(valid > 500, `only ${valid} texts were JSON`);
  });
});

function succeeds(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch (error) {
    assert.ok(error instanceof SyntaxError || error instanceof JsonRefused, String(error));
    return false;
  }
}

test('a deep text takes no stack', async () => {
  assert.equal(await refusal('', '['.repeat(200_000) + ']'.repeat(200_000)), undefined);
  const limit = '<ContainerDepth>10</ContainerDepth>';
  assert.match((await refusal(limit, '{"a":'.repeat(200_000))) ?? '', /Exceeded container depth/);
});

describe('the source', () => {
  const { step } = compile('<ArrayElementCount>1</ArrayElementCount>');

  test('is the message of the flow', async () => {
    const response = responseOf({ headers: json, body: '[1,2]' });
    assert.equal((await faultOf(step, exchangeOf({ response }))).code, 'steps.jsonthreatprotection.ExecutionFailed');
    assert.equal(compile('<Source>request</Source>').needs, BodyNeed.request);
  });

  test('of another type, or without a payload, is not looked at', () => {
    step(exchangeOf({ headers: { 'Content-Type': 'text/plain' }, body: '[1,2]' }));
    step(exchangeOf({ body: '[1,2]' }));
    step(exchangeOf({ headers: json }));
  });

  test('of a +json type is', async () => {
    const exchange = exchangeOf({ headers: { 'Content-Type': 'application/hal+json' }, body: '[1,2]' });
    assert.equal((await faultOf(step, exchange)).faultName, 'ExecutionFailed');
  });

  test('is missing, or no message', async () => {
    const named = compile('<Source>flow.m</Source>').step;
    const missing = await faultOf(named, exchangeOf());
    assert.equal(missing.code, 'steps.jsonthreatprotection.SourceUnavailable');
    assert.equal(missing.faultstring, 'JSONThreatProtection[JT]:: Source flow.m is not available');
    const other = await faultOf(named, exchangeOf({ variables: { 'flow.m': '[]' } }));
    assert.equal(other.code, 'steps.jsonthreatprotection.NonMessageVariable');
    assert.equal(other.faultstring, 'JSONThreatProtection[JT]: Variable flow.m does not resolve to a Message');
  });
});

test('a limit that is no number', () => {
  const text = '<JSONThreatProtection name="JT"><ContainerDepth>deep</ContainerDepth></JSONThreatProtection>';
  assert.match(listed(compilePolicy(JSONThreatProtection, text).diagnostics)[0] ?? '', /error ZH013/);
});
