import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bundleTree, noTarget, proxy, proxyEndpoint } from '../support/bundle-tree.ts';
import { call, runCommand, startGateway } from '../support/gateway.ts';

/** Each option of serve and dev can be given in the environment: a wrong value there is wrong usage. */
const wrong: readonly (readonly [variable: string, value: string, told: RegExp])[] = [
  ['PORT', 'x', /--port is "x"/],
  ['MANAGEMENT_PORT', '70000', /--management-port is "70000"/],
  ['MANAGEMENT_HOST', '0.0.0.0', /--management-host 0\.0\.0\.0 opens the management port/],
  ['STORE', 'nonsense', /nonsense/],
  ['TOKEN', '', /--token is empty/],
  ['LOG_LEVEL', 'loud', /ZEROHOP_LOG_LEVEL/],
  ['LOG_FORMAT', 'x', /ZEROHOP_LOG_FORMAT/],
  ['MAX_CHAIN_DEPTH', '0', /--max-chain-depth is "0"/],
  ['MAX_CHAIN_CALLS', 'x', /--max-chain-calls is "x"/],
  ['SHUTDOWN_TIMEOUT', 'x', /--shutdown-timeout is "x"/],
  ['SCRIPT_ENGINE', 'x', /ZEROHOP_SCRIPT_ENGINE/],
  ['COUNT_FLUSH', 'x', /--count-flush is "x"/],
  ['REVISIONS_KEPT', 'x', /--revisions-kept is "x"/],
];

for (const [name, value, told] of wrong) {
  // They share their options: one is enough to know that dev has them.
  for (const command of name === 'PORT' ? ['serve', 'dev'] : ['serve']) {
    test(`${command} with ZEROHOP_${name}=${value}`, async () => {
      const folder = await bundleTree(proxy('a', proxyEndpoint('/a', noTarget)));
      process.env[`ZEROHOP_${name}`] = value;
      const { code, stderr } = await runCommand(command, folder).finally(() => {
        delete process.env[`ZEROHOP_${name}`];
      });
      assert.equal(code, 2, stderr);
      assert.match(stderr, told);
    });
  }
}

test('the environment that is named is served', async () => {
  const files = {
    ...proxy('a', proxyEndpoint('/a', noTarget)),
    'environments/one/targetservers.json': '[]',
    'environments/two/targetservers.json': '[]',
  };
  process.env.ZEROHOP_ENVIRONMENT = 'two';
  const gateway = await startGateway(await bundleTree(files)).finally(() => {
    delete process.env.ZEROHOP_ENVIRONMENT;
  });
  const { text } = await call(gateway.managementPort, { path: '/v1/emulator/version' });
  assert.equal(JSON.parse(text).environment, 'two');
});

test('serve keeps its state in .zerohop of the working directory', async () => {
  const { stdout } = await runCommand('serve', '--help');
  assert.match(stdout, /--store <store>[\s\S]*lmdb:\.zerohop/);
  assert.match((await runCommand('dev', '--help')).stdout, /--store <store>[\s\S]*"memory"/);
});
