import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Place } from '../../runtime/diagnostic.ts';
import { type Exchange, Phase } from '../../runtime/message/exchange.ts';
import { ConcurrentRatelimit } from '../../runtime/policies/ConcurrentRatelimit.ts';
import type { Attachment, Step } from '../../runtime/policies/policy.ts';
import { MemoryStore } from '../../runtime/state/memory.ts';
import type { Store } from '../../runtime/state/store.ts';
import { awayStore } from '../support/away-store.ts';
import { exchangeOf, responseOf } from '../support/exchange.ts';
import { later } from '../support/later-store.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

function compile(inside: string, store: Store = new MemoryStore()): Step {
  const { step, diagnostics } = compilePolicy(
    ConcurrentRatelimit,
    `<ConcurrentRatelimit name="CR">${inside}</ConcurrentRatelimit>`,
    { compiler: { store } },
  );
  assert.deepEqual(diagnostics, []);
  return step;
}

const started = (variables: Record<string, unknown> = {}) =>
  exchangeOf({ phase: Phase.targetRequest, variables, surroundings: { report: () => undefined } });

function respond(exchange: Exchange): Exchange {
  exchange.phase = Phase.targetResponse;
  exchange.response = responseOf();
  return exchange;
}

const read = (exchange: Exchange, ...names: string[]) =>
  names.map((name) => exchange.read(`concurrentratelimit.CR.${name}`));

test('as many as are allowed, and one more for each that is given back', async () => {
  for (const store of [new MemoryStore(), later(new MemoryStore())]) {
    const step = compile('<AllowConnections count="2"/><TargetIdentifier name="t"/>', store);
    const [one, two, three] = [started(), started(), started()];
    await step(one);
    await step(two);
    assert.deepEqual(read(two, 'allowed.count', 'used.count', 'available.count', 'identifier', 'failed'), [
      2,
      2,
      0,
      't',
      false,
    ]);
    const fault = await faultOf(step, three);
    assert.equal(fault.code, 'policies.concurrentratelimit.ConcurrentRatelimitViolation');
    assert.equal(fault.status, 503);
    assert.equal(fault.faultstring, 'ConcurrentRatelimit connection exceeded. Connection limit : 2');
    assert.deepEqual(read(three, 'failed'), [true]);
    await step(respond(one));
    await step(respond(one));
    await step(respond(three));
    await step(started());
    await faultOf(step, started());
  }
});

test('what no step gives back is given back at the end of the call', async () => {
  const step = compile('<AllowConnections count="1"/>');
  const exchange = started();
  step(exchange);
  await faultOf(step, started());
  for (const finish of exchange.finishing ?? []) finish(responseOf());
  step(started());
});

test('in the error flow it gives back', async () => {
  const step = compile('<AllowConnections count="1"/>');
  const exchange = started();
  step(exchange);
  exchange.error = responseOf();
  step(exchange);
  step(started());
});

test('each target has its own', async () => {
  const step = compile('<AllowConnections count="1"/><TargetIdentifier name="t" ref="target"/>');
  step(started({ target: 'a' }));
  step(started({ target: 'b' }));
  step(started());
  await faultOf(step, started({ target: 'a' }));
});

test('a store that does not answer bounds nothing', async () => {
  const step = compile('<AllowConnections count="1"/>', awayStore);
  const exchange = started();
  await step(exchange);
  await step(respond(exchange));
  assert.deepEqual(read(exchange, 'failed'), [false]);
});

test('mistakes', () => {
  const codes = (inside: string, places: readonly (readonly [string, string])[] = []) => {
    const at = { offset: 0, length: 0, source: undefined } as unknown as Place;
    const attachments = places.map(([endpoint, part]) => ({ endpoint, part, at })) as unknown as Attachment[];
    const diagnostics: string[] = [];
    const note = (severity: string) => (code: string) => void diagnostics.push(`${code} ${severity}`);
    const found = compilePolicy(ConcurrentRatelimit, `<ConcurrentRatelimit name="CR">${inside}</ConcurrentRatelimit>`, {
      compiler: { attachments: () => attachments, error: note('error'), warning: note('warning') },
    });
    return [...found.diagnostics.map((one) => `${one.code} ${one.severity}`), ...diagnostics];
  };
  const good = '<AllowConnections count="1" ttl="5"/>';
  assert.deepEqual(codes(''), ['ZH012 error']);
  assert.deepEqual(codes('<AllowConnections/>'), ['ZH012 error']);
  assert.deepEqual(codes('<AllowConnections count="0"/>'), ['ZH013 error', 'ZH012 error']);
  assert.deepEqual(codes('<AllowConnections count="1" ttl="0"/>'), ['ZH013 error']);
  assert.deepEqual(codes(good, [['proxy', 'request']]), ['ZH523 error']);
  assert.deepEqual(codes(good, [['target', 'request']]), ['ZH524 error']);
  const both = [
    ['target', 'request'],
    ['target', 'response'],
  ] as const;
  assert.deepEqual(codes(good, both), ['ZH524 warning']);
  assert.deepEqual(codes(good, [...both, ['target', 'defaultFaultRule']]), []);
});
