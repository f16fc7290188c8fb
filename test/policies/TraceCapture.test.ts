import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TraceCapture } from '../../runtime/policies/TraceCapture.ts';
import { listed } from '../support/diagnostics.ts';
import { exchangeOf } from '../support/exchange.ts';
import { deepJson, hostileJson, hostileXml } from '../support/hostile.ts';
import { compilePolicy } from '../support/policy.ts';

function policyOf(inner: string) {
  return compilePolicy(TraceCapture, `<TraceCapture name="TC-1"><Variables>${inner}</Variables></TraceCapture>`);
}

function captured(inner: string, variables: Readonly<Record<string, unknown>>): unknown {
  const calls: unknown[] = [];
  const capture = (_: unknown, policy: string, values: object, trace: boolean) => calls.push([policy, values, trace]);
  policyOf(inner).step(exchangeOf({ variables, surroundings: { capture } }));
  return calls[0];
}

describe('TraceCapture', () => {
  it('values, defaults, and what is not there', () => {
    const inner = `<Variable name="a" ref="v">d</Variable><Variable name="b" ref="none">d</Variable><Variable name="c" ref="none"/>`;
    assert.deepEqual(captured(inner, { v: 7 }), ['TC-1', { a: '7', b: 'd', c: undefined }, true]);
  });

  for (const { name, payload } of [...hostileXml, ...hostileJson, ...deepJson]) {
    it(`keeps the beginning of ${name}`, () => {
      const text = payload.toString();
      assert.deepEqual(captured('<Variable name="a" ref="v"/>', { v: text }), [
        'TC-1',
        { a: text.slice(0, 400) },
        true,
      ]);
    });
  }

  for (const [inner, expected] of [
    ['', ['warning ZH460']],
    ['<Variable ref="v"/>', ['error ZH012']],
  ] as const) {
    it(`when the bundle is loaded: ${inner}`, () => {
      const found = listed(policyOf(inner).diagnostics).map((line) => line.split(' ').slice(1, 3).join(' '));
      assert.deepEqual(found, expected);
    });
  }
});
