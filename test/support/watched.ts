import { after } from 'node:test';
import type { Loaded } from '../../runtime/bundle/load.ts';
import { load } from '../../runtime/bundle/load.ts';
import { watchDirectory } from '../../runtime/deployment/reload.ts';

/** A bundle directory that is watched, and what was handed on. */
export interface Watched {
  /** A text for each reload, such as `+a ~b -c environment`. */
  readonly changes: readonly string[];
  /** Everything found wrong, reload by reload. */
  readonly findings: readonly (readonly string[])[];
  readonly failures: readonly unknown[];
  /** What was handed on last. */
  readonly loaded: Loaded;
  /** Resolves when a condition holds. */
  until(what: string, condition: () => boolean): Promise<void>;
  /** Resolves when what was written before has been looked at, whether it led to a reload or not. */
  quiet(): Promise<void>;
}

/**
 * Watches a folder until the surrounding test or suite ends.
 * @param deploys whether what is read can be deployed at that moment
 */
export async function watched(folder: string, deploys: () => boolean = () => true): Promise<Watched> {
  const changes: string[] = [];
  const findings: string[][] = [];
  const failures: unknown[] = [];
  let loaded = await load(folder);
  const reload = await watchDirectory(folder, loaded, {
    apply: async (now, { added, changed, removed, environment }) => {
      if (!deploys()) throw new Error('not now');
      loaded = now;
      const names = [
        ...added.map((one) => `+${one.name}`),
        ...changed.map((one) => `~${one.name}`),
        ...removed.map((one) => `-${one.name}`),
        ...(environment ? ['environment'] : []),
      ];
      changes.push(names.join(' '));
      findings.push(
        [...now.bundles.flatMap((one) => one.diagnostics.list), ...now.diagnostics.list].map((one) => one.code),
      );
    },
    failed: (error) => failures.push(error),
  });
  after(() => reload.close());
  const until = async (what: string, condition: () => boolean): Promise<void> => {
    const deadline = Date.now() + 20_000;
    while (!condition()) {
      if (Date.now() > deadline) throw new Error(`Never: ${what}. Changes: ${JSON.stringify(changes)} ${failures}`);
      await new Promise((done) => setTimeout(done, 5));
    }
  };
  await reload.idle();
  return {
    changes,
    findings,
    failures,
    get loaded() {
      return loaded;
    },
    until,
    quiet: () => reload.idle(),
  };
}
