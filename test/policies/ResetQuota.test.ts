import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Diagnostics, Source } from '../../runtime/diagnostic.ts';
import { Quota } from '../../runtime/policies/Quota.ts';
import { ResetQuota } from '../../runtime/policies/ResetQuota.ts';
import { MemoryStore } from '../../runtime/state/memory.ts';
import type { Store } from '../../runtime/state/store.ts';
import { parseXml } from '../../runtime/xml/parse.ts';
import { awayStore } from '../support/away-store.ts';
import { exchangeOf } from '../support/exchange.ts';
import { later } from '../support/later-store.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

const hourly = '<Allow count="9"/><Interval>1</Interval><TimeUnit>hour</TimeUnit>';

function siblings(quotas: Readonly<Record<string, string>>) {
  return new Map(
    Object.entries(quotas).map(([name, xml]) => {
      const root = parseXml(new Source(`policies/${name}.xml`, xml), new Diagnostics());
      assert.ok(root);
      return [name, { name, root }];
    }),
  );
}

/** A quota and a policy that resets it, and what is used after each step. */
function pair(quota: string, reset: string, store: Store = new MemoryStore()) {
  const resetPolicy = compilePolicy(ResetQuota, `<ResetQuota name="RQ">${reset}</ResetQuota>`, {
    compiler: { store, siblings: siblings({ Q: quota }) },
  });
  const { step } = compilePolicy(Quota, quota, { compiler: { store } });
  return {
    diagnostics: resetPolicy.diagnostics.map((one) => `${one.code} ${one.severity}`),
    reset: resetPolicy.step,
    use: async (variables: Record<string, unknown> = {}) => {
      const exchange = exchangeOf({ variables });
      await step(exchange);
      return exchange.read('ratelimit.Q.used.count');
    },
  };
}

const plain = `<Quota name="Q"><Identifier ref="app"/>${hourly}</Quota>`;
const identifier = (amount: string, attributes = 'name="_default"') =>
  `<Quota name="Q"><Identifier ${attributes}>${amount}</Identifier></Quota>`;

test('a part of what was used is given back, never more', async () => {
  const { reset, use, diagnostics } = pair(plain, identifier('<Allow>2</Allow>'));
  assert.deepEqual(diagnostics, []);
  for (const _ of [1, 2, 3]) await use();
  await reset(exchangeOf());
  assert.equal(await use(), 2);
  await reset(exchangeOf());
  await reset(exchangeOf());
  assert.equal(await use(), 1);
});

test('the identifier, the quota and the amount may be references', async () => {
  const inside = '<Quota ref="quota" name="other"><Identifier ref="app"><Allow ref="amount"/></Identifier></Quota>';
  const { reset, use } = pair(plain, inside, later(new MemoryStore()));
  await use({ app: 'a' });
  await use({ app: 'b' });
  await reset(exchangeOf({ variables: { quota: 'Q', app: 'a', amount: '1' } }));
  assert.deepEqual([await use({ app: 'a' }), await use({ app: 'b' })], [1, 2]);
});

test('rolling windows, shared names and classes are reached', async () => {
  for (const [quota, inside, variables] of [
    [`<Quota name="Q" type="rollingwindow">${hourly}</Quota>`, identifier('<Allow>2</Allow>'), {}],
    [`<Quota name="Q">${hourly}<SharedName>s</SharedName></Quota>`, identifier('<Allow>2</Allow>'), {}],
    [
      '<Quota name="Q"><Allow><Class ref="tier"><Allow class="gold" count="9"/></Class></Allow><Interval>1</Interval><TimeUnit>hour</TimeUnit></Quota>',
      identifier('<Class name="gold"><Allow>2</Allow></Class>'),
      { tier: 'gold' },
    ],
  ] as const) {
    const { reset, use } = pair(quota, inside);
    for (const _ of [1, 2, 3]) await use(variables);
    await reset(exchangeOf());
    assert.equal(await use(variables), 2, quota);
  }
});

test('what does not resolve', async () => {
  const unknown = pair(plain, '<Quota name="None"><Identifier><Allow>1</Allow></Identifier></Quota>');
  assert.deepEqual(unknown.diagnostics, ['ZH521 warning']);
  const facts = [
    [unknown, 'InvalidRLPolicy', 'Invalid rate limit policy None'],
    [
      pair(plain, '<Quota ref="q"><Identifier><Allow>1</Allow></Identifier></Quota>'),
      'FailedToResolveRLPolicy',
      'Failed to resolve rate limit policy',
    ],
    [
      pair(plain, identifier('<Allow>1</Allow>', 'ref="app"')),
      'FailedToResolveRLPolicyIdentifier',
      'Failed to resolve rate limit policy identifier',
    ],
  ] as const;
  for (const [{ reset }, name, text] of facts) {
    const fault = await faultOf(reset, exchangeOf());
    assert.deepEqual([fault.code, fault.status, fault.faultstring], [`policies.resetquota.${name}`, 500, text]);
  }
});

test('an amount that does not resolve is only traced', async () => {
  const captured: unknown[] = [];
  const { reset, use } = pair(plain, identifier('<Allow ref="amount"/>'));
  await use();
  const surroundings = { capture: (...[, , values]: [unknown, unknown, unknown]) => void captured.push(values) };
  await reset(exchangeOf({ surroundings }));
  assert.equal(await use(), 2);
  assert.deepEqual(captured, [{ error: 'policies.resetquota.FailedToResolveAllowCountRef', variable: 'amount' }]);
});

test('a store that does not answer is a fault', async () => {
  const { reset } = pair(plain, identifier('<Allow>1</Allow>'), awayStore);
  const fault = await faultOf(reset, exchangeOf({ surroundings: { report: () => undefined } }));
  assert.deepEqual([fault.code, fault.status], ['policies.resetquota.StoreUnavailable', 503]);
});

test('mistakes', () => {
  const facts: readonly [string, string[]][] = [
    ['', ['ZH012 error']],
    ['<Quota><Identifier><Allow>1</Allow></Identifier></Quota>', ['ZH521 error']],
    ['<Quota name="Q"/>', ['ZH522 warning']],
    [identifier(''), ['ZH522 warning']],
    [identifier('<Allow>many</Allow>'), ['ZH013 error']],
    [identifier('<Class name="gold"/>'), ['ZH012 error']],
  ];
  for (const [inside, expected] of facts) assert.deepEqual(pair(plain, inside).diagnostics, expected, inside);
});
