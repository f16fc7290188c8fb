import type { Change, Store } from './store.ts';

/** A store that lives as long as the process. */
export class MemoryStore implements Store {
  readonly #values = new Map<string, string>();

  get(key: string): string | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: string): void {
    this.#values.set(key, value);
  }

  add(key: string, value: string): boolean {
    if (this.#values.has(key)) return false;
    this.#values.set(key, value);
    return true;
  }

  delete(key: string): void {
    this.#values.delete(key);
  }

  keys(prefix: string): readonly string[] {
    return [...this.#values.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  write(changes: readonly Change[]): void {
    for (const { key, value } of changes) {
      if (value === undefined) this.#values.delete(key);
      else this.#values.set(key, value);
    }
  }

  close(): Promise<void> {
    this.#values.clear();
    return Promise.resolve();
  }
}
