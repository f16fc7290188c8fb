import type { CallCounter, Endpoint, Exchange } from '../message/exchange.ts';

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

/** Counters of one endpoint: external then local, by the first digit of the status. */
interface Row {
  readonly proxy: string;
  readonly endpoint: string;
  readonly counts: Float64Array;
}

/**
 * Every proxy run is one call, as Apigee bills it. Kept by name, so that counts go on over reloads; found by the
 * endpoint object, so that counting is one look-up and one addition.
 */
export class CallCounts implements CallCounter {
  readonly #rows = new Map<string, Row>();
  readonly #rowOf = new WeakMap<Endpoint, Row>();
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
    for (const { proxy, endpoint, counts } of this.#rows.values()) {
      for (const [index, calls] of counts.entries()) {
        if (calls === 0) continue;
        const caller = index < classes ? 'external' : 'local';
        list.push({ proxy, endpoint, statusClass: `${index % classes}xx`, caller, calls });
      }
    }
    return list;
  }

  faults(): FaultCount[] {
    return [...this.#faults].flatMap(([proxy, counts]) =>
      [...counts].map(([fault, count]) => ({ proxy, fault, count })),
    );
  }

  #attach(endpoint: Endpoint): Row {
    const key = `${endpoint.proxy}/${endpoint.name}`;
    let row = this.#rows.get(key);
    if (row === undefined) {
      row = { proxy: endpoint.proxy, endpoint: endpoint.name, counts: new Float64Array(classes * callers.length) };
      this.#rows.set(key, row);
    }
    this.#rowOf.set(endpoint, row);
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
