import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BodyNeed } from '../../runtime/message/body-need.ts';
import { AssertCondition } from '../../runtime/policies/AssertCondition.ts';
import { listed } from '../support/diagnostics.ts';
import { exchangeOf } from '../support/exchange.ts';
import { deepJson, hostileJson, hostileXml } from '../support/hostile.ts';
import { compilePolicy } from '../support/policy.ts';

function policyOf(condition: string) {
  return compilePolicy(AssertCondition, `<AssertCondition name="AC-1">${condition}</AssertCondition>`);
}

const facts: readonly [string, boolean][] = [
  ['n = 5', true],
  ['n = 6', false],
  ['none = "x"', false],
  ['none = null', true],
  ['(n GreaterThan 1) and (n LesserThan 9)', true],
  ['request.verb = "GET"', true],
  ['true', true],
];

describe('AssertCondition', () => {
  for (const [condition, holds] of facts) {
    it(`${condition} is ${holds}`, () => {
      const exchange = exchangeOf({ variables: { n: '5' } });
      policyOf(`<Condition>${condition}</Condition>`).step(exchange);
      assert.equal(exchange.read('assertcondition.AC-1.truthValue'), holds);
    });
  }

  it('the last outcome counts', () => {
    const exchange = exchangeOf();
    const { step } = policyOf('<Condition>a = 1</Condition>');
    step(exchange);
    exchange.write('a', 1);
    step(exchange);
    assert.equal(exchange.read('assertcondition.AC-1.truthValue'), true);
  });

  it('takes the payloads that the condition reads', () => {
    assert.equal(policyOf('<Condition>request.content = "a"</Condition>').needs, BodyNeed.request);
    assert.equal(policyOf('<Condition>n = 1</Condition>').needs, BodyNeed.none);
  });

  for (const { name, payload } of [...hostileXml, ...hostileJson, ...deepJson]) {
    it(`compares ${name}`, () => {
      const exchange = exchangeOf({ verb: 'POST', body: payload });
      policyOf('<Condition>request.content Matches "*no*such*text*"</Condition>').step(exchange);
      assert.equal(exchange.read('assertcondition.AC-1.truthValue'), false);
    });
  }
});

describe('AssertCondition when the bundle is loaded', () => {
  for (const [inner, expected] of [
    ['', 'error ZH012'],
    ['<Condition> </Condition>', 'error ZH410'],
    ['<Condition>a = </Condition>', 'error CC007'],
  ]) {
    it(inner ?? '', () => {
      const found = listed(policyOf(inner ?? '').diagnostics).map((line) => line.split(' ').slice(1, 3).join(' '));
      assert.deepEqual(found, [expected]);
    });
  }
});
