import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { openStore } from '../../runtime/state/open.ts';
import type { Store } from '../../runtime/state/store.ts';
import { idOfToken, seal, type Token, unseal } from '../../runtime/state/token-records.ts';
import { Tokens } from '../../runtime/state/tokens.ts';
import { noRedis, someRedis } from '../support/redis.ts';

const folder = mkdtempSync(join(tmpdir(), 'zerohop-tokens-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const token = (more: Partial<Token> = {}): Token => ({
  clientId: 'id',
  appId: 'app',
  grantType: 'password',
  scope: 'read',
  issuedAt: Date.now(),
  expiresAt: Date.now() + 60_000,
  status: 'approved',
  attributes: [],
  refreshCount: 0,
  ...more,
});

describe('sealed siblings', () => {
  it('are read by whoever has the token, and by nobody else', () => {
    const sibling = seal('refresh', 'access');
    assert.equal(sibling.id, idOfToken('refresh'));
    assert.equal(unseal(sibling, 'access'), 'refresh');
    assert.throws(() => unseal(sibling, 'another'));
    assert.notEqual(sibling.sealed, seal('refresh', 'access').sealed);
  });
});

/** Two servers on one store, where the store allows that; one server on any. */
function contract(name: string, openPair: () => Promise<readonly [Store, Store]>, skip: string | false = false): void {
  describe(`tokens on ${name}`, { skip }, () => {
    const opened: Store[] = [];
    after(async () => {
      for (const store of new Set(opened)) await store.close();
    });
    const pair = async () => {
      const stores = await openPair();
      opened.push(...stores);
      return stores.map((store) => new Tokens(store, `org-${opened.length}`)) as [Tokens, Tokens];
    };

    it('are found by the other, with their state', async () => {
      const [one, other] = await pair();
      await one.issue({ text: 'a', token: token() }, { text: 'r', token: token() });
      await one.issue({ text: 'over', token: token({ expiresAt: Date.now() - 1 }) }, undefined);
      await one.issue({ text: 'endless', token: token({ expiresAt: null }) }, undefined);
      await one.issue({ text: 'revoked', token: token({ status: 'revoked' }) }, undefined);
      const state = async (text: string) => (await other.check('access', text))?.state;
      assert.equal(await state('a'), 'good');
      assert.equal(await state('over'), 'expired');
      assert.equal(await state('endless'), 'good');
      assert.equal(await state('revoked'), 'notApproved');
      assert.equal(await state('r'), undefined);
      assert.equal((await other.check('refresh', 'r'))?.state, 'good');
    });

    it('a code is taken once', async () => {
      const [one, other] = await pair();
      const code = { clientId: 'id', appId: 'app', scope: '', issuedAt: 1, expiresAt: null, attributes: [] };
      await one.addCode('c', code);
      assert.deepEqual(await other.findCode('c'), code);
      const takers = Array.from({ length: 10 }, async (_, index) => (index % 2 === 0 ? one : other).takeCode('c'));
      const taken = await Promise.all(takers);
      assert.deepEqual(
        taken.filter((one) => one !== undefined),
        [code],
      );
    });

    it('a change of one is not lost to that of another', async () => {
      const [one, other] = await pair();
      await one.issue({ text: 'a', token: token() }, undefined);
      const id = idOfToken('a');
      await Promise.all(
        Array.from({ length: 10 }, async (_, index) =>
          (index % 2 === 0 ? one : other).change('access', id, (before) => {
            return { ...before, refreshCount: before.refreshCount + 1 };
          }),
        ),
      );
      assert.equal((await one.find('access', 'a'))?.record.refreshCount, 10);
      assert.equal(await one.change('access', idOfToken('none'), (before) => before), undefined);
    });

    it('what changed meanwhile is not replaced', async () => {
      const [one, other] = await pair();
      await one.issue({ text: 'r', token: token() }, undefined);
      const found = await one.find('access', 'r');
      assert.ok(found);
      await other.change('access', found.id, (before) => ({ ...before, status: 'revoked' }));
      assert.equal(await one.replace('access', found, undefined), false);
      const again = await one.find('access', 'r');
      assert.ok(again);
      assert.equal(await one.replace('access', again, undefined), true);
      assert.equal(await other.find('access', 'r'), undefined);
    });

    it('revocation counts at the other, and never goes back', async () => {
      const [one, other] = await pair();
      const issuedAt = Date.now();
      await one.issue({ text: 'a', token: token({ issuedAt, endUser: 'ann' }) }, undefined);
      await one.issue({ text: 'b', token: token({ issuedAt, endUser: 'bob' }) }, undefined);
      const state = async (text: string) => (await other.check('access', text))?.state;
      await one.revoke({ endUser: 'ann' }, issuedAt, ['access']);
      assert.equal(await state('a'), 'good', 'not before the moment');
      await one.revoke({ endUser: 'ann' }, issuedAt + 1, ['access']);
      await one.revoke({ endUser: 'ann' }, issuedAt - 1000, ['access', 'refresh']);
      assert.equal(await state('a'), 'notApproved');
      assert.equal(await state('b'), 'good');
      await other.revoke({ appId: 'app' }, issuedAt + 1, ['access']);
      assert.equal(await state('b'), 'notApproved');
    });
  });
}

contract('memory', async () => {
  const store = await openStore('memory');
  return [store, store];
});

let folders = 0;
contract('lmdb:DIR', async () => {
  const store = await openStore(`lmdb:${join(folder, String(folders++))}`);
  return [store, store];
});

const redis: { opened?: ReturnType<typeof someRedis> } = {};
after(async () => (await redis.opened)?.close());
contract(
  'redis://',
  async () => {
    redis.opened ??= someRedis();
    const { url } = await redis.opened;
    return [await openStore(url), await openStore(url)];
  },
  noRedis ?? false,
);
