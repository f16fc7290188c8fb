import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MonetizationLimitsCheck } from '../../runtime/policies/MonetizationLimitsCheck.ts';
import { listed } from '../support/diagnostics.ts';
import { exchangeOf } from '../support/exchange.ts';
import { compilePolicy } from '../support/policy.ts';

test('lets pass, and says so when it is loaded', () => {
  const inner = `<IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables><Variables><Variable/></Variables>
    <FaultResponse><Set><StatusCode>403</StatusCode></Set></FaultResponse>`;
  const policy = compilePolicy(
    MonetizationLimitsCheck,
    `<MonetizationLimitsCheck name="MLC">${inner}</MonetizationLimitsCheck>`,
  );
  assert.match(listed(policy.diagnostics).join('\n'), /^\S+ warning ZH546 .*lets every call pass/);
  const exchange = exchangeOf();
  policy.step(exchange);
  assert.equal(exchange.read('mint.limitscheck.isRequestBlocked'), false);
});
