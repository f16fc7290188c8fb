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

/** Steps one after the other; the first that fails ends it, and so does one that skips to the response. */
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
    if (outcome !== undefined) return outcome.then(() => runFrom(steps, after(index, steps, exchange), exchange));
    if (exchange.skipsToResponse) return undefined;
  }
  return undefined;
}

function after(index: number, steps: readonly Step[], exchange: Exchange): number {
  return exchange.skipsToResponse ? steps.length : index + 1;
}

/** The request side of a call: where what a step skips ends. */
export function skippable(step: Step): Step {
  const arrive = (exchange: Exchange): void => {
    exchange.skipsToResponse = false;
  };
  return (exchange) => {
    const outcome = step(exchange);
    if (outcome !== undefined) return outcome.then(() => arrive(exchange));
    arrive(exchange);
    return undefined;
  };
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
