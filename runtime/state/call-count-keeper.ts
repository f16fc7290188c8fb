import { type CallCount, type CallCounts, type CallRow, countsOf } from './call-counts.ts';
import { type Change, keyOf, partOf, type Store } from './store.ts';

/** Calls of one hour. */
export interface HourCount extends CallCount {
  /** Milliseconds since 1970: when the hour begins. */
  readonly hour: number;
}

export interface KeeperOptions {
  readonly store: Store;
  readonly counts: CallCounts;
  /** Between two writes: what a crash can lose. */
  readonly milliseconds: number;
  /** A write that did not work; it is tried again. */
  failed(error: unknown): void;
}

export const hourMilliseconds = 3_600_000;
/** Hours that are kept one by one: 31 days. Totals are kept for ever. */
export const hoursKept = 31 * 24;

/** Keeps call counts in a store. */
export interface CallCountKeeper {
  /** Writes what changed since the last write. @throws what the store does */
  flush(): Promise<void>;
  /** All calls that were ever counted. */
  totals(): Promise<CallCount[]>;
  /** Calls by the hour, of hours that lie at least in part between two times (milliseconds since 1970). */
  hours(from: number, to: number): Promise<HourCount[]>;
  /** Writes everything; then nothing more. */
  close(): Promise<void>;
}

/**
 * Writes call counts to a store: every so often what changed, and everything at the end. Calls of an hour are the growth
 * of the totals, so that counting a call is one addition; a call next to the full hour can fall into the other one.
 */
export class LoneCallCountKeeper implements CallCountKeeper {
  readonly #store: Store;
  readonly #counts: CallCounts;
  readonly #failed: (error: unknown) => void;
  readonly #timer: NodeJS.Timeout;
  /** Totals as the store has them. */
  readonly #stored = new Map<CallRow, Float64Array>();
  readonly #storedFaults = new Map<string, string>();
  /** Calls of the current hour as the store has them. */
  #hour = 0;
  #ofHour = new Map<string, readonly number[]>();
  #writing: Promise<void> | undefined;

  private constructor({ store, counts, milliseconds, failed }: KeeperOptions) {
    this.#store = store;
    this.#counts = counts;
    this.#failed = failed;
    this.#timer = setInterval(() => this.#tick(), milliseconds);
    this.#timer.unref();
  }

  /** Goes on from what the store has. */
  static async open(options: KeeperOptions): Promise<CallCountKeeper> {
    const keeper = new LoneCallCountKeeper(options);
    await keeper.#restore();
    return keeper;
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

  totals(): Promise<CallCount[]> {
    return Promise.resolve(this.#counts.list());
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

  async #restore(): Promise<void> {
    for (const key of await this.#store.keys('calls/')) {
      const [, proxy = '', endpoint = ''] = key.split('/').map(partOf);
      this.#counts.restore(proxy, endpoint, numbersOf(await this.#store.get(key)));
    }
    for (const row of this.#counts.rows()) this.#stored.set(row, row.counts.slice());
    for (const key of await this.#store.keys('faults/')) {
      const text = (await this.#store.get(key)) ?? '[]';
      this.#storedFaults.set(key, text);
      this.#counts.restoreFaults(partOf(key.slice('faults/'.length)), JSON.parse(text) as [string, number][]);
    }
    await this.#enterHour(startOfHour(Date.now()));
    await this.#prune(hoursKept);
  }

  async #enterHour(hour: number): Promise<void> {
    const prefix = hourPrefix(hour);
    const counts = new Map<string, readonly number[]>();
    for (const key of await this.#store.keys(prefix)) counts.set(key, numbersOf(await this.#store.get(key)));
    this.#hour = hour;
    this.#ofHour = counts;
  }

  async #write(): Promise<void> {
    const hour = startOfHour(Date.now());
    if (hour !== this.#hour) {
      await this.#enterHour(hour);
      await this.#prune(1);
    }
    const changes: Change[] = [];
    const totals = new Map<CallRow, Float64Array>();
    const ofHour = new Map<string, readonly number[]>();
    for (const row of this.#counts.rows()) {
      const before = this.#stored.get(row);
      if (before !== undefined && row.counts.every((count, index) => count === before[index])) continue;
      const now = row.counts.slice();
      const key = hourPrefix(hour) + keyOf(row.proxy, row.endpoint);
      const earlier = this.#ofHour.get(key) ?? [];
      const grown = Array.from(now, (count, index) => (earlier[index] ?? 0) + count - (before?.[index] ?? 0));
      totals.set(row, now);
      ofHour.set(key, grown);
      changes.push({ key: keyOf('calls', row.proxy, row.endpoint), value: JSON.stringify([...now]) });
      changes.push({ key, value: JSON.stringify(grown) });
    }
    const faults = this.#changedFaults();
    for (const [key, value] of faults) changes.push({ key, value });
    if (changes.length === 0) return;
    await this.#store.write(changes);
    for (const [row, counts] of totals) this.#stored.set(row, counts);
    for (const [key, counts] of ofHour) this.#ofHour.set(key, counts);
    for (const [key, text] of faults) this.#storedFaults.set(key, text);
  }

  #changedFaults(): Map<string, string> {
    const byProxy = new Map<string, [string, number][]>();
    for (const { proxy, fault, count } of this.#counts.faults()) {
      const counts = byProxy.get(proxy);
      if (counts === undefined) byProxy.set(proxy, [[fault, count]]);
      else counts.push([fault, count]);
    }
    const texts = [...byProxy].map(([proxy, counts]) => [keyOf('faults', proxy), JSON.stringify(counts)] as const);
    return new Map(texts.filter(([key, text]) => this.#storedFaults.get(key) !== text));
  }

  /** Takes away some of the hours that are too old, the latest of them. */
  async #prune(hours: number): Promise<void> {
    const changes: Change[] = [];
    for (let age = hoursKept + 1; age <= hoursKept + hours; age++) {
      const keys = await this.#store.keys(hourPrefix(this.#hour - age * hourMilliseconds));
      changes.push(...keys.map((key) => ({ key, value: undefined })));
    }
    if (changes.length > 0) await this.#store.write(changes);
  }
}

/** As a keeper gives them. */
export async function readHours(store: Store, from: number, to: number): Promise<HourCount[]> {
  const found: HourCount[] = [];
  const first = startOfHour(Math.max(from, Date.now() - hoursKept * hourMilliseconds));
  for (let day = first - (first % (24 * hourMilliseconds)); day <= to; day += 24 * hourMilliseconds) {
    for (const key of await store.keys(`hours/${new Date(day).toISOString().slice(0, 10)}`)) {
      const [, hour = '', proxy = '', endpoint = ''] = key.split('/').map(partOf);
      const begin = Date.parse(`${hour}:00:00Z`);
      if (begin < first || begin > to) continue;
      const counts = numbersOf(await store.get(key));
      found.push(...countsOf({ proxy, endpoint, counts }).map((one) => ({ ...one, hour: begin })));
    }
  }
  return found;
}

export function startOfHour(time: number): number {
  return time - (time % hourMilliseconds);
}

export function hourPrefix(hour: number): string {
  return `hours/${new Date(hour).toISOString().slice(0, 13)}/`;
}

export function numbersOf(text: string | undefined): number[] {
  return text === undefined ? [] : (JSON.parse(text) as number[]);
}
