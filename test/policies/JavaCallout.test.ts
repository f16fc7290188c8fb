import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JavaCallout } from '../../runtime/policies/JavaCallout.ts';
import { createScriptEngine } from '../../runtime/script/create.ts';
import { exchangeOf } from '../support/exchange.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

const xml = `<JavaCallout name="JC-1"><Properties><Property name="greeting">hello {who}</Property></Properties>
  <ClassName>com.example.Greeter</ClassName><ResourceURL>java://greeter-1.0.jar</ResourceURL></JavaCallout>`;

test('without a script in JavaScript it says so, and fails when it is reached', async () => {
  const { step, diagnostics } = compilePolicy(JavaCallout, xml);
  assert.deepEqual(
    diagnostics.map((one) => one.code),
    ['ZH020'],
  );
  assert.match(diagnostics[0]?.message ?? '', /com\.example\.Greeter/);
  const fault = await faultOf(step, exchangeOf());
  assert.deepEqual([fault.code, fault.status], ['steps.javacallout.ExecutionError', 500]);
  assert.match(fault.faultstring, /com\.example\.Greeter/);
});

test('the script gets the properties', async () => {
  const scripts = await createScriptEngine('quickjs');
  try {
    const asked: string[] = [];
    const override = (resource: string) => {
      asked.push(resource);
      const text = "context.setVariable('greeting', properties.greeting);";
      return { type: 'jsc', name: 'JC-1.js', file: 'overrides/weather/JC-1.js', bytes: Buffer.from(text) };
    };
    const exchange = exchangeOf();
    await compilePolicy(JavaCallout, xml, { compiler: { scripts, override } }).step(exchange);
    assert.equal(exchange.read('greeting'), 'hello {who}');
    assert.deepEqual(asked, ['greeter-1.0.jar']);
  } finally {
    scripts.close();
  }
});
