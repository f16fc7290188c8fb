import { toText } from '../language/variables.ts';
import type { Exchange } from '../message/exchange.ts';
import { type Answer, after } from '../state/answer.ts';
import { type CounterKey, compileCounterKey, defaultIdentifier } from './counter-key.ts';
import type { Compiler } from './policy.ts';
import type { Rate } from './rate.ts';

/** What became of a request that was to pass at a rate. */
export interface Passage {
  readonly passed: boolean;
  /** What may still pass now. */
  readonly available: number;
}

export type Throttle = (exchange: Exchange, identifier: string, rate: Rate, weight: number) => Answer<Passage>;

const passes: Passage = { passed: true, available: 1 };
const refused: Passage = { passed: false, available: 0 };

/**
 * Smoothed, a rate is one message per interval, and a message of weight w takes w intervals; what is refused does not
 * count. Effective, it is so many in any second or minute, at once if they come so. Apigee: SpikeArrest policy,
 * UseEffectiveCount.
 */
export function compileThrottle(kind: string, effective: boolean, compiler: Compiler): Throttle {
  const { store } = compiler;
  const key: CounterKey = compileCounterKey(kind, compiler, [compiler.name]);
  if (effective) {
    return (exchange, identifier, { messages, period }, weight) => {
      const step = { amount: weight, limit: messages, lifetime: period, rolling: true };
      return after(store.count(key(exchange, identifier), step), ({ counted, value }) => ({
        passed: counted,
        available: Math.max(0, messages - value),
      }));
    };
  }
  return (exchange, identifier, { messages, period }, weight) => {
    if (weight === 0) return passes;
    return after(store.pace(key(exchange, identifier), (period / messages) * weight), toPassage);
  };
}

function toPassage(passed: boolean): Passage {
  return passed ? passes : refused;
}

/** What an identifier's variable holds; without one, requests are one group. */
export function identifierOf(value: unknown): string {
  if (value === undefined || value === null) return defaultIdentifier;
  const text = toText(value);
  return text === '' ? defaultIdentifier : text;
}
