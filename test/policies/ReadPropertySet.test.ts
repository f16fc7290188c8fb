import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ReadPropertySet } from '../../runtime/policies/ReadPropertySet.ts';
import { listed } from '../support/diagnostics.ts';
import { exchangeOf } from '../support/exchange.ts';
import { deepJson, hostileJson, hostileXml } from '../support/hostile.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

function policyOf(inner: string) {
  return compilePolicy(ReadPropertySet, `<ReadPropertySet name="RP-1">${inner}</ReadPropertySet>`);
}

const endpoint = { properties: new Map([['own.key', 'of the proxy']]) };
const directory = {
  properties: new Map([
    ['own.key', 'hidden'],
    ['env.key', 'of the environment'],
  ]),
};

const facts: readonly [string, unknown][] = [
  ['<Name>own</Name><Key>key</Key>', 'of the proxy'],
  ['<Name>env</Name><Key>key</Key>', 'of the environment'],
  ['<Name>{s}</Name><Key>{k}</Key>', 'of the environment'],
  ['<Name ref="s"/><Key ref="k"/>', 'of the environment'],
  ['<Name ref="none">env</Name><Key ref="k">x</Key>', 'of the environment'],
  ['<Name>env</Name><Key>none</Key>', undefined],
  ['<Name>env</Name><Key ref="none"/><DefaultValue>d</DefaultValue>', 'd'],
  ['<Name>env</Name><Key>none</Key><DefaultValue> {k} </DefaultValue>', ' key '],
  ['<Name>env</Name><Key>none</Key><DefaultValue ref="k">x</DefaultValue>', 'key'],
  ['<Name>__proto__</Name><Key>constructor</Key>', undefined],
];

describe('ReadPropertySet', () => {
  for (const [inner, value] of facts) {
    it(inner, () => {
      const exchange = exchangeOf({ endpoint, directory, variables: { s: 'env', k: 'key', out: 'before' } });
      policyOf(`<Read>${inner}<AssignTo>out</AssignTo></Read>`).step(exchange);
      assert.equal(exchange.read('out'), value);
    });
  }

  it('several reads, one after the other', () => {
    const exchange = exchangeOf({ directory });
    const read = (name: string, to: string) =>
      `<Read><Name>env</Name><Key>${name}</Key><AssignTo>${to}</AssignTo></Read>`;
    policyOf(read('key', 'a') + read('key', 'b')).step(exchange);
    assert.deepEqual([exchange.read('a'), exchange.read('b')], ['of the environment', 'of the environment']);
  });

  for (const { name, payload } of [...hostileXml, ...hostileJson, ...deepJson]) {
    it(`finds nothing under ${name}`, () => {
      const exchange = exchangeOf({ directory, variables: { k: payload.toString() } });
      policyOf('<Read><Name>env</Name><Key ref="k"/><AssignTo>out</AssignTo></Read>').step(exchange);
      assert.equal(exchange.read('out'), undefined);
    });
  }

  it('a variable that cannot be set', async () => {
    const { step } = policyOf('<Read><Name>env</Name><Key>key</Key><AssignTo>a.b</AssignTo></Read>');
    const fault = await faultOf(step, exchangeOf({ directory, variables: { a: 'text' } }));
    assert.equal(fault.code, 'steps.readpropertyset.SetVariableFailed');
    assert.match(fault.faultstring, /^ReadPropertySet\[RP-1\]: .*a\.b/);
  });
});

describe('ReadPropertySet when the bundle is loaded', () => {
  for (const [inner, expected] of [
    ['', ['warning ZH411']],
    ['<Read><Name>a</Name></Read>', ['error ZH012', 'error ZH012']],
  ] as const) {
    it(inner, () => {
      const found = listed(policyOf(inner).diagnostics).map((line) => line.split(' ').slice(1, 3).join(' '));
      assert.deepEqual(found, expected);
    });
  }
});
