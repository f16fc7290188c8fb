import { element, ignored } from '../schema/declare.ts';
import { flag } from '../schema/values.ts';
import { messageActions } from './message-actions.ts';
import { policy } from './policy.ts';

/**
 * Apigee refuses developers without a subscription or balance here. zerohop has no such data: it says so when the bundle
 * is loaded, and nobody is refused. Apigee: MonetizationLimitsCheck policy.
 */
export const MonetizationLimitsCheck = policy({
  element: 'MonetizationLimitsCheck',
  failedPrefix: 'mint.limitscheck',
  children: {
    IgnoreUnresolvedVariables: flag,
    FaultResponse: element({ children: { ...messageActions, IgnoreUnresolvedVariables: flag, AssignTo: ignored } }),
    Variables: ignored,
  },
  faults: {},
  compile(config, compiler) {
    const message = 'zerohop has no monetization data: MonetizationLimitsCheck lets every call pass.';
    const hint = 'Limit calls with a Quota policy, or give the policy enabled="false" to skip it knowingly.';
    compiler.warning('ZH546', config.at, message, hint);
    const write = compiler.writer('mint.limitscheck.isRequestBlocked');
    return (exchange) => write(exchange, false);
  },
});
