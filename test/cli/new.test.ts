import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bundleTree } from '../support/bundle-tree.ts';
import { call, runCommand, startGateway } from '../support/gateway.ts';
import { startUpstream } from '../support/upstream.ts';

test('new bundles are clean, and serve', async () => {
  const folder = await bundleTree();
  const upstream = await startUpstream('upstream');
  const kinds: string[][] = [
    ['alone'],
    ['front', '--chain', 'alone'],
    ['back', '--target', `${upstream.url}/api?a=1&b=2`],
  ];
  for (const options of kinds) {
    const { code, stdout, stderr } = await runCommand('new', ...options, '--directory', folder);
    assert.equal(code, 0, stderr);
    assert.match(stdout, new RegExp(`${options[0]}.xml\n`));
  }
  const { code, stdout } = await runCommand('validate', folder, '--max-warnings', '0');
  assert.equal(`${code} ${stdout}`, '0 3 bundles checked: 0 errors, 0 warnings\n');
  const gateway = await startGateway(folder);
  assert.equal((await call(gateway.port, { path: '/alone/x' })).text, '{"proxy": "alone", "path": "/x"}');
  assert.equal((await call(gateway.port, { path: '/front/x' })).text, '{"proxy": "alone", "path": "/x"}');
  assert.equal((await call(gateway.port, { path: '/back/x' })).status, 200);
  assert.match(upstream.seen[0]?.url ?? '', /^\/api\/x\?/);
});

test('new says what is missing, and writes nothing over', async () => {
  const folder = await bundleTree();
  await runCommand('new', 'catalog', '--directory', folder);
  const chained = await runCommand('new', 'front', '--chain', 'catalgo', '--directory', folder);
  assert.equal(chained.code, 0);
  assert.match(chained.stderr, /no proxy "catalgo" in .*\. Did you mean "catalog"\?/);
  const file = join(folder, 'front', 'apiproxy', 'proxies', 'default.xml');
  const before = readFileSync(file, 'utf8');
  const again = await runCommand('new', 'front', '--directory', folder);
  assert.equal(again.code, 1);
  assert.match(again.stderr, /front is there already and is left as it is/);
  assert.equal(readFileSync(file, 'utf8'), before);
  const taken = await runCommand('new', 'other', '--base-path', '/catalog', '--directory', folder);
  assert.equal(taken.code, 1);
  assert.match(taken.stderr, /\/catalog belongs to proxy "catalog"/);
  assert.equal(existsSync(join(folder, 'other')), false);
});

const wrong: readonly (readonly [args: string[], told: RegExp])[] = [
  [['a/b'], /"a\/b" is no name for a proxy/],
  [['a', '--chain', 'b', '--target', 'http://x/'], /exclude each other/],
  [['a', '--target', 'nonsense'], /--target is "nonsense"; write a URL/],
  [['a', '--base-path', 'x'], /--base-path is "x"; write a path/],
];

for (const [args, told] of wrong) {
  test(`new ${args.join(' ')} is wrong usage`, async () => {
    const { code, stderr } = await runCommand('new', ...args, '--directory', await bundleTree());
    assert.equal(code, 2);
    assert.match(stderr, told);
  });
}
