import type { ProxyPlan } from '../flow/proxy-plan.ts';
import type { Snapshot } from './snapshot.ts';

/** Gives the snapshot that serves in place of one, while debug sessions are open. */
export type Overlay = (plain: Snapshot) => Snapshot;

/**
 * What serves now. Replacing it is one assignment; a plan's connections are closed when no snapshot that holds it has a
 * request left, since plans that did not change live on in the next snapshot.
 */
export class Serving {
  #plain: Snapshot;
  #current: Snapshot;
  #overlay: Overlay | undefined;
  readonly #holders = new Map<ProxyPlan, number>();

  constructor(first: Snapshot) {
    this.#plain = first;
    this.#current = first;
    this.#hold(first);
  }

  get current(): Snapshot {
    return this.#current;
  }

  /** What is deployed; what serves differs from it in proxies that are recorded. */
  get plain(): Snapshot {
    return this.#plain;
  }

  replace(next: Snapshot): void {
    this.#plain = next;
    this.#swap(this.#overlay?.(next) ?? next);
  }

  /** Puts another snapshot in the place of this one and of those to come; undefined: what is deployed serves itself. */
  overlay(overlay: Overlay | undefined): void {
    this.#overlay = overlay;
    const next = overlay?.(this.#plain) ?? this.#plain;
    if (next !== this.#current) this.#swap(next);
  }

  /** Closes everything once the last request is over. */
  close(): void {
    const last = this.#current;
    last.retire(() => this.#letGo(last));
  }

  #swap(next: Snapshot): void {
    const old = this.#current;
    this.#hold(next);
    this.#current = next;
    old.retire(() => this.#letGo(old));
  }

  #hold(snapshot: Snapshot): void {
    for (const plan of plansOf(snapshot)) this.#holders.set(plan, (this.#holders.get(plan) ?? 0) + 1);
  }

  #letGo(snapshot: Snapshot): void {
    snapshot.recording?.close();
    for (const plan of plansOf(snapshot)) {
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

/** The plans that are deployed, those too that recorded ones stand in for: they serve again afterwards. */
function plansOf(snapshot: Snapshot): ProxyPlan[] {
  return [...snapshot.compiled.values()].flatMap(({ plan }) => plan ?? []);
}
