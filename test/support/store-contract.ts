import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { Counted, CountStep, Store } from '../../runtime/state/store.ts';
import { keyOf } from '../../runtime/state/store.ts';

interface Opened {
  readonly store: Store;
  /** Once the store is closed. */
  close?(): Promise<void>;
}

/** What every store must do, whatever it stands on. */
export function storeContract(title: string, open: () => Promise<Opened>): void {
  describe(`store ${title}`, () => {
    let store: Store;
    let opened: Opened;
    before(async () => {
      opened = await open();
      store = opened.store;
    });
    after(async () => {
      await store.close();
      await opened.close?.();
    });

    it('gives back what was set, and nothing for what was not', async () => {
      await store.set('a/1', 'one');
      await store.set('a/1', 'two');
      assert.equal(await store.get('a/1'), 'two');
      assert.equal(await store.get('a/2'), undefined);
    });

    it('keeps any text', async () => {
      for (const text of ['', ' ', '\0', '\x00123;x', '\0\0', 'ä€😀', '"\n', 'x'.repeat(1_000_000)]) {
        await store.set('text', text);
        assert.equal(await store.get('text'), text);
        await store.set('text', text, hour);
        assert.equal(await store.get('text'), text);
      }
    });

    it('takes names of two kilobytes, and names that mean something to JavaScript', async () => {
      for (const name of ['__proto__', 'constructor', 'k'.repeat(2048), 'a/b%2F', '\u{10fffe}']) {
        const key = keyOf('names', name);
        assert.equal(await store.get(key), undefined);
        await store.set(key, name, hour);
        assert.equal(await store.get(key), name);
      }
      assert.equal((await store.keys('names/')).length, 5);
    });

    it('takes names that mean something to a pattern', async () => {
      for (const name of ['*', '?', '[ab]', '\\', '{a}', '^']) await store.set(`p${name}/x`, name);
      await store.set('pa/x', 'a');
      assert.deepEqual([...(await store.keys('p*'))], ['p*/x']);
      assert.deepEqual([...(await store.keys('p[ab]'))], ['p[ab]/x']);
      assert.deepEqual([...(await store.keys('p\\'))], ['p\\/x']);
      assert.deepEqual([...(await store.keys('p?'))], ['p?/x']);
    });

    it('adds only what is not there', async () => {
      assert.equal(await store.add('added', '1'), true);
      assert.equal(await store.add('added', '2'), false);
      assert.equal(await store.get('added'), '1');
      const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => store.add('race', String(index))));
      assert.equal(answers.filter((one) => one).length, 1);
    });

    it('lets one of several take a value', async () => {
      assert.equal(await store.take('taken'), undefined);
      await store.set('taken', 'it', hour);
      const answers = await Promise.all(Array.from({ length: 20 }, () => store.take('taken')));
      assert.deepEqual(
        answers.filter((one) => one !== undefined),
        ['it'],
      );
      assert.equal(await store.get('taken'), undefined);
    });

    it('replaces only what is still as expected', async () => {
      assert.equal(await store.replace('r', 'old', 'new'), false);
      assert.equal(await store.replace('r', undefined, 'old'), true);
      assert.equal(await store.replace('r', undefined, 'other'), false);
      assert.equal(await store.replace('r', 'old', ''), true);
      assert.equal(await store.get('r'), '');
      assert.equal(await store.replace('r', undefined, 'other'), false);
      assert.equal(await store.replace('r', '', undefined), true);
      assert.equal(await store.get('r'), undefined);
      assert.equal(await store.replace('r', undefined, undefined), true);
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => store.replace('r', undefined, String(index))),
      );
      assert.equal(answers.filter((one) => one).length, 1);
    });

    it('lists keys by prefix, in order', async () => {
      for (const key of ['l/b', 'l/a', 'l/a/x', 'l0', 'l']) await store.set(key, '');
      assert.deepEqual([...(await store.keys('l/'))], ['l/a', 'l/a/x', 'l/b']);
      await store.delete('l/a');
      await store.delete('l/never');
      assert.deepEqual([...(await store.keys('l/'))], ['l/a/x', 'l/b']);
    });

    it('lists many keys, each once', async () => {
      const keys = Array.from({ length: 2000 }, (_, index) => `many/${String(index).padStart(4, '0')}`);
      await store.write(keys.map((key) => ({ key, value: '' })));
      assert.deepEqual([...(await store.keys('many/'))], keys);
      assert.deepEqual((await store.keys('')).filter((key) => key.startsWith('many/')).length, keys.length);
    });

    it('writes several changes as one', async () => {
      await store.set('w/old', '1');
      await store.write([
        { key: 'w/new', value: '2' },
        { key: 'w/old', value: undefined },
        { key: 'w/short', value: '3', lifetime: 20 },
        { key: 'w/long', value: '4', lifetime: hour },
      ]);
      await until(async () => (await store.get('w/short')) === undefined);
      assert.deepEqual([...(await store.keys('w/'))], ['w/long', 'w/new']);
      await store.write([]);
    });

    it('forgets what has a lifetime when it is over', async () => {
      await store.set('t/set', '1', 20);
      await store.add('t/add', '1', 20);
      await store.replace('t/replace', undefined, '1', 20);
      await store.set('t/long', '1', hour);
      await until(async () => (await store.keys('t/')).length === 1);
      for (const key of ['t/set', 't/add', 't/replace']) assert.equal(await store.get(key), undefined, key);
      assert.equal(await store.get('t/long'), '1');
      assert.equal(await store.take('t/set'), undefined);
      assert.equal(await store.replace('t/replace', '1', '2'), false);
      assert.equal(await store.add('t/add', '2'), true);
    });

    it('keeps what is set anew without a lifetime', async () => {
      await store.set('t/again', '1', 20);
      await store.set('t/other', '1', 20);
      await store.set('t/again', '2');
      await until(async () => (await store.get('t/other')) === undefined);
      assert.equal(await store.get('t/again'), '2');
    });

    it('counts up to a limit, and back', async () => {
      const step = { amount: 1, limit: 3, lifetime: hour };
      const counted = await inTurn(store, 'c/1', step, 5);
      assert.deepEqual(
        counted.map((one) => [one.counted, one.value]),
        [
          [true, 1],
          [true, 2],
          [true, 3],
          [false, 3],
          [false, 3],
        ],
      );
      assert.equal(new Set(counted.map((one) => one.expires)).size, 1);
      const left = (counted[0]?.expires ?? 0) - Date.now();
      assert.ok(left > hour - 60_000 && left < hour + 60_000, String(left));
      assert.equal((await store.count('c/1', { ...step, amount: -2 })).value, 1);
      assert.equal((await store.count('c/1', { ...step, amount: 5 })).counted, false);
      assert.equal((await store.count('c/1', { ...step, amount: 2 })).value, 3);
      assert.deepEqual([await store.count('c/1', { ...step, amount: 0 })].map(shown), [[true, 3]]);
      assert.equal((await store.count('c/1', { ...step, amount: 10, limit: Number.POSITIVE_INFINITY })).value, 13);
      assert.deepEqual([await store.count('c/1', { ...step, amount: -20 })].map(shown), [[true, 0]]);
    });

    it('a counter that was only read, given back to or refused has not begun', async () => {
      const step = { amount: 0, limit: 3, lifetime: 1000 };
      assert.deepEqual(shown(await store.count('c/2', step)), [true, 0]);
      assert.deepEqual(shown(await store.count('c/2', { ...step, amount: -1 })), [true, 0]);
      assert.deepEqual(shown(await store.count('c/2', { ...step, amount: 4 })), [false, 0]);
      const { expires } = await store.count('c/2', { ...step, amount: 1, lifetime: hour });
      assert.ok(expires > Date.now() + hour / 2);
    });

    it('a counter begins anew when its lifetime is over', async () => {
      const step = { amount: 1, limit: 1, lifetime: 30 };
      assert.equal((await store.count('c/3', step)).counted, true);
      await until(async () => (await store.count('c/3', step)).counted);
      assert.equal((await store.count('c/3', { ...step, amount: 0 })).value <= 1, true);
    });

    it('counts with fractions', async () => {
      const step = { amount: 0.5, limit: 1, lifetime: hour };
      assert.deepEqual((await inTurn(store, 'c/half', step, 3)).map(shown), [
        [true, 0.5],
        [true, 1],
        [false, 1],
      ]);
    });

    it('a rolling counter counts up to a limit, and back, and lets go of what is old', async () => {
      const step = { amount: 1, limit: 2, lifetime: hour, rolling: true };
      assert.deepEqual((await inTurn(store, 'c/4', step, 3)).map(shown), [
        [true, 1],
        [true, 2],
        [false, 2],
      ]);
      assert.deepEqual(shown(await store.count('c/4', { ...step, amount: 0 })), [true, 2]);
      assert.deepEqual(shown(await store.count('c/4', { ...step, amount: -1 })), [true, 1]);
      assert.deepEqual(shown(await store.count('c/4', { ...step, amount: -5 })), [true, 0]);
      const { expires } = await store.count('c/4', step);
      const left = expires - Date.now();
      assert.ok(left > hour - 60_000 && left < hour + hour / 60 + 60_000, String(left));
      const short = { ...step, lifetime: 60 };
      await inTurn(store, 'c/5', short, 2);
      await until(async () => (await store.count('c/5', { ...short, amount: 0 })).value === 0);
      assert.equal((await store.count('c/5', short)).counted, true);
    });

    it('counts exactly, however many count at once', async () => {
      for (const rolling of [false, true]) {
        const key = `c/many/${rolling}`;
        const workers = Array.from({ length: 32 }, () =>
          inTurn(store, key, { amount: 1, limit: 1000, lifetime: hour, rolling }, 40),
        );
        const counted = (await Promise.all(workers)).flat().filter((one) => one.counted);
        assert.equal(counted.length, 1000);
        assert.equal(new Set(counted.map((one) => one.value)).size, 1000);
      }
    });

    it('paces: lets one pass, and the next when the time is over', async () => {
      assert.equal(await store.pace('s/1', hour), true);
      const answers = await Promise.all(Array.from({ length: 20 }, () => store.pace('s/1', hour)));
      assert.deepEqual(new Set(answers), new Set([false]));
      assert.equal(await store.pace('s/2', hour), true);
      assert.equal(await store.pace('s/3', 20.5), true);
      await until(async () => store.pace('s/3', 20.5));
    });

    it('values, counters and pacers of one key are apart, and deleted together', async () => {
      await store.set('same', 'v');
      assert.equal((await store.count('same', { amount: 1, limit: 9, lifetime: hour })).value, 1);
      assert.equal(await store.pace('same', hour), true);
      assert.equal(await store.get('same'), 'v');
      assert.deepEqual([...(await store.keys('same'))], ['same']);
      await store.delete('same');
      assert.equal(await store.get('same'), undefined);
      assert.equal((await store.count('same', { amount: 1, limit: 9, lifetime: hour })).value, 1);
      assert.equal(await store.pace('same', hour), true);
    });
  });
}

export const hour = 3_600_000;

export function shown({ counted, value }: Counted): readonly [boolean, number] {
  return [counted, value];
}

export async function inTurn(store: Store, key: string, step: CountStep, times: number): Promise<Counted[]> {
  const counted: Counted[] = [];
  for (let time = 0; time < times; time++) counted.push(await store.count(key, step));
  return counted;
}

/** Waits for something that is to happen soon. */
export async function until(happened: () => Promise<boolean>, what = 'it'): Promise<void> {
  const end = Date.now() + 10_000;
  while (!(await happened())) {
    if (Date.now() > end) assert.fail(`${what} did not happen within ten seconds`);
    await wait(5);
  }
}
