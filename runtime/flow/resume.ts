import type { Exchange, Outcome } from '../message/exchange.ts';
import type { Step } from '../policies/policy.ts';
import type { BundleCompiler } from './bundle-compiler.ts';
import { nothing } from './sequence.ts';

/**
 * A ResponseCache that hits answers in place of the target, and the response goes on where the same policy stands in a
 * response flow: the steps before it are skipped (`exchange.resumesAt`). Apigee: ResponseCache policy. A bundle without
 * one is compiled as if there were none of this.
 */

/** A step as it runs while steps may be skipped. */
export function resumable(name: string, step: Step, { responseCaches }: BundleCompiler): Step {
  if (responseCaches.has(name)) {
    return (exchange) => {
      if (exchange.resumesAt !== undefined) {
        if (exchange.resumesAt !== name) return undefined;
        exchange.resumesAt = undefined;
      }
      return step(exchange);
    };
  }
  if (responseCaches.size === 0 || step === nothing) return step;
  return (exchange) => (exchange.resumesAt === undefined ? step(exchange) : undefined);
}

/** Goes on here, unless the policy is still to come. */
export function resumeUnless(ahead: ReadonlySet<string>, { responseCaches }: BundleCompiler): Step {
  if (responseCaches.size === 0) return nothing;
  return (exchange) => {
    if (exchange.resumesAt !== undefined && !ahead.has(exchange.resumesAt)) exchange.resumesAt = undefined;
  };
}

/** The request of a proxy, and the route; a response that goes on at the target needs its route. */
export function requestThenRoute(
  request: Step,
  route: Step,
  atTargets: ReadonlySet<string>,
  compiler: BundleCompiler,
): Step | undefined {
  if (![...compiler.responseCaches].some((name) => atTargets.has(name))) return undefined;
  const goOn = (exchange: Exchange): Outcome => {
    const { skipsToResponse, resumesAt } = exchange;
    const isToTarget = !skipsToResponse || (resumesAt !== undefined && atTargets.has(resumesAt));
    return isToTarget ? route(exchange) : undefined;
  };
  return (exchange) => {
    const outcome = request(exchange);
    return outcome === undefined ? goOn(exchange) : outcome.then(() => goOn(exchange));
  };
}

/**
 * The two halves of a target's side. A response that a ResponseCache has put in place goes on in the second one, when the
 * policy stands there, whichever request flow it was found in; in another target's, there is nothing to do.
 * @param enterResponse makes the exchange one that is in the target's response
 */
export function requestThenResponse(
  request: Step,
  response: Step,
  enterResponse: (exchange: Exchange) => void,
  attached: ReadonlySet<string>,
): Step {
  const goOn = (exchange: Exchange): Outcome => {
    const { resumesAt, skipsToResponse } = exchange;
    if (!skipsToResponse) return response(exchange);
    if (resumesAt === undefined || !attached.has(resumesAt)) return undefined;
    enterResponse(exchange);
    exchange.skipsToResponse = false;
    return response(exchange);
  };
  return (exchange) => {
    if (exchange.resumesAt !== undefined) return goOn(exchange);
    const outcome = request(exchange);
    return outcome === undefined ? goOn(exchange) : outcome.then(() => goOn(exchange));
  };
}
