import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Counters } from '../../runtime/state/counters.ts';
import { Deadlines } from '../../runtime/state/deadlines.ts';

const start = Date.UTC(2026, 0, 1);

describe('a rolling counter', () => {
  const step = { amount: 1, limit: 10, lifetime: 6000, rolling: true };

  it('never admits more than the limit in any window, and is free a sixtieth later at the latest', () => {
    const counters = new Counters();
    const admitted: number[] = [];
    for (let now = start; now < start + 60_000; now += 7)
      if (counters.count('k', step, now).counted) admitted.push(now);
    for (const [index, time] of admitted.entries()) {
      const later = admitted[index + step.limit];
      if (later !== undefined) assert.ok(later - time >= 6000 && later - time <= 6107, String(later - time));
    }
    assert.ok(admitted.length >= 90, String(admitted.length));
  });

  it('tells when the first of what counts no longer does', () => {
    const counters = new Counters();
    const { expires } = counters.count('k', step, start + 50);
    counters.count('k', step, start + 3000);
    assert.equal(counters.count('k', { ...step, amount: 0 }, expires - 1).value, 2);
    assert.equal(counters.count('k', { ...step, amount: 0 }, expires).value, 1);
  });

  it('gives back what was counted last', () => {
    const counters = new Counters();
    counters.count('k', step, start);
    counters.count('k', step, start + 3000);
    counters.count('k', { ...step, amount: -1 }, start + 3000);
    assert.equal(counters.count('k', { ...step, amount: 0 }, start + 6100).value, 0);
  });
});

describe('a pacer', () => {
  it('knows parts of a millisecond', () => {
    const counters = new Counters();
    assert.deepEqual(
      [0, 0.2, 0.5, 0.9, 1].map((after) => counters.pace('k', 0.5, start + after)),
      [true, false, true, false, true],
    );
  });

  it('does not wait for a clock that was set back', () => {
    const counters = new Counters();
    assert.equal(counters.pace('k', 1000, start), true);
    assert.equal(counters.pace('k', 1000, start - 3_600_000), true);
  });
});

describe('what is over', () => {
  it('goes while others are counted', () => {
    const counters = new Counters();
    for (let index = 0; index < 10_000; index++) {
      const now = start + index * 100;
      counters.count(`fixed/${index}`, { amount: 1, limit: 1, lifetime: 1000 }, now);
      counters.count(`rolling/${index}`, { amount: 1, limit: 1, lifetime: 1000, rolling: true }, now);
      counters.pace(`pacer/${index}`, 1000, now);
      assert.ok(counters.size < 200, String(counters.size));
    }
  });

  it('is looked at when its time has come, and not before', () => {
    const deadlines = new Deadlines();
    deadlines.add('soon', start + 10, start);
    deadlines.add('later', start + 100_000, start);
    assert.deepEqual(deadlines.due(start + 5), []);
    assert.deepEqual(deadlines.due(start + 2000), ['soon']);
    assert.deepEqual(deadlines.due(start + 99_000), []);
    assert.deepEqual(deadlines.due(start + 110_000), ['later']);
    assert.deepEqual(deadlines.due(start + 900_000), []);
  });
});
