import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overridesIn } from '../../runtime/bundle/overrides.ts';
import { Script } from '../../runtime/policies/Script.ts';
import { createScriptEngine } from '../../runtime/script/create.ts';
import { CommandFailure } from '../../runtime/settings.ts';
import { bundleTree, noTarget, preFlow, proxy, proxyEndpoint, step } from '../support/bundle-tree.ts';
import { exchangeOf } from '../support/exchange.ts';
import { call, runCommand, startGateway } from '../support/gateway.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

const xml = '<Script name="S-1" timeLimit="200"><ResourceURL>py://check.py</ResourceURL></Script>';

test('without a script in JavaScript it says so, and fails when it is reached', async () => {
  const { step: run, diagnostics } = compilePolicy(Script, xml);
  assert.deepEqual(
    diagnostics.map((one) => one.code),
    ['ZH020'],
  );
  assert.match(diagnostics[0]?.hint ?? '', /overrides\/weather\/S-1\.js/);
  const fault = await faultOf(run, exchangeOf());
  assert.deepEqual([fault.code, fault.status], ['steps.script.ScriptEvaluationFailed', 500]);
});

test('where a script is looked for', async () => {
  const folder = await bundleTree({
    'weather/S-1.js': 'by policy',
    'weather/check.js': 'by resource',
    'jsc/check.js': 'for all',
    'secret.js': 'outside',
  });
  const { find } = overridesIn(folder);
  const text = (...names: readonly [string, string, string]) => {
    const bytes = find(...names)?.bytes;
    return bytes === undefined ? undefined : Buffer.from(bytes).toString();
  };
  assert.equal(text('weather', 'S-1', 'check.py'), 'by policy');
  assert.equal(text('weather', 'other', 'check.py'), 'by resource');
  assert.equal(text('shop', 'other', 'check.py'), 'for all');
  assert.equal(text('shop', 'other', 'none.py'), undefined);
  assert.equal(text('..', 'secret', ''), undefined);
  assert.equal(text('weather', '../secret', '../../secret'), undefined);
  assert.throws(() => overridesIn(`${folder}/none`), CommandFailure);
});

test('the script runs in its place', async () => {
  const folder = await bundleTree({ 'jsc/check.js': "context.setVariable('checked', 1 + 1);" });
  const scripts = await createScriptEngine('quickjs');
  try {
    const override = (resource: string) => overridesIn(folder).find('weather', 'S-1', resource);
    const made = compilePolicy(Script, xml, { compiler: { scripts, override } });
    assert.deepEqual(made.diagnostics, []);
    const exchange = exchangeOf();
    await made.step(exchange);
    assert.equal(exchange.read('checked'), 2);
    const failing = await bundleTree({ 'jsc/check.js': "throw new Error('no');" });
    const broken = (resource: string) => overridesIn(failing).find('weather', 'S-1', resource);
    const fault = await faultOf(compilePolicy(Script, xml, { compiler: { scripts, override: broken } }).step, exchange);
    assert.equal(fault.code, 'steps.script.ScriptEvaluationFailed');
    assert.match(fault.faultstring, /no/);
  } finally {
    scripts.close();
  }
});

test('a server and the check of bundles with a directory of scripts', async () => {
  const bundles = await bundleTree(
    proxy(
      'old',
      proxyEndpoint('/old', preFlow('', step('S-1')) + noTarget),
      '<Script name="S-1"><ResourceURL>py://s.py</ResourceURL></Script>',
    ),
  );
  const overrides = await bundleTree({ 'old/S-1.js': "context.setVariable('response.content', 'in JavaScript');" });
  const { port, logs } = await startGateway(bundles, ['--overrides', overrides]);
  assert.equal((await call(port, { path: '/old' })).text, 'in JavaScript', logs());
  assert.match((await runCommand('validate', bundles)).stdout, /ZH020/);
  assert.doesNotMatch((await runCommand('validate', bundles, '--overrides', overrides)).stdout, /ZH020/);
  assert.equal((await runCommand('serve', bundles, '--overrides', `${overrides}/none`, '--port', '0')).code, 1);
});
