import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { comparisonRows } from '../../bench/compare.ts';
import { cpuBetween } from '../../bench/cpu-time.ts';
import { goalRows } from '../../bench/goals.ts';
import { isChosen, parseOptions } from '../../bench/options.ts';
import type { Results, ScenarioResult } from '../../bench/results.ts';
import { ratios, spreadOf } from '../../bench/statistics.ts';

function passThrough(zerohop: readonly number[], other: readonly number[]): ScenarioResult {
  const series = (values: readonly number[]) => [{ metric: 'CPU', unit: 'µs per request', values }];
  return {
    scenario: 'pass-through',
    base: 'zerohop',
    divided: 'base',
    peers: [
      { peer: 'zerohop', series: series(zerohop) },
      { peer: 'node-undici', series: series(other) },
    ],
  };
}

function results(scenario: ScenarioResult): Results {
  return { about: {}, scenarios: [scenario], skipped: [] };
}

const slow = [20, 20, 20, 20, 20];
const fast = [10, 10, 10, 10, 10];

describe('results', () => {
  it('median and quartiles', () => {
    assert.deepEqual(spreadOf([5, 1, 4, 2, 3]), { median: 3, low: 2, high: 4 });
    assert.deepEqual(spreadOf([1, 2]), { median: 1.5, low: 1.25, high: 1.75 });
  });

  it('ratios are those of the same round', () => {
    assert.deepEqual(ratios([10, 30], [5, 10]), [2, 3]);
  });

  it('a goal is judged only when the middle half lies on one side', () => {
    const verdict = (zerohop: readonly number[]) => goalRows([passThrough(zerohop, fast)])[1]?.[3];
    assert.equal(verdict(fast), 'met');
    assert.equal(verdict(slow), 'missed');
    assert.equal(verdict([10, 11, 12.5, 14, 20]), 'undecided');
    assert.equal(verdict([10, 10]), undefined);
  });

  it('two runs are compared by their ratios', () => {
    const change = (before: readonly number[], now: readonly number[]) =>
      comparisonRows(results(passThrough(before, fast)), results(passThrough(now, fast)))[1]?.[4];
    assert.equal(change(fast, slow), 'differs by 100 %');
    assert.equal(change(fast, [9, 10, 10, 10, 11]), 'same within spread');
  });
});

describe('cpu time', () => {
  it('is summed over threads, new ones too', () => {
    const before = { threads: new Map([['1/1', 100]]), ticks: 0 };
    const after = new Map([
      ['1/1', 150],
      ['1/2', 30],
    ]);
    assert.equal(cpuBetween(before, { threads: after, ticks: 9 }), 80);
  });

  it('comes from the ticks when a thread has ended', () => {
    const before = { threads: new Map([['1/1', 100]]), ticks: 1 };
    assert.equal(cpuBetween(before, { threads: new Map(), ticks: 3 }), 20_000_000);
  });
});

describe('options', () => {
  it('names may hold stars', () => {
    assert.ok(isChosen('chain-static-10', ['pass-through', 'chain-*']));
    assert.ok(!isChosen('chain-static-10', ['chain-static-1', 'static*']));
  });

  it('a number that is none is refused', () => {
    assert.throws(() => parseOptions(['--rounds', 'many']), /--rounds takes a whole number/);
    assert.throws(() => parseOptions(['--fast']), /--fast/);
  });
});
