import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadXPath } from '../../runtime/language/xpath.ts';
import { BodyNeed } from '../../runtime/message/body-need.ts';
import { RegularExpressionProtection } from '../../runtime/policies/RegularExpressionProtection.ts';
import { listed } from '../support/diagnostics.ts';
import { type ExchangeOptions, exchangeOf, responseOf } from '../support/exchange.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

const xpath = await loadXPath();

function compile(inner: string) {
  const text = `<RegularExpressionProtection name="RX">${inner}</RegularExpressionProtection>`;
  return compilePolicy(RegularExpressionProtection, text, { compiler: { xpath } });
}

const pattern = (text: string) => `<Pattern>${text}</Pattern>`;
const sql = pattern('[\\s]*(?i)((delete)|(exec)|(drop\\s*table)|(insert)|(shutdown)|(update)|(\\bor\\b))');
const json = { 'Content-Type': 'application/json' };
const xml = { 'Content-Type': 'text/xml' };
const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
const path = (expression: string, more = '') =>
  `<JSONPayload ${more}><JSONPath><Expression>${expression}</Expression>${pattern('bad')}</JSONPath></JSONPayload>`;
const xpathOf = (expression: string, type = '', match = 'bad') =>
  `<XMLPayload><Namespaces><Namespace prefix="n">urn:n</Namespace></Namespaces><XPath><Expression>${expression}</Expression>${type}${pattern(match)}</XPath></XMLPayload>`;

const facts: readonly {
  readonly of: string;
  readonly threat: ExchangeOptions;
  readonly harmless: ExchangeOptions;
  readonly input: string;
}[] = [
  {
    of: `<QueryParam name="q">${sql}</QueryParam>`,
    threat: { uri: '/v1?q=a&q=1%20OR%201' },
    harmless: { uri: '/v1?q=order&r=drop+table' },
    input: '1 OR 1',
  },
  {
    of: `<URIPath>${pattern('/internal/')}</URIPath>`,
    threat: { uri: '/v1/internal/a' },
    harmless: { uri: '/v1/external/?a=/internal/' },
    input: '/v1/internal/a',
  },
  {
    of: `<URIPath>${pattern('&lt;script')}</URIPath>`,
    threat: { uri: '/v1/%3Cscript%3e' },
    harmless: { uri: '/v1/script' },
    input: '/v1/<script>',
  },
  {
    of: `<Header name="x-a">${pattern('^bad$')}</Header>`,
    threat: { headers: ['X-A', 'good', 'x-a', 'bad'] },
    harmless: { headers: ['X-A', 'bad, good'] },
    input: 'bad',
  },
  {
    of: `<FormParam name="f">${pattern('bad')}</FormParam>`,
    threat: { headers: form, body: 'f=a+bad' },
    harmless: { headers: form, body: 'g=bad' },
    input: 'a bad',
  },
  {
    of: `<Variable name="flow.v">${pattern('bad')}</Variable>`,
    threat: { variables: { 'flow.v': 'bad' } },
    harmless: { variables: { 'flow.v': 'good' } },
    input: 'bad',
  },
  {
    of: path('$.a.b'),
    threat: { headers: json, body: '{"a":{"b":"x bad"}}' },
    harmless: { headers: json, body: '{"a":{"c":"bad"}}' },
    input: 'x bad',
  },
  {
    of: path('$..b'),
    threat: { headers: json, body: '[{"b":1},{"b":["x","bad"]}]' },
    harmless: { headers: json, body: '{"b":[null]}' },
    input: 'bad',
  },
  {
    of: path('$.a'),
    threat: { headers: json, body: '{"a":{"k":"bad"}}' },
    harmless: { headers: { 'Content-Type': 'text/plain' }, body: '{"a":"bad"}' },
    input: '{"k":"bad"}',
  },
  {
    of: path('$.a', 'escapeSlashCharacter="true"'),
    threat: { headers: json, body: '{"a":"bad/"}' },
    harmless: { headers: json, body: '' },
    input: 'bad\\/',
  },
  {
    of: xpathOf('/n:a/b'),
    threat: { headers: xml, body: '<a xmlns="urn:n"><b xmlns="">bad</b></a>' },
    harmless: { headers: xml, body: '<a><b>bad</b></a>' },
    input: 'bad',
  },
  {
    of: xpathOf('//b', '<Type>nodeset</Type>'),
    threat: { headers: xml, body: '<a><b/><b>bad</b></a>' },
    harmless: { headers: json, body: '<b>bad</b>' },
    input: '<b/><b>bad</b>',
  },
  {
    of: xpathOf('count(//b)', '<Type>integer</Type>', '[2-9]'),
    threat: { headers: xml, body: '<a><b/><b/></a>' },
    harmless: { headers: xml, body: '<a><b/></a>' },
    input: '2',
  },
];

describe('a pattern', () => {
  for (const { of, threat, harmless, input } of facts) {
    test(`in ${of}`, async () => {
      const { step, diagnostics } = compile(of);
      assert.deepEqual(listed(diagnostics), []);
      await step(exchangeOf(harmless));
      const fault = await faultOf(step, exchangeOf(threat));
      assert.equal(fault.code, 'steps.regexprotection.ThreatDetected');
      assert.equal(fault.status, 500);
      const text = /^Regular Expression Threat Detected in RX: regex: (.*) input: (.*)$/.exec(fault.faultstring);
      assert.equal(text?.[2], input);
    });
  }

  test('is found in a long text too, and the fault shows its start', async () => {
    const { step } = compile(`<Variable name="v">${sql}</Variable>`);
    const long = `${' '.repeat(20_000)}shutdown`;
    const fault = await faultOf(step, exchangeOf({ variables: { v: long } }));
    assert.equal(fault.faultName, 'ThreatDetected');
    assert.ok(fault.faultstring.length < 1200);
    await step(exchangeOf({ variables: { v: 'x'.repeat(100_000) } }));
  });

  test('in many short texts costs no more at once than in a long one', async () => {
    const { step } = compile(path('$..a').replace('>bad<', '>\\s*(bad)|(worse)<'));
    const body = JSON.stringify(Array.from({ length: 20_000 }, () => ({ a: ' '.repeat(80) })));
    const outcome = step(exchangeOf({ headers: json, body }));
    assert.ok(outcome instanceof Promise);
    await outcome;
    const last = body.replace(/ "}]$/, 'bad"}]');
    const fault = await faultOf(step, exchangeOf({ headers: json, body: last }));
    assert.equal(fault.faultName, 'ThreatDetected');
  });

  test('that goes astray is cut off, and nothing passes', async () => {
    const { step, diagnostics } = compile(`<Variable name="v">${pattern('^(a+)+$')}</Variable>`);
    assert.match(listed(diagnostics)[0] ?? '', /warning ZH333/);
    const fault = await faultOf(step, exchangeOf({ variables: { v: `${'a'.repeat(60)}!` } }));
    assert.equal(fault.code, 'steps.regexprotection.ExecutionFailed');
    assert.match(
      fault.faultstring,
      /^Failed to execute the RegularExpressionProtection StepDefinition RX\. Reason: The search took longer/,
    );
    assert.equal((await faultOf(step, exchangeOf({ variables: { v: 'aaa' } }))).faultName, 'ThreatDetected');
  });
});

describe('what is missing', () => {
  const header = `<Header name="x">${pattern('bad')}</Header>`;
  test('parameters and headers are no fault', () => compile(header).step(exchangeOf()));

  test('a variable is, unless ignored', async () => {
    const inner = `<Variable name="v">${pattern('bad')}</Variable>`;
    const fault = await faultOf(compile(inner).step, exchangeOf());
    assert.equal(fault.code, 'steps.regexprotection.VariableResolutionFailed');
    assert.equal(fault.faultstring, 'Failed to resolve variable v');
    compile(`${inner}<IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables>`).step(exchangeOf());
  });

  test('the source', async () => {
    const { step } = compile(`<Source>m</Source>${header}`);
    const missing = await faultOf(step, exchangeOf());
    assert.equal(missing.code, 'steps.regexprotection.SourceMessageNotAvailable');
    assert.equal(missing.faultstring, 'm message is not available for RegularExpressionProtection StepDefinition RX');
    const other = await faultOf(step, exchangeOf({ variables: { m: 'text' } }));
    assert.equal(other.code, 'steps.regexprotection.NonMessageVariable');
    assert.equal(other.faultstring, 'Variable m does not resolve to a Message');
  });
});

test('the source is the message of the flow, in memory only when its payload is looked at', async () => {
  const headers = compile(`<Header name="x">${pattern('bad')}</Header>`);
  const response = responseOf({ headers: { x: 'bad' } });
  assert.equal((await faultOf(headers.step, exchangeOf({ response }))).faultName, 'ThreatDetected');
  assert.equal(headers.needs, BodyNeed.none);
  assert.equal(compile(path('$.a')).needs, BodyNeed.current);
});

for (const [headers, body] of [
  [json, '{"a":'],
  [xml, '<a>'],
  [xml, '<!DOCTYPE a><a/>'],
] as const) {
  test(`the payload ${body}`, async () => {
    const fault = await faultOf(compile(path('$.a') + xpathOf('/a')).step, exchangeOf({ headers, body }));
    assert.equal(fault.code, 'steps.regexprotection.ExecutionFailed');
  });
}

test('$. is the whole payload, as JSON', async () => {
  const { step, diagnostics } = compile(path('$.').replace('>bad<', '>n\\\\n\\s*line<'));
  assert.match(listed(diagnostics)[0] ?? '', /warning PO040/);
  const fault = await faultOf(step, exchangeOf({ headers: json, body: '{ "a": "n\\n line" }' }));
  assert.match(fault.faultstring, /input: {"a":"n\\n line"}$/);
});

test('mistakes', () => {
  const found = (inner: string) => listed(compile(inner).diagnostics).map((line) => line.replace(/^\S+ /, ''));
  assert.deepEqual(found(''), ['error ZH330 The policy looks at nothing (NothingToEnforce).']);
  assert.deepEqual(found('<URIPath/>'), ['error ZH331 There is no pattern here (NoPatternsToEnforce).']);
  assert.match(found(`<URIPath>${pattern('a(')}</URIPath>`)[0] ?? '', /error ZH332 .*InvalidRegularExpression/);
  assert.match(found(path(''))[0] ?? '', /error PO040 .*EmptyJSONPathExpression/);
  assert.match(found(path('$.a['))[0] ?? '', /error PO040 .*JSONPathCompilationFailed/);
  assert.match(found(xpathOf(''))[0] ?? '', /error ZH145/);
  assert.match(found(xpathOf('/a['))[0] ?? '', /error ZH146/);
  assert.match(found(xpathOf('/m:a'))[0] ?? '', /error ZH146/);
  assert.match(found(xpathOf('count(//a)', '<Type>nodeset</Type>'))[0] ?? '', /error ZH148/);
  const twice = '<Namespaces><Namespace prefix="n">u</Namespace><Namespace prefix="n">u</Namespace></Namespaces>';
  assert.match(
    found(`<XMLPayload>${twice}<XPath><Expression>/a</Expression>${pattern('a')}</XPath></XMLPayload>`)[0] ?? '',
    /ZH147/,
  );
});
