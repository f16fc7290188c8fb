import { randomUUID } from 'node:crypto';
import {
  type CallCountKeeper,
  type HourCount,
  hourMilliseconds,
  hourPrefix,
  hoursKept,
  type KeeperOptions,
  numbersOf,
  readHours,
  startOfHour,
} from './call-count-keeper.ts';
import { type CallCount, type CallCounts, type CallRow, countsOf } from './call-counts.ts';
import { type Addition, keyOf, partOf, type Shared, type Store } from './store.ts';

/** What a write that was sent stands for; sent again as it is until it is known to be done. */
interface Sent {
  readonly step: number;
  readonly additions: readonly Addition[];
  readonly rows: ReadonlyMap<CallRow, Float64Array>;
  readonly faults: ReadonlyMap<string, number>;
}

/**
 * Call counts of several servers on one store: each counts what it serves, from nothing, and adds what grew to the sums
 * in the store. A write whose answer was lost is not added twice: the store knows the last step of each server.
 */
export class SharedCallCountKeeper implements CallCountKeeper {
  readonly #store: Store;
  readonly #shared: Shared;
  readonly #counts: CallCounts;
  readonly #failed: (error: unknown) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #writer = randomUUID();
  readonly #rows = new Map<CallRow, Float64Array>();
  readonly #faults = new Map<string, number>();
  #step = 0;
  #sent: Sent | undefined;
  #writing: Promise<void> | undefined;

  constructor({ store, counts, milliseconds, failed }: KeeperOptions, shared: Shared) {
    this.#store = store;
    this.#shared = shared;
    this.#counts = counts;
    this.#failed = failed;
    this.#timer = setInterval(() => this.#tick(), milliseconds);
    this.#timer.unref();
  }

  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    this.#writing = this.#write();
    try {
      await this.#writing;
    } finally {
      this.#writing = undefined;
    }
  }

  async totals(): Promise<CallCount[]> {
    await this.flush();
    const found: CallCount[] = [];
    for (const key of await this.#store.keys('calls/')) {
      const [, proxy = '', endpoint = ''] = key.split('/').map(partOf);
      found.push(...countsOf({ proxy, endpoint, counts: numbersOf(await this.#store.get(key)) }));
    }
    return found;
  }

  async hours(from: number, to: number): Promise<HourCount[]> {
    await this.flush();
    return readHours(this.#store, from, to);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }

  #tick(): void {
    // A store that is slower than the interval is not asked twice at a time.
    if (this.#writing === undefined) this.flush().catch(this.#failed);
  }

  async #write(): Promise<void> {
    if (this.#sent !== undefined) await this.#send(this.#sent);
    const next = this.#grown();
    if (next.additions.length > 0) await this.#send(next);
  }

  async #send(sent: Sent): Promise<void> {
    this.#sent = sent;
    await this.#shared.add(this.#writer, sent.step, sent.additions);
    this.#sent = undefined;
    for (const [row, counts] of sent.rows) this.#rows.set(row, counts);
    for (const [key, count] of sent.faults) this.#faults.set(key, count);
  }

  #grown(): Sent {
    const hour = hourPrefix(startOfHour(Date.now()));
    const additions: Addition[] = [];
    const rows = new Map<CallRow, Float64Array>();
    for (const row of this.#counts.rows()) {
      const before = this.#rows.get(row);
      const amounts = Array.from(row.counts, (count, index) => count - (before?.[index] ?? 0));
      if (amounts.every((amount) => amount === 0)) continue;
      rows.set(row, row.counts.slice());
      additions.push({ key: keyOf('calls', row.proxy, row.endpoint), amounts });
      const lifetime = hoursKept * hourMilliseconds;
      additions.push({ key: hour + keyOf(row.proxy, row.endpoint), amounts, lifetime });
    }
    const faults = new Map<string, number>();
    for (const { proxy, fault, count } of this.#counts.faults()) {
      const key = keyOf(proxy, fault);
      const grown = count - (this.#faults.get(key) ?? 0);
      if (grown === 0) continue;
      faults.set(key, count);
      additions.push({ key: keyOf('faults', proxy), amounts: [[fault, grown]] });
    }
    this.#step++;
    return { step: this.#step, additions, rows, faults };
  }
}
