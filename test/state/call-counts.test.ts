import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Exchange } from '../../runtime/message/exchange.ts';
import type { CallCountKeeper } from '../../runtime/state/call-count-keeper.ts';
import { openCallCountKeeper } from '../../runtime/state/call-counting.ts';
import { CallCounts } from '../../runtime/state/call-counts.ts';
import { MemoryStore } from '../../runtime/state/memory.ts';
import type { Store } from '../../runtime/state/store.ts';

const endpoint = { proxy: 'a/b', name: 'default' };

function exchange(caller: 'external' | 'local', fault?: string): Exchange {
  const parent = caller === 'local' ? {} : undefined;
  return { endpoint, parent, fault: fault && { code: fault } } as unknown as Exchange;
}

async function open(store: Store): Promise<{ counts: CallCounts; keeper: CallCountKeeper; failures: unknown[] }> {
  const counts = new CallCounts();
  const failures: unknown[] = [];
  const failed = (error: unknown): void => void failures.push(error);
  // The timer never comes: what is written is written by the test.
  return { counts, failures, keeper: await openCallCountKeeper({ store, counts, milliseconds: 2 ** 30, failed }) };
}

it('counts go on after a restart, by caller and status', async () => {
  const store = new MemoryStore();
  const one = await open(store);
  one.counts.count(exchange('external'), 200);
  one.counts.count(exchange('local', 'steps.x'), 503);
  await one.keeper.close();
  const two = await open(store);
  two.counts.count(exchange('external'), 204);
  const row = { proxy: 'a/b', endpoint: 'default' };
  const expected = [
    { ...row, statusClass: '2xx', caller: 'external', calls: 2 },
    { ...row, statusClass: '5xx', caller: 'local', calls: 1 },
  ];
  assert.deepEqual(two.counts.list(), expected);
  assert.deepEqual(two.counts.faults(), [{ proxy: 'a/b', fault: 'steps.x', count: 1 }]);
  const hours = await two.keeper.hours(Date.now() - 7_200_000, Date.now());
  const sum = (caller: string): number =>
    hours.filter((one) => one.caller === caller).reduce((total, { calls }) => total + calls, 0);
  assert.deepEqual([sum('external'), sum('local')], [2, 1]);
  assert.deepEqual(await two.keeper.hours(0, Date.now() - 7_200_000), []);
  await two.keeper.close();
});

it('a write that fails is made up for by the next one', async () => {
  const store = new MemoryStore();
  const { counts, keeper } = await open(store);
  const write = store.write.bind(store);
  counts.count(exchange('external'), 200);
  store.write = () => {
    throw new Error('full');
  };
  await assert.rejects(keeper.flush(), /full/);
  store.write = write;
  counts.count(exchange('external'), 200);
  await keeper.flush();
  await keeper.flush();
  const hours = await keeper.hours(Date.now() - 7_200_000, Date.now());
  assert.equal(
    hours.reduce((total, { calls }) => total + calls, 0),
    2,
  );
  await keeper.close();
});
