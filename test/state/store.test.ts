import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openStore } from '../../runtime/state/open.ts';
import { keyOf, type Store } from '../../runtime/state/store.ts';

const folder = mkdtempSync(join(tmpdir(), 'zerohop-store-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** What every store must do, whatever it stands on. */
function contract(name: string): void {
  describe(`store ${name.replace(folder, 'DIR')}`, () => {
    let store: Store;
    before(async () => {
      store = await openStore(name);
    });
    after(() => store.close());

    it('gives back what was set, and nothing for what was not', async () => {
      await store.set('a/1', 'one');
      await store.set('a/1', 'two');
      assert.equal(await store.get('a/1'), 'two');
      assert.equal(await store.get('a/2'), undefined);
    });

    it('keeps any text', async () => {
      for (const text of ['', ' ', '\0', 'ä€😀', '"\n', 'x'.repeat(1_000_000)]) {
        await store.set('text', text);
        assert.equal(await store.get('text'), text);
      }
    });

    it('takes names of two kilobytes, and names that mean something to JavaScript', async () => {
      for (const name of ['__proto__', 'constructor', 'k'.repeat(2048), 'a/b%2F', '\u{10fffe}']) {
        const key = keyOf('names', name);
        assert.equal(await store.get(key), undefined);
        await store.set(key, name);
        assert.equal(await store.get(key), name);
      }
      assert.equal((await store.keys('names/')).length, 5);
    });

    it('adds only what is not there', async () => {
      assert.equal(await store.add('added', '1'), true);
      assert.equal(await store.add('added', '2'), false);
      assert.equal(await store.get('added'), '1');
      const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => store.add('race', String(index))));
      assert.equal(answers.filter((one) => one).length, 1);
    });

    it('lists keys by prefix, in order', async () => {
      for (const key of ['l/b', 'l/a', 'l/a/x', 'l0', 'l']) await store.set(key, '');
      assert.deepEqual([...(await store.keys('l/'))], ['l/a', 'l/a/x', 'l/b']);
      await store.delete('l/a');
      await store.delete('l/never');
      assert.deepEqual([...(await store.keys('l/'))], ['l/a/x', 'l/b']);
    });

    it('writes several changes as one', async () => {
      await store.set('w/old', '1');
      await store.write([
        { key: 'w/new', value: '2' },
        { key: 'w/old', value: undefined },
      ]);
      assert.deepEqual([...(await store.keys('w/'))], ['w/new']);
    });
  });
}

contract('memory');
contract(`lmdb:${join(folder, 'data')}`);

describe('a store on disk', () => {
  it('is there again after it was closed', async () => {
    const name = `lmdb:${join(folder, 'again')}`;
    const first = await openStore(name);
    await first.set('k', 'v');
    await first.close();
    const second = await openStore(name);
    assert.equal(await second.get('k'), 'v');
    await second.close();
  });
});
