import { Counters } from './counters.ts';
import { Deadlines } from './deadlines.ts';
import type { Change, Counted, CountStep, Store } from './store.ts';

interface Value {
  readonly text: string;
  /** Milliseconds since the epoch; Infinity: it stays. */
  readonly expires: number;
}

/** A store that lives as long as the process. What is over is swept while others are written: it never piles up. */
export class MemoryStore implements Store {
  readonly #values = new Map<string, Value>();
  readonly #deadlines = new Deadlines();
  readonly #counters = new Counters();

  get(key: string): string | undefined {
    const value = this.#values.get(key);
    if (value === undefined || value.expires === Number.POSITIVE_INFINITY) return value?.text;
    return value.expires > Date.now() ? value.text : undefined;
  }

  set(key: string, text: string, lifetime?: number): void {
    if (lifetime === undefined) {
      this.#values.set(key, { text, expires: Number.POSITIVE_INFINITY });
      return;
    }
    const now = Date.now();
    this.#sweep(now);
    this.#values.set(key, { text, expires: now + lifetime });
    this.#deadlines.add(key, now + lifetime, now);
  }

  add(key: string, value: string, lifetime?: number): boolean {
    return this.replace(key, undefined, value, lifetime);
  }

  take(key: string): string | undefined {
    const text = this.get(key);
    this.#values.delete(key);
    return text;
  }

  replace(key: string, expected: string | undefined, value: string | undefined, lifetime?: number): boolean {
    if (this.get(key) !== expected) return false;
    this.#put(key, value, lifetime);
    return true;
  }

  delete(key: string): void {
    this.#values.delete(key);
    this.#counters.delete(key);
  }

  keys(prefix: string): readonly string[] {
    const now = Date.now();
    const keys: string[] = [];
    for (const [key, { expires }] of this.#values) if (key.startsWith(prefix) && expires > now) keys.push(key);
    return keys.sort();
  }

  write(changes: readonly Change[]): void {
    for (const { key, value, lifetime } of changes) this.#put(key, value, lifetime);
  }

  count(key: string, step: CountStep): Counted {
    return this.#counters.count(key, step);
  }

  pace(key: string, milliseconds: number): boolean {
    return this.#counters.pace(key, milliseconds);
  }

  close(): Promise<void> {
    this.#values.clear();
    this.#counters.clear();
    return Promise.resolve();
  }

  #put(key: string, value: string | undefined, lifetime: number | undefined): void {
    if (value === undefined) this.#values.delete(key);
    else this.set(key, value, lifetime);
  }

  #sweep(now: number): void {
    for (const key of this.#deadlines.due(now)) {
      const value = this.#values.get(key);
      if (value !== undefined && value.expires <= now) this.#values.delete(key);
    }
  }
}
