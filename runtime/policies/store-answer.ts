import type { Exchange } from '../message/exchange.ts';
import type { Answer } from '../state/answer.ts';

/** Milliseconds in which a policy reports a store that does not answer once. */
const quiet = 1000;

/**
 * Goes on with what a store answers, or, when it does not, with `without`: the failure is in the log then, once a second
 * and policy, since every request would bring the same one.
 */
export type WhenAnswered = <T, R>(
  exchange: Exchange,
  answer: Answer<T>,
  next: (value: T) => R,
  without: () => R,
) => R | Promise<R>;

export function compileWhenAnswered(): WhenAnswered {
  let reportedAt = Number.NEGATIVE_INFINITY;
  return (exchange, answer, next, without) => {
    if (!(answer instanceof Promise)) return next(answer);
    return answer.then(next, (error: unknown) => {
      const now = performance.now();
      if (now - reportedAt >= quiet) {
        reportedAt = now;
        exchange.surroundings.report(error, exchange);
      }
      return without();
    });
  };
}
