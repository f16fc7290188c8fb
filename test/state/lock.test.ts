import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { openStore } from '../../runtime/state/open.ts';

const folder = mkdtempSync(join(tmpdir(), 'zerohop-lock-'));
after(() => rmSync(folder, { recursive: true, force: true }));

it('a data directory belongs to one process at a time', async () => {
  const name = `lmdb:${folder}`;
  const first = await openStore(name);
  await assert.rejects(openStore(name), /in use by process \d+\. Stop that one/);
  await first.close();
  await (await openStore(name)).close();
});

it('what a killed process left behind is in nobody’s way', async () => {
  // A number that is taken by another process by now, and one that nobody has.
  for (const left of [`${process.pid} 1`, '4194304 99', '']) {
    writeFileSync(join(folder, 'zerohop.lock'), left);
    await (await openStore(`lmdb:${folder}`)).close();
  }
});
