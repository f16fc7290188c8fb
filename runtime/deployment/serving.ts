import type { ProxyPlan } from '../flow/proxy-plan.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * What serves now. Replacing it is one assignment; a plan's connections are closed when no snapshot that holds it has a
 * request left, since plans that did not change live on in the next snapshot.
 */
export class Serving {
  #current: Snapshot;
  readonly #holders = new Map<ProxyPlan, number>();

  constructor(first: Snapshot) {
    this.#current = first;
    this.#hold(first);
  }

  get current(): Snapshot {
    return this.#current;
  }

  replace(next: Snapshot): void {
    const old = this.#current;
    this.#hold(next);
    this.#current = next;
    old.retire(() => this.#letGo(old));
  }

  /** Closes everything once the last request is over. */
  close(): void {
    const last = this.#current;
    last.retire(() => this.#letGo(last));
  }

  #hold(snapshot: Snapshot): void {
    for (const plan of snapshot.plans.values()) this.#holders.set(plan, (this.#holders.get(plan) ?? 0) + 1);
  }

  #letGo(snapshot: Snapshot): void {
    for (const plan of snapshot.plans.values()) {
      const left = (this.#holders.get(plan) ?? 1) - 1;
      if (left > 0) {
        this.#holders.set(plan, left);
        continue;
      }
      this.#holders.delete(plan);
      for (const target of plan.targets) target.close();
    }
  }
}
