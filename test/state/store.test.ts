import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { open } from 'lmdb';
import { openStore } from '../../runtime/state/open.ts';
import { noRedis, someRedis } from '../support/redis.ts';
import { hour, shown, storeContract } from '../support/store-contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'zerohop-store-'));
after(() => rmSync(folder, { recursive: true, force: true }));

storeContract('memory', async () => ({ store: await openStore('memory') }));
storeContract('lmdb:DIR', async () => ({ store: await openStore(`lmdb:${join(folder, 'data')}`) }));

const isThereRedis = (process.env.REDIS_URL ?? '') !== '' || noRedis === undefined;
describe('with Redis', { skip: isThereRedis ? false : `no REDIS_URL, and ${noRedis}` }, () => {
  storeContract('redis:', async () => {
    const { url, close } = await someRedis();
    return { store: await openStore(url), close };
  });
});

describe('a store on disk', () => {
  const step = { amount: 1, limit: 9, lifetime: hour };

  it('is there again after it was closed', async () => {
    const name = `lmdb:${join(folder, 'again')}`;
    const first = await openStore(name);
    await first.set('k', 'v');
    await first.set('long', 'v', hour);
    await first.set('short', 'v', 1);
    await first.count('fixed', step);
    await first.count('rolling', { ...step, rolling: true });
    await first.count('short', { ...step, lifetime: 1 });
    await first.pace('pacer', hour);
    await first.close();
    const second = await openStore(name);
    assert.equal(await second.get('k'), 'v');
    assert.equal(await second.get('long'), 'v');
    assert.equal(await second.get('short'), undefined);
    assert.deepEqual([...(await second.keys(''))], ['k', 'long']);
    assert.deepEqual(shown(await second.count('fixed', step)), [true, 2]);
    assert.deepEqual(shown(await second.count('rolling', { ...step, rolling: true })), [true, 2]);
    assert.deepEqual(shown(await second.count('short', step)), [true, 1]);
    assert.equal(await second.pace('pacer', hour), false);
    await second.close();
  });

  it('reads what was written before values had lifetimes', async () => {
    const path = join(folder, 'old');
    const database = open<string, string>({ path, encoding: 'string', pageSize: 8192, noSubdir: false });
    await database.put('kvm/m/entry/a', '["v"]');
    await database.close();
    const store = await openStore(`lmdb:${path}`);
    assert.equal(await store.get('kvm/m/entry/a'), '["v"]');
    await store.close();
  });
});
