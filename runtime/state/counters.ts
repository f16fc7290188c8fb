import { Deadlines } from './deadlines.ts';
import { oldestEnds, openWindow, type RollingWindow, roll, slots, sumOf, takeBack } from './rolling-window.ts';
import type { Counted, CountStep } from './store.ts';

/** A counter or a pacer, as it is written down. */
export type Counter =
  | { readonly kind: 'fixed'; value: number; readonly expires: number }
  | ({ readonly kind: 'rolling' } & RollingWindow)
  /** When the last one passed, and how long it keeps others back. */
  | { readonly kind: 'pacer'; last: number; milliseconds: number };

/** Counters and pacers in memory, each step at once. What is over goes by itself. */
export class Counters {
  readonly #counters = new Map<string, Counter>();
  readonly #pacers = new Map<string, Counter & { readonly kind: 'pacer' }>();
  readonly #deadlines = new Deadlines();
  readonly #changed: (key: string, isPacer: boolean) => void;

  /** @param changed told which counter or pacer is not any more as it was */
  constructor(changed: (key: string, isPacer: boolean) => void = () => undefined) {
    this.#changed = changed;
  }

  get size(): number {
    return this.#counters.size + this.#pacers.size;
  }

  count(key: string, step: CountStep, now = Date.now()): Counted {
    this.#sweep(now);
    return step.rolling === true ? this.#countRolling(key, step, now) : this.#countFixed(key, step, now);
  }

  /** @param now milliseconds with their fractions: a thousand a second are one millisecond apart */
  pace(key: string, milliseconds: number, now = performance.timeOrigin + performance.now()): boolean {
    this.#sweep(now);
    const pacer = this.#pacers.get(key);
    if (pacer === undefined) {
      this.#pacers.set(key, { kind: 'pacer', last: now, milliseconds });
      this.#deadlines.add(key, now + milliseconds, now);
    } else {
      // A clock that was set back must not hold everything up until it is where it was.
      if (now - pacer.last < milliseconds && now >= pacer.last) return false;
      pacer.last = now;
      pacer.milliseconds = milliseconds;
    }
    this.#changed(key, true);
    return true;
  }

  /** As it is to be written down; undefined when it is over. */
  get(key: string, isPacer: boolean, now = Date.now()): Counter | undefined {
    const counter = (isPacer ? this.#pacers : this.#counters).get(key);
    return counter === undefined || endOf(counter) <= now ? undefined : counter;
  }

  restore(key: string, counter: Counter, now = Date.now()): void {
    if (endOf(counter) <= now) return;
    if (counter.kind === 'pacer') this.#pacers.set(key, counter);
    else this.#counters.set(key, counter);
    this.#deadlines.add(key, endOf(counter), now);
  }

  delete(key: string): void {
    if (this.#counters.delete(key)) this.#changed(key, false);
    if (this.#pacers.delete(key)) this.#changed(key, true);
  }

  clear(): void {
    this.#counters.clear();
    this.#pacers.clear();
  }

  #countFixed(key: string, { amount, limit, lifetime }: CountStep, now: number): Counted {
    const there = this.#counters.get(key);
    const counter = there?.kind === 'fixed' && there.expires > now ? there : undefined;
    const value = counter?.value ?? 0;
    const expires = counter?.expires ?? now + lifetime;
    const next = Math.max(0, value + amount);
    if (amount > 0 && next > limit) return { counted: false, value, expires };
    if (next === value) return { counted: true, value, expires };
    if (counter === undefined) this.#begin(key, { kind: 'fixed', value: next, expires }, now);
    else counter.value = next;
    this.#changed(key, false);
    return { counted: true, value: next, expires };
  }

  #countRolling(key: string, { amount, limit, lifetime }: CountStep, now: number): Counted {
    const there = this.#counters.get(key);
    const isSame = there?.kind === 'rolling' && there.width === lifetime / slots;
    const window = isSame ? there : { kind: 'rolling' as const, ...openWindow(lifetime, now) };
    roll(window, now);
    const value = sumOf(window);
    const counted = amount <= 0 || value + amount <= limit;
    if (counted && amount !== 0) {
      if (amount < 0) takeBack(window, -amount);
      else window.counts[0] = (window.counts[0] ?? 0) + amount;
      if (!isSame) this.#begin(key, window, now);
      this.#changed(key, false);
    }
    return { counted, value: counted ? Math.max(0, value + amount) : value, expires: oldestEnds(window, now) };
  }

  #begin(key: string, counter: Counter, now: number): void {
    this.#counters.set(key, counter);
    this.#deadlines.add(key, endOf(counter), now);
  }

  #sweep(now: number): void {
    for (const key of this.#deadlines.due(now)) {
      for (const [counters, isPacer] of [
        [this.#counters, false],
        [this.#pacers, true],
      ] as const) {
        const counter = counters.get(key);
        if (counter === undefined) continue;
        if (endOf(counter) > now) {
          this.#deadlines.add(key, endOf(counter), now);
        } else {
          counters.delete(key);
          this.#changed(key, isPacer);
        }
      }
    }
  }
}

function endOf(counter: Counter): number {
  if (counter.kind === 'fixed') return counter.expires;
  if (counter.kind === 'pacer') return counter.last + counter.milliseconds;
  return (counter.newest + slots + 1) * counter.width;
}
