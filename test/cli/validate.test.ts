import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  assign,
  bundleTree,
  noTarget,
  preFlow,
  proxy,
  proxyEndpoint,
  setPayload,
  step,
} from '../support/bundle-tree.ts';
import { runCommand } from '../support/gateway.ts';

const clean = proxy('a', proxyEndpoint('/a', noTarget));
const faulty = proxy(
  'b',
  proxyEndpoint('/b', preFlow(step('AM-Helo')) + noTarget),
  assign('AM-Hello', setPayload('x')),
);

test('validate: exit 0 when clean, 1 with errors, 2 for wrong usage', async () => {
  const good = await runCommand('validate', await bundleTree(clean));
  assert.equal(`${good.code} ${good.stdout}`, '0 1 bundle checked: 0 errors, 0 warnings\n');
  const bad = await runCommand('validate', await bundleTree({ ...clean, ...faulty }));
  assert.equal(bad.code, 1);
  assert.match(bad.stdout, /b\/apiproxy\/proxies\/default\.xml:1:\d+: error BN010/);
  assert.equal((await runCommand('validate')).code, 2);
  assert.equal((await runCommand('validate', '.', '--format', 'x')).code, 2);
  const missing = await runCommand('validate', '/there/is/nothing');
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /^zerohop: \/there\/is\/nothing is not there/);
});

const formats: readonly (readonly [format: string, told: RegExp])[] = [
  ['json', /"ruleId": ?"BN010"/],
  ['sarif', /"ruleId": ?"BN010"/],
  ['junit', /<testsuite[\s\S]*BN010/],
  ['github', /^::error file=.*BN010/m],
];

for (const [format, told] of formats) {
  test(`validate --format ${format}`, async () => {
    const { code, stdout } = await runCommand('validate', await bundleTree(faulty), '--format', format);
    assert.equal(code, 1);
    assert.match(stdout, told);
    if (format === 'json' || format === 'sarif') JSON.parse(stdout);
  });
}
