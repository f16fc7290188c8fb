import { Fault, flowFaults } from '../fault.ts';
import type { Endpoint, Exchange } from '../message/exchange.ts';

/**
 * Refuses a local call that would close a loop, go too deep, or be one too many. A walk up the parent links: chains are
 * short, a few pointer comparisons. Re-entering an endpoint with another path is legal recursion. zerohop's choice; the
 * platform has no such guard (Apigee: chaining API proxies, warns of endless loops).
 * @throws Fault messaging.adaptors.local.LoopDetected, TooManyCalls
 */
export function checkLoop(caller: Exchange, endpoint: Endpoint, verb: string, uri: string): void {
  const { maxChainDepth, maxChainCalls } = caller.surroundings;
  for (let active: Exchange | undefined = caller; active !== undefined; active = active.parent) {
    if (active.arrivedUri !== uri || active.arrivedVerb !== verb || !isSame(active.endpoint, endpoint)) continue;
    throw new Fault(flowFaults.loopDetected, `Loop detected: ${chainText(caller, endpoint, active)}`);
  }
  if (caller.depth + 1 > maxChainDepth) {
    const text = `Chain deeper than ${maxChainDepth} local calls: ${repeatingPart(caller, endpoint)}`;
    throw new Fault(flowFaults.loopDetected, text);
  }
  if (caller.root.localCalls >= maxChainCalls) {
    throw new Fault(
      flowFaults.tooManyCalls,
      `One request may cause ${maxChainCalls} local calls; that number is reached`,
    );
  }
}

/** While a debug session is open an endpoint may be there twice: with a plan that records, and with one that does not. */
function isSame(one: Endpoint, other: Endpoint): boolean {
  return one === other || (one.proxy === other.proxy && one.name === other.name);
}

/** Proxy names from `first` (outermost) to the endpoint about to be called. */
function chainText(caller: Exchange, endpoint: Endpoint, first: Exchange | undefined): string {
  const names = [endpoint.proxy];
  for (let one: Exchange | undefined = caller; one !== undefined; one = one.parent) {
    names.push(one.endpoint.proxy);
    if (one === first) break;
  }
  return names.reverse().join(' -> ');
}

/** The stretch from the last time the called endpoint was active; the innermost calls when it never was. */
function repeatingPart(caller: Exchange, endpoint: Endpoint): string {
  let innermost: Exchange | undefined;
  let steps = 0;
  for (let one: Exchange | undefined = caller; one !== undefined; one = one.parent) {
    if (isSame(one.endpoint, endpoint)) return chainText(caller, endpoint, one);
    steps++;
    if (steps === 5) innermost = one;
  }
  return `${innermost === undefined ? '' : '... '}${chainText(caller, endpoint, innermost)}`;
}
