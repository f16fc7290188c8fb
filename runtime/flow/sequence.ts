import type { Exchange, Outcome } from '../message/exchange.ts';
import type { Step } from '../policies/policy.ts';

/**
 * The runner: the only place that knows whether a step was done at once or gave a promise. A loop over steps costs a few
 * nanoseconds each; awaiting each of them would cost some thirty times that (bench/micro/sequence.ts).
 */

/** Does nothing; what empty flows compile to. */
export const nothing: Step = () => undefined;

/** What an empty condition compiles to. */
export const holds = (): boolean => true;

/** Steps one after the other; the first that fails ends it. */
export function sequence(steps: readonly Step[]): Step {
  const real = steps.filter((step) => step !== nothing);
  const [first, second] = real;
  if (first === undefined) return nothing;
  if (second === undefined) return first;
  return (exchange) => runFrom(real, 0, exchange);
}

function runFrom(steps: readonly Step[], from: number, exchange: Exchange): Outcome {
  for (let index = from; index < steps.length; index++) {
    const outcome = steps[index]?.(exchange);
    if (outcome !== undefined) return outcome.then(() => runFrom(steps, index + 1, exchange));
  }
  return undefined;
}

/** A step whose failure, thrown or rejected, goes to `onFailure` instead of ending the flow. */
export function guarded(step: Step, onFailure: (exchange: Exchange, error: unknown) => Outcome): Step {
  if (step === nothing) return nothing;
  return (exchange) => {
    let outcome: Outcome;
    try {
      outcome = step(exchange);
    } catch (error) {
      return onFailure(exchange, error);
    }
    return outcome === undefined ? undefined : outcome.then(undefined, (error: unknown) => onFailure(exchange, error));
  };
}

/** A step, and another that runs however the first ends. */
export function lastly(step: Step, after: (exchange: Exchange) => void): Step {
  return (exchange) => {
    let outcome: Outcome;
    try {
      outcome = step(exchange);
    } catch (error) {
      after(exchange);
      throw error;
    }
    if (outcome !== undefined) return outcome.finally(() => after(exchange));
    after(exchange);
    return undefined;
  };
}
