import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Step } from '../../runtime/policies/policy.ts';
import { SpikeArrest } from '../../runtime/policies/SpikeArrest.ts';
import { MemoryStore } from '../../runtime/state/memory.ts';
import type { Store } from '../../runtime/state/store.ts';
import { awayStore } from '../support/away-store.ts';
import { type ExchangeOptions, exchangeOf } from '../support/exchange.ts';
import { later } from '../support/later-store.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

function compile(inside: string, store: Store = new MemoryStore()): Step {
  const xml = `<SpikeArrest name="SA">${inside}</SpikeArrest>`;
  const { step, diagnostics } = compilePolicy(SpikeArrest, xml, { compiler: { store } });
  assert.deepEqual(diagnostics, []);
  return step;
}

const codes = (inside: string) =>
  compilePolicy(SpikeArrest, `<SpikeArrest name="SA">${inside}</SpikeArrest>`).diagnostics.map((one) => one.code);

async function passes(step: Step, options: ExchangeOptions = {}): Promise<boolean> {
  const exchange = exchangeOf(options);
  try {
    await step(exchange);
    assert.equal(exchange.read('ratelimit.SA.failed'), false);
    assert.equal(exchange.read('ratelimit.SA.exceed.count'), 0);
    return true;
  } catch {
    assert.equal(exchange.read('ratelimit.SA.failed'), true);
    assert.equal(exchange.read('ratelimit.SA.exceed.count'), 1);
    return false;
  }
}

describe('a smoothed rate', () => {
  test('lets one pass in an interval', async () => {
    const step = compile('<Rate>30pm</Rate>');
    assert.deepEqual([await passes(step), await passes(step), await passes(step)], [true, false, false]);
  });

  test('the violation names the rate', async () => {
    for (const [rate, shown] of [
      ['5ps', 'messagesPerPeriod=5, periodInMicroseconds=1000000'],
      ['1pm', 'messagesPerPeriod=1, periodInMicroseconds=60000000'],
    ] as const) {
      const step = compile(`<Rate>${rate}</Rate>`);
      await step(exchangeOf());
      const fault = await faultOf(step, exchangeOf());
      assert.equal(fault.code, 'policies.ratelimit.SpikeArrestViolation');
      assert.equal(fault.status, 429);
      const text = `Spike arrest violation. Allowed rate : MessageRate{${shown}, maxBurstMessageCount=1.0}`;
      assert.equal(fault.faultstring, text);
    }
  });

  test('each identifier has its own; without a value they are one group', async () => {
    const step = compile('<Rate>1pm</Rate><Identifier ref="app"/>');
    const of = (app: string | undefined) => passes(step, { variables: { app } });
    assert.deepEqual([await of('a'), await of('b'), await of('a')], [true, true, false]);
    assert.deepEqual([await of(undefined), await of(undefined), await of('')], [true, false, false]);
  });

  test('a weight of 0 passes and costs nothing', async () => {
    const step = compile('<Rate>1pm</Rate><MessageWeight ref="w"/>');
    const of = (w: string) => passes(step, { variables: { w } });
    assert.deepEqual(
      [await of('0'), await of('0'), await of('1'), await of('1'), await of('0')],
      [true, true, true, false, true],
    );
  });
});

describe('an effective count', () => {
  test('all of the rate may come at once', async () => {
    const step = compile('<Rate>3pm</Rate><UseEffectiveCount>true</UseEffectiveCount>');
    const first = exchangeOf();
    step(first);
    assert.equal(first.read('ratelimit.SA.available.count'), 2);
    assert.deepEqual([await passes(step), await passes(step), await passes(step)], [true, true, false]);
  });

  test('a weight is so many of it', async () => {
    const step = compile('<Rate>6pm</Rate><UseEffectiveCount>true</UseEffectiveCount><MessageWeight ref="w"/>');
    const of = (w?: string) => passes(step, { variables: { w } });
    assert.deepEqual(
      [await of('3'), await of('4'), await of(), await of('2'), await of()],
      [true, false, true, true, false],
    );
  });
});

describe('by reference', () => {
  test('the rate is read at each request, the text is the default', async () => {
    const step = compile('<Rate ref="rate">1pm</Rate><UseEffectiveCount>true</UseEffectiveCount>');
    assert.deepEqual(
      [await passes(step), await passes(step), await passes(step, { variables: { rate: '3pm' } })],
      [true, false, true],
    );
  });

  test('a rate that is none, or is not there, is a fault', async () => {
    const step = compile('<Rate ref="rate"/>');
    const none = await faultOf(step, exchangeOf());
    assert.equal(none.code, 'policies.ratelimit.FailedToResolveSpikeArrestRate');
    assert.equal(none.faultstring, 'Failed to resolve Spike Arrest Rate reference rate in SpikeArrest policy SA');
    for (const rate of ['', 'many', '5', '0pm', '1.5ps', '-1pm']) {
      const fault = await faultOf(step, exchangeOf({ variables: { rate } }));
      assert.deepEqual([fault.code, fault.status], ['policies.ratelimit.InvalidAllowedRate', 500], rate);
    }
  });

  test('a weight that is no whole number is a fault', async () => {
    const step = compile('<Rate>5pm</Rate><MessageWeight ref="w"/>');
    for (const w of ['1.5', '-1', 'x']) {
      const fault = await faultOf(step, exchangeOf({ variables: { w } }));
      assert.equal(fault.code, 'policies.ratelimit.InvalidMessageWeight');
      assert.equal(fault.faultstring, `Invalid message weight value ${w}`);
    }
  });
});

describe('counters', () => {
  test('policies and proxies have their own, of one store', async () => {
    const store = new MemoryStore();
    const step = compile('<Rate>1pm</Rate>', store);
    const other = compilePolicy(SpikeArrest, '<SpikeArrest name="SB"><Rate>1pm</Rate></SpikeArrest>', {
      compiler: { store },
    }).step;
    assert.equal(await passes(step), true);
    await other(exchangeOf());
    assert.equal(await passes(step, { endpoint: { proxy: 'another' } }), true);
    assert.equal(await passes(step, { endpoint: { proxy: 'another' } }), false);
    assert.equal(await passes(compile('<Rate>1pm</Rate>', store)), false);
  });

  test('a store that answers later works alike', async () => {
    const step = compile('<Rate>1pm</Rate>', later(new MemoryStore()));
    assert.deepEqual([await passes(step), await passes(step)], [true, false]);
  });

  test('a store that does not answer holds nobody up, and is told of once', async () => {
    const reports: unknown[] = [];
    const surroundings = { report: (error: unknown) => void reports.push(error) };
    for (const effective of ['true', 'false']) {
      const step = compile(`<Rate>1pm</Rate><UseEffectiveCount>${effective}</UseEffectiveCount>`, awayStore);
      assert.deepEqual([await passes(step, { surroundings }), await passes(step, { surroundings })], [true, true]);
    }
    assert.equal(reports.length, 2);
  });
});

test('mistakes', () => {
  for (const rate of ['30.1ps', '30', 'pm', '0ps', 'many', '']) {
    assert.deepEqual(codes(`<Rate>${rate}</Rate>`), ['ZH510'], rate);
  }
  assert.deepEqual(codes(''), ['ZH012']);
  assert.deepEqual(codes('<Rate>1ps</Rate><MessageWeight>1.5</MessageWeight>'), ['ZH511']);
  assert.deepEqual(codes('<Rate ref="v"/><Identifier ref=""/>'), []);
});
