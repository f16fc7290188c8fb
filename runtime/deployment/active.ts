import { type Environment, emptyEnvironment } from '../bundle/environment.ts';
import type { LoadedBundle } from '../bundle/load.ts';
import { type BundleId, idText } from '../state/revisions.ts';
import { OutdatedTables } from '../state/shared-tables.ts';
import { Batch } from '../state/table.ts';
import { basePathTaken } from './base-paths.ts';
import { Breath } from './breath.ts';
import type { Attempt, Known, Put } from './bundle-state.ts';
import { type DeployedBundle, type Deployment, type Ground, type PreparedDeployment, prepare } from './deploy.ts';
import { loadKeyValueMaps } from './environment-maps.ts';
import { DeploymentRefusal, titleOf } from './refusal.ts';
import { Serving } from './serving.ts';
import { Snapshot } from './snapshot.ts';

/** What is to be different about what serves. */
export interface ActiveChange {
  readonly puts: readonly Put[];
  readonly remove: readonly BundleId[];
  /** Undefined: as it is. */
  readonly environment?: Environment;
  /** `faulty`: one bundle with mistakes refuses the whole change. */
  readonly refuse: 'nothing' | 'faulty';
  /** What is to be stored together with it. @param bundles what became of the puts */
  record(batch: Batch, bundles: readonly DeployedBundle[]): void;
}

/** Reads the source of a bundle again; undefined when it is not there any more as it was. */
export type ReadAgain = (attempt: Attempt) => Promise<LoadedBundle | undefined>;

/** What serves now, and what is known of it. A change is compiled, stored, then swapped in: as a whole or not at all. */
export class Active {
  readonly serving: Serving;
  readonly #ground: Ground;
  readonly #readAgain: ReadAgain;
  readonly #known = new Map<string, Known>();
  #environment: Environment;

  constructor(ground: Ground, readAgain: ReadAgain) {
    this.#ground = ground;
    this.#readAgain = readAgain;
    this.#environment = emptyEnvironment('local');
    this.serving = new Serving(new Snapshot(this.#environment, new Map()));
  }

  get environment(): Environment {
    return this.#environment;
  }

  known(id: BundleId): Known | undefined {
    return this.#known.get(idText(id));
  }

  all(): IterableIterator<Known> {
    return this.#known.values();
  }

  /** @throws DeploymentRefusal faulty, storage: then all is as it was */
  async apply(change: ActiveChange): Promise<Deployment> {
    const environment = change.environment ?? this.#environment;
    if (environment.keyValueMaps !== this.#environment.keyValueMaps) {
      await loadKeyValueMaps(environment, this.#ground.store);
    }
    const puts = [...change.puts, ...(await this.#affected(change, environment))];
    const bundles = { put: puts.map(({ loaded }) => loaded), remove: change.remove };
    const prepared = await prepare(bundles, environment, this.#ground, this.serving.plain);
    try {
      if (change.refuse === 'faulty') refuseFaulty(prepared.bundles);
      await prepared.doDeployWork();
      await this.commit((batch) => change.record(batch, prepared.bundles));
    } catch (error) {
      prepared.discard();
      throw error;
    }
    this.#environment = environment;
    this.serving.replace(prepared.snapshot);
    this.#remember(puts, change.remove, prepared);
    const { snapshot, diagnostics } = prepared;
    return { snapshot, bundles: prepared.bundles, diagnostics };
  }

  /** What a change would find, nothing of it done. */
  async check(puts: readonly LoadedBundle[]): Promise<readonly DeployedBundle[]> {
    const prepared = await prepare({ put: puts, remove: [] }, this.#environment, this.#ground, this.serving.plain);
    prepared.discard();
    return prepared.bundles;
  }

  /** Some of the bundles that serve on the strength of a brief reading, read as a whole. */
  async readUnchecked(most: number): Promise<Put[]> {
    const puts: Put[] = [];
    const breath = new Breath();
    for (const [key, { unchecked }] of this.serving.plain.compiled) {
      const put = unchecked === undefined ? undefined : this.#known.get(key)?.serving?.put;
      if (unchecked === undefined || put === undefined) continue;
      puts.push({ ...put, loaded: unchecked() });
      if (puts.length === most) break;
      await breath.take();
    }
    return puts;
  }

  /** @throws DeploymentRefusal storage; OutdatedTables when another server was faster */
  async commit(record: (batch: Batch) => void): Promise<void> {
    const batch = new Batch();
    record(batch);
    try {
      await batch.commit(this.#ground.store);
    } catch (error) {
      if (error instanceof OutdatedTables) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new DeploymentRefusal('storage', `The store cannot be written: ${reason}.`, [], { cause: error });
    }
  }

  /** An environment that differs in nothing that serves. */
  setEnvironment(environment: Environment): void {
    this.#environment = environment;
  }

  /** What serves stands in for a later one that is faulty. */
  standIn(id: BundleId, latest: Attempt): void {
    const serving = this.known(id)?.serving;
    this.#known.set(idText(id), { serving, latest });
  }

  /** Bundles that are not named in a change and become other ones by it. */
  async #affected(change: ActiveChange, environment: Environment): Promise<Put[]> {
    const named = new Set([...change.remove, ...change.puts.map(({ loaded }) => loaded.bundle)].map(idText));
    const puts: Put[] = [];
    for (const [key, { serving, latest }] of this.#known) {
      if (named.has(key)) continue;
      const waitsForPath =
        serving !== latest && named.size > 0 && latest.result.diagnostics.some(({ code }) => code === basePathTaken);
      const isOther = environment !== this.#environment && !latest.result.uses.areSameIn(environment);
      if (!waitsForPath && !isOther) continue;
      const loaded = await this.#readAgain(latest);
      if (loaded !== undefined) puts.push({ ...latest.put, loaded });
    }
    return puts;
  }

  #remember(puts: readonly Put[], remove: readonly BundleId[], { bundles }: PreparedDeployment): void {
    for (const id of remove) this.#known.delete(idText(id));
    const byKey = new Map(bundles.map((one) => [idText(one), one]));
    for (const { loaded, ...put } of puts) {
      const key = idText(loaded.bundle);
      const result = byKey.get(key);
      if (result === undefined) continue;
      const latest: Attempt = { put, result };
      const before = result.state === 'kept' ? this.#known.get(key)?.serving : undefined;
      this.#known.set(key, { serving: result.state === 'deployed' ? latest : before, latest });
    }
  }
}

function refuseFaulty(bundles: readonly DeployedBundle[]): void {
  const faulty = bundles.filter(({ state }) => state !== 'deployed');
  const [first] = faulty;
  if (first === undefined) return;
  const names = faulty.map(titleOf).join(', ');
  throw new DeploymentRefusal(
    'faulty',
    `${names} cannot be deployed: ${firstError(first)}`,
    faulty.flatMap(({ diagnostics }) => diagnostics),
  );
}

function firstError({ diagnostics }: DeployedBundle): string {
  const first = diagnostics.find(({ severity }) => severity === 'error');
  return first === undefined ? 'it has mistakes.' : `${first.file}:${first.line}:${first.column}: ${first.message}`;
}
