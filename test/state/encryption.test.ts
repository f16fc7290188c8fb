import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { emptyEnvironment } from '../../runtime/bundle/environment.ts';
import type { Log } from '../../runtime/log.ts';
import { CommandFailure, UsageError } from '../../runtime/settings.ts';
import { type EncryptionKeys, parseEncryptionKeys, seal, unseal } from '../../runtime/state/encryption.ts';
import { KeyValueMaps, keyValueMapScope } from '../../runtime/state/keyvaluemap.ts';
import { openStore } from '../../runtime/state/open.ts';
import { Resources } from '../../runtime/state/resources.ts';
import type { Store } from '../../runtime/state/store.ts';
import { Batch } from '../../runtime/state/table.ts';
import { quiet } from '../support/deployments.ts';
import { noRedis, someRedis } from '../support/redis.ts';

const scope = keyValueMapScope.organization({ organization: 'o' });
const secret = 'the-secret-of-the-map';

function keys(...texts: readonly string[]): EncryptionKeys {
  return parseEncryptionKeys(texts.join('\n'), 'KEYS');
}

const [one, other] = [randomBytes(32).toString('base64'), randomBytes(32).toString('hex')];

/** A place for stores that are opened one after the other, and what lies in it. */
interface Place {
  open(encryptionKeys?: EncryptionKeys, log?: Log): Promise<Store>;
  bytes(): Promise<string>;
}

function onDisk(t: TestContext): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'zerohop-sealed-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return Promise.resolve({
    open: (encryptionKeys, log = quiet) => openStore(`lmdb:${folder}`, { encryptionKeys, log }),
    bytes: async () => readFileSync(join(folder, 'data.mdb'), 'latin1'),
  });
}

async function inRedis(t: TestContext): Promise<Place> {
  const { url, close } = await someRedis();
  t.after(close);
  return {
    open: (encryptionKeys, log = quiet) => openStore(url, { encryptionKeys, log }),
    bytes: async () => {
      const { Redis } = await import('ioredis');
      const client = new Redis(url);
      const names = await client.keys('{zerohop}:value:*');
      const values = names.length === 0 ? [] : await client.mget(names);
      client.disconnect();
      return values.join('\n');
    },
  };
}

async function fill(store: Store): Promise<void> {
  const maps = new KeyValueMaps(store);
  await maps.create(scope, 'hidden', true);
  await maps.create(scope, 'plain', false);
  await maps.open(scope, 'hidden').put('k', [secret, 'second']);
  await maps.open(scope, 'plain').put('k', ['for-all-to-see']);
  const resources = await Resources.open(store, emptyEnvironment('local'));
  const batch = new Batch();
  const credentials = [{ consumerKey: 'key', consumerSecret: secret }];
  resources.change({ kind: 'apps', name: 'a/b', value: { name: 'b', credentials } }, 'api', batch);
  const aliases = [{ alias: 'a', key: secret }];
  resources.change({ kind: 'keystores', name: 'k', value: { name: 'k', aliases } }, 'api', batch);
  await batch.commit(store);
}

async function check(store: Store): Promise<void> {
  assert.deepEqual(await new KeyValueMaps(store).open(scope, 'hidden').get('k'), [secret, 'second']);
  assert.deepEqual(await new KeyValueMaps(store).open(scope, 'plain').get('k'), ['for-all-to-see']);
  const resources = await Resources.open(store, emptyEnvironment('local'));
  assert.match(JSON.stringify(resources.get('apps', 'a/b')?.value), new RegExp(secret));
  assert.match(JSON.stringify(resources.get('keystores', 'k')?.value), new RegExp(secret));
}

test('a sealed value opens with its key, at its place, untouched', () => {
  const sealed = seal(keys(one, other), 'place', 'ä€😀');
  assert.equal(unseal(keys(other, one), 'place', sealed), 'ä€😀');
  assert.equal(unseal(keys(other), 'place', '["plain"]'), '["plain"]');
  assert.notEqual(seal(keys(one), 'place', 'x'), seal(keys(one), 'place', 'x'));
  assert.throws(
    () => unseal(keys(other), 'place', sealed),
    /is encrypted with the key [\da-f]{12}, which is not given/,
  );
  assert.throws(() => unseal(keys(one), 'elsewhere', sealed), /damaged/);
  assert.throws(() => unseal(keys(one), 'place', sealed.replace(/.{4}$/, 'AAAA')), /damaged/);
});

test('keys are 32 bytes in base64 or hex', () => {
  assert.equal(keys(`# the new one`, one, `${other} # the old one`).size, 2);
  assert.equal(parseEncryptionKeys(`${one},${other}`, 'K').size, 2);
  for (const wrong of ['', '# none', 'short', one.slice(4), `${one}x`, 'ä'.repeat(43)]) {
    assert.throws(() => parseEncryptionKeys(wrong, 'K'), UsageError, wrong);
  }
});

for (const [name, placeOf, skip] of [
  ['on disk', onDisk, false],
  ['in Redis', inRedis, noRedis ?? false],
] as const) {
  test(`${name}: secrets are not to be found where they lie`, { skip }, async (t) => {
    const place = await placeOf(t);
    const first = await place.open(keys(one));
    await fill(first);
    await check(first);
    await first.close();
    const bytes = await place.bytes();
    assert.ok(bytes.includes('for-all-to-see'));
    assert.ok(!bytes.includes(secret));
    const again = await place.open(keys(one));
    await check(again);
    await again.close();
  });

  test(`${name}: a wrong key, or none, is refused at start`, { skip }, async (t) => {
    const place = await placeOf(t);
    const first = await place.open(keys(one));
    await fill(first);
    await first.close();
    for (const wrong of [keys(other), undefined]) {
      const failure = await place.open(wrong).catch((error: unknown) => error);
      assert.ok(failure instanceof CommandFailure, String(failure));
      assert.match(failure.message, /is encrypted with|are encrypted with/);
    }
    // The data was not touched by the attempts.
    await (await place.open(keys(one))).close();
  });

  test(`${name}: a new key reads with the old one behind it, then alone`, { skip }, async (t) => {
    const place = await placeOf(t);
    for (const given of [keys(one), keys(other, one), keys(other)]) {
      const store = await place.open(given);
      if (given.size === 1 && given.has([...keys(one).keys()][0] ?? '')) await fill(store);
      await check(store);
      await store.close();
    }
  });

  test(`${name}: what was plain is sealed when there is a key; without one that is told once`, { skip }, async (t) => {
    const place = await placeOf(t);
    const told: string[] = [];
    const first = await place.open(undefined, { ...quiet, warn: (_, message) => void told.push(message) });
    await fill(first);
    await fill(first);
    await first.close();
    assert.deepEqual(
      told.map((one) => /STORED AS PLAIN TEXT/.test(one)),
      [true],
    );
    assert.ok((await place.bytes()).includes(secret));
    const sealed = await place.open(keys(one));
    await check(sealed);
    await sealed.close();
    // A page that was freed keeps its bytes until it is used again: only in Redis they are gone.
    if (name === 'in Redis') assert.ok(!(await place.bytes()).includes(secret));
  });
}
