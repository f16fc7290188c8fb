import type { CallCounter, Endpoint, Exchange } from '../message/exchange.ts';
import { keyOf } from './store.ts';

/** Who called: somebody outside, or another proxy in memory. */
export const callers = ['external', 'local'] as const;
export type Caller = (typeof callers)[number];

export interface CallCount {
  readonly proxy: string;
  readonly endpoint: string;
  /** `2xx` ... */
  readonly statusClass: string;
  readonly caller: Caller;
  readonly calls: number;
}

export interface FaultCount {
  readonly proxy: string;
  /** Whole error code. */
  readonly fault: string;
  readonly count: number;
}

const classes = 6;
const columns = classes * callers.length;

/** Counters of one endpoint: external then local, by the first digit of the status. */
export interface CallRow {
  readonly proxy: string;
  readonly endpoint: string;
  readonly counts: Float64Array;
}

/**
 * Every proxy run is one call, as Apigee bills it. Kept by name, so that counts go on over reloads; found by the
 * endpoint object, so that counting is one look-up and one addition.
 */
export class CallCounts implements CallCounter {
  readonly #rows = new Map<string, CallRow>();
  readonly #rowOf = new WeakMap<Endpoint, CallRow>();
  readonly #faults = new Map<string, Map<string, number>>();

  count(exchange: Exchange, status: number): void {
    const { endpoint } = exchange;
    const row = this.#rowOf.get(endpoint) ?? this.#attach(endpoint);
    const index = (exchange.parent === undefined ? 0 : classes) + Math.min(Math.trunc(status / 100), classes - 1);
    row.counts[index] = (row.counts[index] ?? 0) + 1;
    if (exchange.fault !== undefined) this.#countFault(endpoint.proxy, exchange.fault.code);
  }

  /** All counts above zero. */
  list(): CallCount[] {
    const list: CallCount[] = [];
    for (const row of this.#rows.values()) list.push(...countsOf(row));
    return list;
  }

  faults(): FaultCount[] {
    return [...this.#faults].flatMap(([proxy, counts]) =>
      [...counts].map(([fault, count]) => ({ proxy, fault, count })),
    );
  }

  /** The counters themselves: they go on counting. */
  rows(): IterableIterator<CallRow> {
    return this.#rows.values();
  }

  /** Goes on from counts of an earlier run. */
  restore(proxy: string, endpoint: string, counts: readonly number[]): void {
    this.#row(proxy, endpoint).counts.set(counts.slice(0, columns));
  }

  restoreFaults(proxy: string, counts: readonly (readonly [fault: string, count: number])[]): void {
    this.#faults.set(proxy, new Map(counts));
  }

  #attach(endpoint: Endpoint): CallRow {
    const row = this.#row(endpoint.proxy, endpoint.name);
    this.#rowOf.set(endpoint, row);
    return row;
  }

  #row(proxy: string, endpoint: string): CallRow {
    const key = keyOf(proxy, endpoint);
    let row = this.#rows.get(key);
    if (row === undefined) {
      row = { proxy, endpoint, counts: new Float64Array(columns) };
      this.#rows.set(key, row);
    }
    return row;
  }

  #countFault(proxy: string, code: string): void {
    let counts = this.#faults.get(proxy);
    if (counts === undefined) {
      counts = new Map();
      this.#faults.set(proxy, counts);
    }
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
}

/** The counters above zero of a row, told by what they count. */
export function countsOf({
  proxy,
  endpoint,
  counts,
}: Omit<CallRow, 'counts'> & { counts: Iterable<number> }): CallCount[] {
  return [...counts].flatMap((calls, index) => {
    if (calls === 0) return [];
    const caller = index < classes ? 'external' : 'local';
    return [{ proxy, endpoint, statusClass: `${index % classes}xx`, caller, calls }];
  });
}
