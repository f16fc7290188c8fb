import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BodyNeed } from '../../runtime/message/body-need.ts';
import { StatisticsCollector } from '../../runtime/policies/StatisticsCollector.ts';
import { listed } from '../support/diagnostics.ts';
import { type ExchangeOptions, exchangeOf } from '../support/exchange.ts';
import { deepJson, hostileJson, hostileXml } from '../support/hostile.ts';
import { compilePolicy } from '../support/policy.ts';

function policyOf(inner: string) {
  const xml = `<StatisticsCollector name="SC-1"><Statistics>${inner}</Statistics></StatisticsCollector>`;
  return compilePolicy(StatisticsCollector, xml);
}

function collected(inner: string, before: ExchangeOptions): unknown {
  const calls: unknown[] = [];
  const capture = (_: unknown, policy: string, values: object, trace: boolean) => calls.push([policy, values, trace]);
  policyOf(inner).step(exchangeOf({ ...before, surroundings: { capture } }));
  return calls[0];
}

/** Attributes and text of a statistic, the value of the variable, what is collected. */
const facts: readonly [string, unknown, unknown][] = [
  ['type="string">none', 'x', 'x'],
  ['type="string">none', undefined, 'none'],
  ['type="string">', undefined, undefined],
  ['type="integer">0', '42', 42],
  ['type="Integer">7', 'many', 7],
  ['type="boolean">', 'true', true],
  ['type="float">', 1.5, 1.5],
  ['type="string">', 'x'.repeat(1000), 'x'.repeat(400)],
];

describe('StatisticsCollector', () => {
  for (const [statistic, value, expected] of facts) {
    it(`${statistic} of ${String(value).slice(0, 20)}`, () => {
      const found = collected(`<Statistic name="s" ref="v" ${statistic}</Statistic>`, { variables: { v: value } });
      assert.deepEqual(found, ['SC-1', { s: expected }, false]);
    });
  }

  it('takes the payloads it reads', () => {
    assert.equal(policyOf('<Statistic name="s" ref="request.content" type="string"/>').needs, BodyNeed.request);
    assert.equal(policyOf('<Statistic name="s" ref="proxy.name" type="string"/>').needs, BodyNeed.none);
  });

  for (const { name, payload } of [...hostileXml, ...hostileJson, ...deepJson]) {
    it(`keeps the beginning of ${name}`, () => {
      const statistic = '<Statistic name="s" ref="request.content" type="string"/>';
      const found = collected(statistic, { verb: 'POST', body: payload });
      assert.deepEqual(found, ['SC-1', { s: payload.toString().slice(0, 400) }, false]);
    });
  }

  for (const [inner, expected] of [
    ['', ['warning ZH460']],
    ['<Statistic name="a b" ref="v" type="string"/>', ['error ZH461']],
    ['<Statistic name="a" ref="v"/>', ['error ZH462']],
    ['<Statistic name="a" ref="v" type="date"/>', ['error ZH462']],
    ['<Statistic ref="v" type="string"/>', ['error ZH012']],
  ] as const) {
    it(`when the bundle is loaded: ${inner}`, () => {
      const found = listed(policyOf(inner).diagnostics).map((line) => line.split(' ').slice(1, 3).join(' '));
      assert.deepEqual(found, expected);
    });
  }
});
