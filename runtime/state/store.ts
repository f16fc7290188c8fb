import type { Answer } from './answer.ts';
import type { SharedTables } from './shared-tables.ts';

/**
 * What survives requests and may be shared between servers. Answers are a value or a promise: memory answers at once,
 * a store on disk or across a network later. Keys are plain text; parts are joined with `keyOf`. What cannot be done is
 * thrown or rejected: a StoreFailure, when the store is out of reach.
 */
export interface Store {
  get(key: string): Answer<string | undefined>;
  /** @param lifetime milliseconds after which the key is gone; absent: it stays, whatever it had before */
  set(key: string, value: string, lifetime?: number): Answer<void>;
  /** Sets only when there is nothing; answers whether it did. One atomic step. */
  add(key: string, value: string, lifetime?: number): Answer<boolean>;
  /** Gives the value and removes it in one atomic step: of several that take it at once, one gets it. */
  take(key: string): Answer<string | undefined>;
  /**
   * Replaces only what is still `expected` (undefined: nothing there), in one atomic step; answers whether it did.
   * `value` undefined removes.
   */
  replace(key: string, expected: string | undefined, value: string | undefined, lifetime?: number): Answer<boolean>;
  /** Removes what is kept under that key: value, counter, pacer. */
  delete(key: string): Answer<void>;
  /** All keys of values that begin with `prefix`, in order. */
  keys(prefix: string): Answer<readonly string[]>;
  /** Several changes in one atomic step, on disk when it answers: after a crash all of them are there, or none. */
  write(changes: readonly Change[]): Answer<void>;
  /** One step of a counter (quotas, concurrency), in one atomic step. Counters are no values: `get` does not see them. */
  count(key: string, step: CountStep): Answer<Counted>;
  /** One step of a pacer (spike arrest): passes, unless less than the `milliseconds` of the last one that passed are over since then. */
  pace(key: string, milliseconds: number): Answer<boolean>;
  close(): Promise<void>;
  /** Of a store that several servers use at once. */
  readonly shared?: Shared;
}

/** What servers that use one store know of each other. */
export interface Shared {
  /** Tables (table.ts), which one server changes and all go by. */
  readonly tables: SharedTables;
  /**
   * Adds to sums that all servers add to, in one atomic step. A step of a writer is done once, however often it is asked
   * for: its answer may have been lost.
   */
  add(writer: string, step: number, additions: readonly Addition[]): Promise<void>;
  /** Whether the store is in reach. */
  isAvailable(): boolean;
}

/** A key and its new value; undefined removes it. */
export interface Change {
  readonly key: string;
  readonly value: string | undefined;
  /** Milliseconds after which the key is gone; absent: it stays. */
  readonly lifetime?: number;
}

/** To a value that is the JSON of a list of numbers, or of names with their numbers. */
export interface Addition {
  readonly key: string;
  readonly amounts: readonly number[] | readonly (readonly [name: string, amount: number])[];
  /** Milliseconds without an addition after which the sum is gone; absent: it stays. */
  readonly lifetime?: number;
}

export interface CountStep {
  /** What to add. Negative gives back, never below 0. 0 only reads. */
  readonly amount: number;
  /** Not added when the sum would go beyond it; Infinity: always added. */
  readonly limit: number;
  /** Milliseconds from the first count after which the counter begins anew. */
  readonly lifetime: number;
  /**
   * Rolling: instead, what was added more than `lifetime` ago no longer counts (resolution: lifetime / 60, never
   * admitting more than the limit in any window). With another lifetime than before a rolling counter begins anew.
   */
  readonly rolling?: boolean;
}

export interface Counted {
  /** Whether it was added; always, when the amount is not above 0. */
  readonly counted: boolean;
  /** After the step. */
  readonly value: number;
  /** Milliseconds since the epoch: when the counter begins anew; rolling: when the first of what counts no longer does. */
  readonly expires: number;
}

/** Joins parts so that no two lists of parts give the same key. */
export function keyOf(...parts: readonly string[]): string {
  return parts.map((part) => part.replaceAll('%', '%25').replaceAll('/', '%2F')).join('/');
}

/** The other way round from `keyOf`, for one part. */
export function partOf(part: string): string {
  return part.replaceAll('%2F', '/').replaceAll('%25', '%');
}
