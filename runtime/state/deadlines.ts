/** Milliseconds between two looks at what is due. */
const interval = 1000;
/** A deadline is rounded up by at most this part of the time until then: few dates, however many keys. */
const precision = 16;

/** Which keys are to be looked at when: what has a lifetime goes without a timer of its own and without a search. */
export class Deadlines {
  readonly #keys = new Map<number, Set<string>>();
  #next = 0;

  /** @param time milliseconds since the epoch @param now likewise */
  add(key: string, time: number, now: number): void {
    const width = 2 ** Math.ceil(Math.log2(Math.max(interval, (time - now) / precision)));
    const date = Math.ceil(time / width) * width;
    const keys = this.#keys.get(date);
    if (keys === undefined) this.#keys.set(date, new Set([key]));
    else keys.add(key);
  }

  /** Takes out the keys whose time has come, at most once in a second. They may have been given another since. */
  due(now: number): readonly string[] {
    if (now < this.#next) return [];
    this.#next = now + interval;
    const due: string[] = [];
    for (const [date, keys] of this.#keys) {
      if (date > now) continue;
      due.push(...keys);
      this.#keys.delete(date);
    }
    return due;
  }
}
