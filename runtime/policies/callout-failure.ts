import { type Fault, flowFaults } from '../fault.ts';

/** A call that would close a loop is refused as such, wherever in a proxy it is made. */
export function isOfChain({ code }: Fault): boolean {
  return code === flowFaults.loopDetected.code || code === flowFaults.tooManyCalls.code;
}

/** Why a callout has no answer, in Apigee's words. */
export function calloutReason(fault: Fault, policy: string): string {
  switch (fault.code) {
    case flowFaults.serviceUnavailable.code:
    case flowFaults.noActiveTargets.code:
      return 'Host not reachable';
    case flowFaults.gatewayTimeout.code:
      return `timeout occurred in ${policy}`;
    default:
      return fault.faultstring;
  }
}
