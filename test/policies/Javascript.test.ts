import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BodyNeed } from '../../runtime/message/body-need.ts';
import { Phase } from '../../runtime/message/exchange.ts';
import { Javascript } from '../../runtime/policies/Javascript.ts';
import { type ExchangeOptions, exchangeOf, responseOf } from '../support/exchange.ts';
import { compilePolicy, faultOf, type PolicyUnderTest } from '../support/policy.ts';
import { answerer, engineOf } from '../support/script.ts';

async function policyOf(
  inner: string,
  resources: Readonly<Record<string, string>> = {},
  attributes = 'timeLimit="2000"',
): Promise<PolicyUnderTest> {
  const compiler = { scripts: await engineOf('quickjs'), httpClient: answerer() };
  return compilePolicy(Javascript, `<Javascript name="JS-1" ${attributes}>${inner}</Javascript>`, {
    resources,
    compiler,
  });
}

function inline(script: string, attributes?: string): Promise<PolicyUnderTest> {
  return policyOf(`<Source><![CDATA[${script}]]></Source>`, {}, attributes);
}

async function outOf(policy: PolicyUnderTest, options: ExchangeOptions = {}): Promise<unknown> {
  const exchange = exchangeOf(options);
  await policy.step(exchange);
  return exchange.read('out');
}

const file = (text: string) => ({ 'jsc://a.js': text });
const url = '<ResourceURL>jsc://a.js</ResourceURL>';

describe('Javascript', () => {
  it('runs includes in their order, then the file, in one scope', async () => {
    const policy = await policyOf(
      '<Properties><Property name="mode">fast</Property></Properties><IncludeURL>jsc://base.js</IncludeURL><IncludeURL>jsc://lib.js</IncludeURL><ResourceURL>jsc://a.js</ResourceURL>',
      {
        'jsc://base.js': "var name = 'Ada'; // no line break",
        'jsc://lib.js': "name = name + ' L';\nfunction greet(n) { return 'hi ' + n; }",
        'jsc://a.js': "context.setVariable('out', greet(name) + '/' + properties.mode + '/' + typeof properties.none);",
      },
    );
    assert.deepEqual(policy.diagnostics, []);
    assert.equal(await outOf(policy), 'hi Ada L/fast/undefined');
  });

  it('runs a script written in Source', async () => {
    assert.equal(
      await outOf(await inline("if (1 < 2 && true) { context.setVariable('out', 'inline') } print('x', 1)")),
      'inline',
    );
  });

  it('hands on what a script prints', async () => {
    const printed: string[] = [];
    const print = (_: unknown, policy: string, text: string) => void printed.push(`${policy}: ${text}`);
    await outOf(await inline("print('a', 1); print({})"), { surroundings: { print } });
    assert.deepEqual(printed, ['JS-1: a 1', 'JS-1: [object Object]']);
  });

  const failures: readonly (readonly [string, string, RegExp])[] = [
    [
      'a text that is thrown',
      "throw 'plain text'",
      /^Execution of JS-1 failed with error: Javascript runtime error: "plain text"$/,
    ],
    ['an error', "var a = 1;\n\nthrow new Error('boom')", /"Error: boom \(a\.js:3\)"$/],
    [
      'a missing name',
      '\nnotDefinedAnywhere()',
      /"ReferenceError: "notDefinedAnywhere" is not defined\. \(a\.js:2\)"$/,
    ],
    ['a built-in that fails', "JSON.parse('<x>')", /SyntaxError.*\(a\.js:1\)"$/],
    ['an object', 'throw { toString: function () { throw 1 } }', /an object that has no text/],
    ['a header that cannot be', "request.headers.a = 'x\\ny'", /not allowed/],
    [
      'a variable that cannot be',
      "context.setVariable('a', 1); context.setVariable('a.b', 2)",
      /Failed to set variable a\.b/,
    ],
  ];
  for (const [name, script, faultstring] of failures) {
    it(`raises ScriptExecutionFailed for ${name}`, async () => {
      const fault = await faultOf((await policyOf(url, file(script))).step, exchangeOf());
      assert.equal(fault.code, 'steps.javascript.ScriptExecutionFailed');
      assert.equal(fault.status, 500);
      assert.match(fault.faultstring, faultstring);
    });
  }

  it('names the included file that failed', async () => {
    const policy = await policyOf(`<IncludeURL>jsc://lib.js</IncludeURL>${url}`, {
      'jsc://lib.js': 'var a;\nfunction f() { null.x }\n',
      'jsc://a.js': '\nf()',
    });
    assert.match((await faultOf(policy.step, exchangeOf())).faultstring, /\(lib\.js:2\)/);
  });

  it('raises ScriptExecutionFailed at the time limit', async () => {
    const fault = await faultOf((await inline('while (true) { }', 'timeLimit="50"')).step, exchangeOf());
    assert.equal(fault.code, 'steps.javascript.ScriptExecutionFailed');
    assert.equal(fault.faultstring, 'Execution of JS-1 failed with error: Javascript runtime exceeded limit of 50ms');
  });

  it('raises ScriptSecurityError for what is forbidden', async () => {
    const fault = await faultOf((await inline("httpClient.get('file:///etc/passwd')")).step, exchangeOf());
    assert.equal(fault.code, 'steps.javascript.ScriptSecurityError');
  });

  it('waits for callbacks and for waitForComplete', async () => {
    assert.equal(
      await outOf(
        await inline("httpClient.get('http://up/', function (r) { context.setVariable('out', r.status + '') })"),
      ),
      '200',
    );
    assert.equal(
      await outOf(
        await inline(
          "var e = httpClient.get('http://up/'); e.waitForComplete(); context.setVariable('out', e.isSuccess())",
        ),
      ),
      true,
    );
  });

  it('changes response and status', async () => {
    const policy = await inline(
      "var o = JSON.parse(response.content); o.b = 1; response.content = JSON.stringify(o); context.setVariable('response.status.code', 201); response.headers['X-Js'] = 'yes'",
    );
    const response = responseOf({ body: '{"a":1}' });
    await policy.step(exchangeOf({ response, phase: Phase.proxyResponse }));
    assert.deepEqual(
      [response.content, response.status, response.headers.value('x-js')],
      ['{"a":1,"b":1}', 201, 'yes'],
    );
  });
});

describe('payloads a Javascript needs', () => {
  const all = BodyNeed.request | BodyNeed.response | BodyNeed.current | BodyNeed.error;
  const rows: readonly (readonly [string, BodyNeed])[] = [
    ["context.setVariable('a', context.getVariable('request.header.x'))", BodyNeed.none],
    ["request.headers.a = 'b'; request['method'] = 'PUT'; response.status = 201", BodyNeed.none],
    ['context.proxyResponse.headers.a = context.flow + context.session.b', BodyNeed.none],
    ["context.getVariable('request.content')", BodyNeed.request],
    ["context.getVariable('request.formparam.a')", BodyNeed.request],
    ["context.getVariable('message.content')", BodyNeed.current],
    ["context.getVariable('error.content')", BodyNeed.error],
    ['JSON.parse(response.content)', BodyNeed.response],
    ['request.body.asJSON', BodyNeed.request],
    ['var r = request', BodyNeed.request],
    ['context.proxyResponse.content', BodyNeed.response],
    ["context.setVariable('response.content', 'x')", BodyNeed.none],
    [
      "['a', 'b'].forEach(function (n) { context.getVariable('request.header.' + n); context.getVariable('my.' + n) })",
      BodyNeed.none,
    ],
    ["context.getVariable('request.' + properties.part)", all],
    ['context.getVariable(properties.name)', all],
    ['var c = context', all],
    ["eval('1')", all],
    ['var request = { content: 1 }; request.content', BodyNeed.none],
    ['function f(response) { return response.content }', BodyNeed.none],
  ];
  for (const [script, needs] of rows) {
    it(script.slice(0, 70), async () => assert.equal((await inline(script)).needs, needs));
  }
});

describe('diagnostics of Javascript', () => {
  interface Row {
    readonly name: string;
    readonly policy: Promise<PolicyUnderTest>;
    readonly code: string;
    readonly message: RegExp;
    readonly hint?: RegExp;
    readonly at?: string;
  }
  const rows: readonly Row[] = [
    { name: 'no script', policy: policyOf(''), code: 'ZH180', message: /names no script/ },
    { name: 'both forms', policy: policyOf(`${url}<Source>1</Source>`, file('1')), code: 'ZH181', message: /both/ },
    {
      name: 'SSLInfo',
      policy: policyOf(`${url}<SSLInfo><Enabled>true</Enabled></SSLInfo>`, file('1')),
      code: 'ZH182',
      message: /no effect/,
    },
    {
      name: 'no URL',
      policy: policyOf('<ResourceURL>a.js</ResourceURL>', file('1')),
      code: 'ZH183',
      message: /not the URL/,
      hint: /jsc:\/\/a\.js/,
    },
    {
      name: 'another type',
      policy: policyOf('<ResourceURL>py://a.py</ResourceURL>'),
      code: 'ZH184',
      message: /type py/,
    },
    {
      name: 'no such file',
      policy: policyOf('<ResourceURL>jsc://b.js</ResourceURL>', file('1')),
      code: 'ZH185',
      message: /no resource "jsc:\/\/b\.js"/,
      hint: /Did you mean "jsc:\/\/a\.js"/,
    },
    {
      name: 'a syntax error',
      policy: policyOf(url, file('var a = 1;\nvar b = ;\n')),
      code: 'ZH186',
      message: /Unexpected token/,
      at: 'resources/jsc/a.js:2:9',
    },
    {
      name: 'a return outside a function',
      policy: policyOf(url, file('return 1')),
      code: 'ZH186',
      message: /return/,
      at: 'resources/jsc/a.js:1:1',
    },
    {
      name: 'a syntax error in Source',
      policy: inline('\nvar b = ;'),
      code: 'ZH186',
      message: /Unexpected token/,
      at: 'policies/test.xml:2:9',
    },
    {
      name: 'a let of two files',
      policy: policyOf(`<IncludeURL>jsc://b.js</IncludeURL>${url}`, {
        'jsc://b.js': 'let x = 1',
        'jsc://a.js': '\nlet x = 2',
      }),
      code: 'ZH186',
      message: /"x" was declared/,
      at: 'resources/jsc/a.js:2:5',
    },
    {
      name: 'for each',
      policy: policyOf(url, file('for each (var x in y) { }')),
      code: 'ZH187',
      message: /E4X/,
      hint: /asXML/,
      at: 'resources/jsc/a.js:1:5',
    },
    {
      name: 'an XML literal',
      policy: policyOf(url, file('var x = <a><b/></a>;')),
      code: 'ZH187',
      message: /E4X/,
      at: 'resources/jsc/a.js:1:9',
    },
    { name: 'E4X descendants', policy: policyOf(url, file('var x = y..z;')), code: 'ZH187', message: /E4X/ },
    { name: 'an E4X attribute', policy: policyOf(url, file('var x = y.@z;')), code: 'ZH187', message: /E4X/ },
    { name: 'an E4X namespace', policy: policyOf(url, file('var x = y.n::z;')), code: 'ZH187', message: /E4X/ },
    {
      name: 'Java',
      policy: policyOf(url, file('\njava.lang.System.exit(0)')),
      code: 'ZH187',
      message: /"java" is not defined/,
      hint: /no Java/,
      at: 'resources/jsc/a.js:2:1',
    },
    {
      name: 'a name nobody defines',
      policy: policyOf(url, file('oops()')),
      code: 'ZH187',
      message: /"oops" is not defined/,
    },
    {
      name: 'a wait that cannot be',
      policy: policyOf(url, file('var o = { get x() { return httpClient.get(1).waitForComplete() } }')),
      code: 'ZH187',
      message: /cannot wait/,
    },
    { name: 'no number', policy: policyOf(url, file('1'), 'timeLimit="soon"'), code: 'ZH013', message: /milliseconds/ },
  ];
  for (const { name, policy, code, message, hint, at } of rows) {
    it(name, async () => {
      const { diagnostics } = await policy;
      assert.equal(diagnostics.length, 1, JSON.stringify(diagnostics));
      const [one] = diagnostics;
      assert.equal(one?.code, code);
      assert.match(one?.message ?? '', message);
      if (hint !== undefined) assert.match(one?.hint ?? '', hint);
      if (at !== undefined) assert.equal(`${one?.file}:${one?.line}:${one?.column}`, at);
    });
  }

  it('says nothing of names a script tests for, assigns, or finds on its global object', async () => {
    for (const text of [
      "if (typeof java !== 'undefined') java.x()",
      'a = 1; a++; for (b in {}) b',
      'this.c = 1; c',
      'JSON; print(1); new Request()',
    ]) {
      assert.deepEqual((await policyOf(url, file(text))).diagnostics, []);
    }
  });
});
