import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openLog } from '../../runtime/log.ts';
import { openTokenFile } from '../../runtime/management/token-file.ts';
import { CommandFailure } from '../../runtime/settings.ts';
import { bundleTree, noTarget, proxy, proxyEndpoint } from '../support/bundle-tree.ts';
import { call, startGateway } from '../support/gateway.ts';

test('the token of a file is asked for, and a new one without a restart', async () => {
  const folder = await bundleTree(proxy('a', proxyEndpoint('/a', noTarget)));
  const file = join(folder, 'token');
  writeFileSync(file, 'first\n', { mode: 0o600 });
  const gateway = await startGateway(folder, ['--token-file', file]);
  const status = async (token: string): Promise<number> =>
    (await call(gateway.managementPort, { path: '/metrics', headers: { Authorization: `Bearer ${token}` } })).status;
  assert.deepEqual([await status('first'), await status('second'), await status('')], [200, 401, 401]);
  writeFileSync(file, 'second');
  const end = Date.now() + 20_000;
  while ((await status('second')) !== 200) {
    assert.ok(Date.now() < end, gateway.logs());
    await pause(100);
  }
  assert.equal(await status('first'), 401);
});

test('a file that others can read, that is empty or not there is refused', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'zerohop-token-'));
  const file = join(folder, 'token');
  const { log } = await openLog({ level: 'silent', format: 'json' });
  assert.throws(() => openTokenFile(file, log), CommandFailure);
  writeFileSync(file, '');
  chmodSync(file, 0o600);
  assert.throws(() => openTokenFile(file, log), /is empty/);
  writeFileSync(file, 'secret');
  chmodSync(file, 0o644);
  assert.throws(() => openTokenFile(file, log), /chmod 600/);
  chmodSync(file, 0o600);
  const tokens = openTokenFile(file, log, 20);
  assert.equal(tokens.token, 'secret');
  tokens.close();
  rmSync(folder, { recursive: true });
});
