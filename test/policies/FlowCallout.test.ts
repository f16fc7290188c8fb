import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Fault, flowFaults } from '../../runtime/fault.ts';
import type { Exchange, SharedFlow } from '../../runtime/message/exchange.ts';
import { FlowCallout } from '../../runtime/policies/FlowCallout.ts';
import type { Step } from '../../runtime/policies/policy.ts';
import { exchangeOf } from '../support/exchange.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

function compile(text: string): Step {
  const { step, diagnostics } = compilePolicy(FlowCallout, text);
  assert.deepEqual(diagnostics, []);
  return step;
}

function callout(parameters = ''): Step {
  return compile(
    `<FlowCallout name="FC"><Parameters>${parameters}</Parameters><SharedFlowBundle>sf</SharedFlowBundle></FlowCallout>`,
  );
}

/** An exchange among whose shared flows is `sf`. */
function exchangeWith(run: SharedFlow['run'], variables: Record<string, unknown> = {}): Exchange {
  const flow: SharedFlow = { name: 'sf', run };
  return exchangeOf({
    variables,
    directory: { sharedFlow: (name) => (name === 'sf' ? flow : undefined) },
  });
}

const allForms =
  '<Parameter name="one" value="{literal}"/><Parameter name="two" ref="src"/>' +
  '<Parameter name="three">text</Parameter><Parameter name="four">{src}-{request.verb}</Parameter>' +
  '<Parameter name="five" ref="missing">default</Parameter>';

describe('FlowCallout', () => {
  test('parameters come from a value, a variable, a text and a template', () => {
    const seen: unknown[] = [];
    const source = { kept: 'as it is' };
    const exchange = exchangeWith(
      (inside) => {
        for (const name of ['one', 'two', 'three', 'four', 'five']) seen.push(inside.read(name));
      },
      { src: source },
    );
    assert.equal(callout(allForms)(exchange), undefined);
    assert.deepEqual(seen, ['{literal}', source, 'text', '{"kept":"as it is"}-GET', 'default']);
    for (const name of ['one', 'two', 'three', 'four', 'five']) assert.equal(exchange.read(name), undefined);
  });

  test('a variable of the same name is hidden and comes back', () => {
    const step = callout(
      '<Parameter name="a">{b}</Parameter><Parameter name="b">{a}</Parameter><Parameter name="c" ref="none"/>',
    );
    const seen: unknown[] = [];
    const exchange = exchangeWith(
      (inside) => {
        seen.push(inside.read('a'), inside.read('b'), inside.read('c'));
        inside.write('a', 'changed');
        inside.write('other', 'stays');
      },
      { a: 'A', b: 'B', c: 'C' },
    );
    step(exchange);
    assert.deepEqual(seen, ['B', 'A', undefined]);
    assert.deepEqual([exchange.read('a'), exchange.read('b'), exchange.read('c')], ['A', 'B', 'C']);
    assert.equal(exchange.read('other'), 'stays');
  });

  test('everything comes back after a fault, at once or later', async () => {
    const step = callout('<Parameter name="a">inside</Parameter>');
    const fail = () => {
      throw new Fault(flowFaults.badPath, 'raised inside');
    };
    for (const run of [fail, () => Promise.resolve().then(fail)]) {
      const exchange = exchangeWith(run, { a: 'A' });
      const fault = await faultOf(step, exchange);
      assert.equal(fault.faultstring, 'raised inside');
      assert.equal(exchange.read('a'), 'A');
      assert.equal(exchange.sharedFlowName, undefined);
      assert.equal(exchange.sharedFlowDepth, 0);
    }
  });

  test('a shared flow that takes its time keeps its parameters', async () => {
    const seen: unknown[] = [];
    const exchange = exchangeWith(async (inside) => {
      await Promise.resolve();
      seen.push(inside.read('a'), inside.read('apigee.edge.sharedflow.name'), inside.read('sharedflow.name'));
    });
    const outcome = callout('<Parameter name="a">x</Parameter>')(exchange);
    assert.equal(exchange.read('a'), 'x');
    await outcome;
    assert.deepEqual(seen, ['x', 'sf', 'sf']);
    assert.equal(exchange.read('a'), undefined);
    assert.equal(exchange.read('apigee.edge.sharedflow.name'), undefined);
  });

  test('the name of the outer shared flow comes back', () => {
    const exchange = exchangeWith(() => undefined);
    exchange.sharedFlowName = 'outer';
    callout()(exchange);
    assert.equal(exchange.sharedFlowName, 'outer');
  });

  test('a shared flow that is not deployed is a fault', async () => {
    const step = compile('<FlowCallout name="FC"><SharedFlowBundle>gone</SharedFlowBundle></FlowCallout>');
    const fault = await faultOf(step, exchangeOf());
    assert.equal(fault.code, 'flow.SharedFlowNotFound');
    assert.equal(fault.status, 500);
    assert.equal(fault.faultstring, 'Shared Flow gone Not Found');
  });

  test('a shared flow that calls itself ends in a fault', async () => {
    const step = callout('<Parameter name="a">x</Parameter>');
    let runs = 0;
    const exchange = exchangeWith((inside) => {
      runs++;
      return step(inside);
    });
    const fault = await faultOf(step, exchange);
    assert.equal(fault.code, 'flow.SharedFlowLoopDetected');
    assert.equal(fault.status, 508);
    assert.equal(runs, 64);
    assert.equal(exchange.sharedFlowDepth, 0);
    assert.equal(exchange.read('a'), undefined);
  });

  test('needs the payload that a parameter reads, no other', () => {
    const needs = (parameter: string) =>
      compilePolicy(
        FlowCallout,
        `<FlowCallout name="FC"><Parameters>${parameter}</Parameters><SharedFlowBundle>sf</SharedFlowBundle></FlowCallout>`,
      ).needs;
    assert.equal(needs('<Parameter name="a">{request.content}</Parameter>'), 1);
    assert.equal(needs('<Parameter name="a" ref="request.header.a"/>'), 0);
  });

  test('the name of the shared flow has to be there', () => {
    for (const inside of ['', '<SharedFlowBundle/>', '<SharedFlowBundle>  </SharedFlowBundle>']) {
      const { diagnostics } = compilePolicy(FlowCallout, `<FlowCallout name="FC">${inside}</FlowCallout>`);
      assert.equal(diagnostics[0]?.severity, 'error', inside);
    }
  });
});
