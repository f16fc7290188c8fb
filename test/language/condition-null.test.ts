import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { compileCondition } from '../../runtime/language/condition.ts';
import { exchangeOf } from '../support/exchange.ts';

const exchange = exchangeOf({ variables: { str: 'Hello', empty: '' } });

function holds(text: string): boolean {
  const condition = compileCondition(text);
  assert.ok(!Array.isArray(condition), text);
  return condition.test(exchange);
}

// Operator, result with the left side null, with the right side null, with both. Apigee, Conditions reference.
const nullRows = [
  ['=', false, false, true],
  ['==', false, false, true],
  [':=', false, false, true],
  ['=|', false, false, false],
  ['!=', true, true, false],
  ['>', true, false, false],
  ['>=', false, true, true],
  ['<', true, false, false],
  ['<=', true, false, true],
  ['~', false, false, false],
  ['~~', false, false, false],
  ['~/', false, false, false],
  ['!~', true, false, false],
] as const;

suite('null operands follow the published table', () => {
  for (const [operator, left, right, both] of nullRows) {
    test(operator, () => {
      assert.equal(holds(`none ${operator} str`), left, 'left null');
      assert.equal(holds(`none ${operator} "x"`), left, 'left null, literal');
      assert.equal(holds(`null ${operator} "x"`), left, 'left null, both literal');
      assert.equal(holds(`str ${operator} none`), right, 'right null');
      assert.equal(holds(`str ${operator} null`), right, 'right null, literal');
      assert.equal(holds(`none ${operator} none2`), both, 'both null');
      assert.equal(holds(`none ${operator} null`), both, 'both null, literal');
      assert.equal(holds(`null ${operator} null`), both, 'both null, both literal');
      assert.equal(holds(`not (none ${operator} str)`), !left, 'negated');
    });
  }
});

const rows: readonly (readonly [text: string, expected: boolean])[] = [
  ['none is null', true],
  ['none = null', true],
  ['none IsNot null', false],
  ['none is not null', false],
  ['none != null', false],
  ['str is null', false],
  ['str is not null', true],
  ['str IS NOT NULL', true],
  ['str IsNot null', true],
  ['empty is null', false],
  ['request.header.none is null', true],
  ['request.header.none != "x"', true],
  ['request.header.none ~ "*"', false],
  ['request.queryparam.none = null', true],
  ['fault.name is null', true],
  ['Str is null', true],
];

suite('null', () => {
  for (const [text, expected] of rows) test(text, () => assert.equal(holds(text), expected));
});
