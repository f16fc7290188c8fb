import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Step } from '../../runtime/policies/policy.ts';
import { Quota } from '../../runtime/policies/Quota.ts';
import { MemoryStore } from '../../runtime/state/memory.ts';
import type { Store } from '../../runtime/state/store.ts';
import { awayStore } from '../support/away-store.ts';
import { type ExchangeOptions, exchangeOf } from '../support/exchange.ts';
import { later } from '../support/later-store.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

const hourly = '<Interval>1</Interval><TimeUnit>hour</TimeUnit>';

function diagnosticsOf(inside: string, attributes = '') {
  const { diagnostics } = compilePolicy(Quota, `<Quota name="Q" ${attributes}>${inside}</Quota>`);
  return diagnostics.map((one) => `${one.code} ${one.severity}`);
}

function compile(inside: string, store: Store = new MemoryStore(), attributes = '', name = 'Q'): Step {
  const { step, diagnostics } = compilePolicy(Quota, `<Quota name="${name}" ${attributes}>${inside}</Quota>`, {
    compiler: { store },
  });
  assert.deepEqual(
    diagnostics.filter((one) => one.severity === 'error'),
    [],
  );
  return step;
}

/** The variables after a request, or the fault it ended in. */
async function run(step: Step, options: ExchangeOptions = {}, name = 'Q'): Promise<Record<string, unknown>> {
  const exchange = exchangeOf(options);
  let code: string | undefined;
  try {
    await step(exchange);
  } catch (error) {
    code = (error as { code?: string }).code;
  }
  const of = (rest: string) => exchange.read(`ratelimit.${name}.${rest}`);
  return {
    used: of('used.count'),
    left: of('available.count'),
    exceed: of('exceed.count'),
    failed: of('failed'),
    code,
  };
}

const violation = 'policies.ratelimit.QuotaViolation';

describe('counting', () => {
  test('a limit of two admits two', async () => {
    const step = compile(`<Allow count="2"/>${hourly}`);
    assert.equal(step(exchangeOf()), undefined);
    assert.deepEqual(await run(step), { used: 2, left: 0, exceed: 0, failed: false, code: undefined });
    assert.deepEqual(await run(step), { used: 2, left: 0, exceed: 1, failed: true, code: violation });
  });

  test('the violation names the identifier', async () => {
    const step = compile(`<Identifier ref="app"/><Allow count="0"/>${hourly}`);
    const fault = await faultOf(step, exchangeOf({ variables: { app: 'mine' } }));
    assert.equal(fault.status, 429);
    assert.equal(fault.faultstring, 'Rate limit quota violation. Quota limit  exceeded. Identifier : mine');
    assert.match((await faultOf(step, exchangeOf())).faultstring, /: _default$/);
  });

  test('all variables', async () => {
    const step = compile(
      `<Identifier ref="app"/><Allow count="9"><Class ref="tier"><Allow class="gold" count="3"/></Class></Allow>${hourly}`,
    );
    const before = Date.now();
    const exchange = exchangeOf({ variables: { app: 'a', tier: 'gold' } });
    step(exchange);
    const read = (...names: string[]) => names.map((name) => exchange.read(`ratelimit.Q.${name}`));
    assert.deepEqual(read('allowed.count', 'total.exceed.count', 'identifier', 'class'), [3, 0, 'a', 'gold']);
    assert.deepEqual(
      read(...['allowed', 'used', 'available', 'exceed', 'total.exceed'].map((one) => `class.${one}.count`)),
      [3, 1, 2, 0, 0],
    );
    const [expiry] = read('expiry.time');
    assert.ok(typeof expiry === 'number' && expiry > before && expiry % 3_600_000 === 0);
  });

  test('identifiers, classes and policies count apart, whatever they are called', async () => {
    const store = new MemoryStore();
    const limit = `<Allow count="1"><Class ref="tier"><Allow class="b">1</Allow></Class></Allow>`;
    const step = compile(`<Identifier ref="app"/>${limit}${hourly}`, store);
    const of = async (app: string | undefined, tier?: string) =>
      (await run(step, { variables: { app, tier } })).code === undefined;
    assert.deepEqual([await of('a'), await of('a', 'b'), await of('a/b'), await of('a%2Fb')], [true, true, true, true]);
    assert.deepEqual([await of('a'), await of('a', 'b'), await of('a/b')], [false, false, false]);
    assert.equal(await of('a', 'unlisted'), true);
    const long = 'x'.repeat(100_000);
    assert.deepEqual([await of(long), await of(long), await of(`${long}y`)], [true, false, true]);
    const other = compile(`<Allow count="1"/>${hourly}`, store, '', 'R');
    assert.equal((await run(other, {}, 'R')).code, undefined);
  });

  test('a weight is so much of the limit; what is refused does not count', async () => {
    const step = compile(`<Allow count="4"/><MessageWeight ref="w"/>${hourly}`);
    const of = async (w?: string) => {
      const { used, code } = await run(step, { variables: { w } });
      return [used, code];
    };
    assert.deepEqual(await of('3'), [3, undefined]);
    assert.deepEqual(await of('0'), [3, undefined]);
    assert.deepEqual(await of('2'), [3, violation]);
    assert.deepEqual(await of(), [4, undefined]);
    assert.deepEqual((await of('1.5'))[1], 'policies.ratelimit.InvalidMessageWeight');
  });

  test('one policy enforces, another counts, by a shared name', async () => {
    const store = new MemoryStore();
    const rest = `<Allow count="3"/>${hourly}<SharedName>both</SharedName>`;
    const enforce = compile(`${rest}<EnforceOnly>true</EnforceOnly>`, store);
    const count = compile(`${rest}<CountOnly>true</CountOnly><MessageWeight ref="w"/>`, store, '', 'C');
    assert.equal((await run(enforce)).code, undefined);
    assert.equal((await run(enforce)).used, 0);
    assert.deepEqual(await run(count, { variables: { w: '5' } }, 'C'), {
      used: 5,
      left: 0,
      exceed: 1,
      failed: false,
      code: undefined,
    });
    assert.equal((await run(enforce)).code, violation);
    assert.equal((await run(count, {}, 'C')).used, 6);
  });

  test('proxies that run a shared flow count apart', async () => {
    const step = compile(`<Allow count="1"/>${hourly}`);
    const of = async (proxy: string) => (await run(step, { endpoint: { proxy } })).code;
    assert.deepEqual(
      [await of('a'), await of('b'), await of('a'), await of('b')],
      [undefined, undefined, violation, violation],
    );
  });

  for (const type of ['flexi', 'rollingwindow', 'calendar']) {
    test(`type ${type}`, async () => {
      const start = type === 'calendar' ? '<StartTime>2024-02-18 10:30:00</StartTime>' : '';
      const step = compile(`<Allow count="1"/>${hourly}${start}`, new MemoryStore(), `type="${type}"`);
      assert.equal((await run(step)).code, undefined);
      assert.equal((await run(step)).code, violation);
    });
  }
});

describe('limits', () => {
  test('references win when they resolve', async () => {
    const step = compile(
      '<Allow count="1" countRef="limit"/><Interval ref="n">1</Interval><TimeUnit ref="unit">month</TimeUnit>',
    );
    const allowed = async (variables: Record<string, unknown>) => {
      const exchange = exchangeOf({ variables });
      await Promise.resolve()
        .then(() => step(exchange))
        .catch(() => undefined);
      return exchange.read('ratelimit.Q.allowed.count');
    };
    assert.equal(await allowed({ limit: '5' }), 5);
    assert.equal(await allowed({ limit: 7, n: '2', unit: 'day' }), 7);
    assert.equal(await allowed({ limit: 'many' }), 1);
    assert.equal(await allowed({}), 1);
  });

  test('an interval or unit that is missing or none is a fault', async () => {
    const cases = [
      ['<Interval ref="n"/><TimeUnit>hour</TimeUnit>', {}, 'FailedToResolveQuotaIntervalReference', 'n'],
      ['<TimeUnit>hour</TimeUnit>', {}, 'FailedToResolveQuotaIntervalReference', 'null'],
      ['<Interval>1</Interval><TimeUnit ref="u"/>', {}, 'FailedToResolveQuotaIntervalTimeUnitReference', 'u'],
      ['<Interval>1</Interval>', {}, 'FailedToResolveQuotaIntervalTimeUnitReference', 'null'],
      ['<Interval ref="n"/><TimeUnit>hour</TimeUnit>', { n: '0.1' }, 'InvalidQuotaInterval', ''],
      ['<Interval>1</Interval><TimeUnit ref="u"/>', { u: 'year' }, 'InvalidQuotaTimeUnit', ''],
    ] as const;
    for (const [inside, variables, name, variable] of cases) {
      const fault = await faultOf(compile(`<Allow count="3"/>${inside}`), exchangeOf({ variables }));
      assert.deepEqual([fault.code, fault.status], [`policies.ratelimit.${name}`, 500]);
      if (variable !== '')
        assert.match(fault.faultstring, new RegExp(` reference ${variable} in quota policy \\{1\\}$`));
    }
  });

  test('a product has its own, of the step that found it', async () => {
    const product = '<UseQuotaConfigInAPIProduct stepName="VA">';
    const inside = `${product}<DefaultConfig><Allow>7</Allow>${hourly}</DefaultConfig></UseQuotaConfigInAPIProduct>`;
    const allowed = async (text: string, prefix: string | undefined, quota: Record<string, string>) => {
      const exchange = exchangeOf();
      for (const [key, value] of Object.entries(quota)) exchange.setVariable(`${prefix}.${key}`, value);
      await compile(text)(exchange);
      return exchange.read('ratelimit.Q.allowed.count');
    };
    const quota = { limit: '2', interval: '1', timeunit: 'minute' };
    const named = 'verifyapikey.VA.apiproduct.developer.quota';
    assert.equal(await allowed(inside, named, quota), 2);
    assert.equal(await allowed(inside, 'apiproduct.developer.quota', quota), 2);
    assert.equal(await allowed(inside, named, {}), 7);
    assert.equal(await allowed(inside, named, { limit: '2' }), 7);
    const own = `<Allow count="9"/>${hourly}${product}</UseQuotaConfigInAPIProduct>`;
    assert.equal(await allowed(own, named, quota), 2);
    assert.equal(await allowed(own, named, {}), 9);
  });
});

describe('the store', () => {
  test('may answer later', async () => {
    const step = compile(`<Allow count="1"/>${hourly}`, later(new MemoryStore()));
    assert.equal((await run(step)).code, undefined);
    assert.equal((await run(step)).code, violation);
  });

  test('may not answer: an asynchronous quota goes on, a synchronous one refuses', async () => {
    const surroundings = { report: () => undefined };
    const of = async (more: string) =>
      (
        await run(compile(`<Allow count="1"/>${hourly}<Distributed>true</Distributed>${more}`, awayStore), {
          surroundings,
        })
      ).code;
    assert.equal(await of(''), undefined);
    assert.equal(await of('<Synchronous>false</Synchronous>'), undefined);
    assert.equal(await of('<Synchronous>true</Synchronous>'), 'policies.ratelimit.StoreUnavailable');
    const open = '<DataStoreFailureModeOpen>true</DataStoreFailureModeOpen>';
    assert.equal(await of(`<Synchronous>true</Synchronous>${open}`), undefined);
  });
});

test('mistakes', () => {
  const allow = '<Allow count="1"/>';
  const full = allow + hourly;
  const facts: readonly [string, string, string[]][] = [
    [`${allow}<Interval>0.1</Interval><TimeUnit>hour</TimeUnit>`, '', ['ZH512 error']],
    [`${allow}<Interval>0</Interval><TimeUnit>hour</TimeUnit>`, '', ['ZH512 error']],
    [`${allow}<Interval>1</Interval><TimeUnit>year</TimeUnit>`, '', ['ZH513 error']],
    [full, 'type="sometimes"', ['ZH013 error']],
    [full, 'type="calendar"', ['ZH514 error']],
    [`${full}<StartTime>soon</StartTime>`, 'type="calendar"', ['ZH514 error']],
    [`${full}<StartTime>2024-01-01 00:00:00</StartTime>`, 'type="flexi"', ['ZH515 error']],
    [`${full}<StartTime>2024-01-01 00:00:00</StartTime>`, '', ['ZH515 warning']],
    [`${allow}<Interval>1</Interval><TimeUnit>second</TimeUnit><Distributed>true</Distributed>`, '', ['ZH516 error']],
    [
      `${full}<AsynchronousConfiguration><SyncIntervalInSeconds>-1</SyncIntervalInSeconds></AsynchronousConfiguration>`,
      '',
      ['ZH517 error'],
    ],
    [`${full}<Synchronous>true</Synchronous><AsynchronousConfiguration/>`, '', ['ZH518 error']],
    [`${full}<EnforceOnly>true</EnforceOnly><CountOnly>true</CountOnly>`, '', ['ZH519 error']],
    ['', '', ['ZH520 warning', 'ZH520 warning', 'ZH520 warning']],
    [`<Allow/>${hourly}`, '', ['ZH520 warning']],
    [`${full}<MessageWeight>x</MessageWeight>`, '', ['ZH511 error']],
    ['<UseQuotaConfigInAPIProduct stepName="VA"/>', 'type="calendar"', []],
  ];
  for (const [inside, attributes, expected] of facts) {
    assert.deepEqual(diagnosticsOf(inside, attributes), expected, `${inside} ${attributes}`);
  }
});
