import { setTimeout as wait } from 'node:timers/promises';
import { type BundleId, idOfText, idText } from '../state/revisions.ts';
import { OutdatedTables, type SharedTables } from '../state/shared-tables.ts';
import { StoreFailure } from '../state/store-failure.ts';
import type { Known, Put } from './bundle-state.ts';
import { readContractEnvironment } from './contract.ts';
import type { DeploymentParts } from './deployment-parts.ts';
import type { DirectoryDeployer } from './directory-deployer.ts';
import type { NextEnvironment } from './environment-keeper.ts';
import { DeploymentRefusal } from './refusal.ts';

/** How often a change is tried that others are faster than, and the milliseconds in between, on the average half of it. */
const attempts = 50;
const pauseMilliseconds = 100;

/**
 * One of several servers on one store. Each change is made on top of what all the others have changed; what others
 * changed is brought to serve here.
 */
export class Convergence {
  readonly #tables: SharedTables;
  readonly #parts: DeploymentParts;
  readonly #directory: DirectoryDeployer;
  /** Keys of what others changed and does not serve here yet. */
  readonly #pending = new Set<string>();
  #hasStarted = false;

  constructor(tables: SharedTables, parts: DeploymentParts, directory: DirectoryDeployer) {
    this.#tables = tables;
    this.#parts = parts;
    this.#directory = directory;
  }

  /** The first deployment: from then on, what others change is taken over. */
  async start<T>(work: () => Promise<T>): Promise<T> {
    const result = await this.run(work);
    this.#hasStarted = true;
    return result;
  }

  /** Makes a change, anew when another server was faster. @throws DeploymentRefusal storage, and what the change does */
  async run<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.catchUp();
        return await work();
      } catch (error) {
        if (error instanceof StoreFailure) throw new DeploymentRefusal('storage', error.message, [], { cause: error });
        if (!(error instanceof OutdatedTables)) throw error;
        if (attempt === attempts) {
          const message = 'Other servers change so much that this change found no place between; try it again.';
          throw new DeploymentRefusal('storage', message, [], { cause: error });
        }
      }
      await wait(Math.random() * Math.min(pauseMilliseconds * attempt, 10 * pauseMilliseconds));
    }
  }

  /** Takes over what others changed. @throws StoreFailure; then it is still to be done */
  async catchUp(): Promise<void> {
    const { keys, lost } = await this.#tables.refresh();
    if (lost) {
      const message =
        'the store was emptied or fell back on an older copy: what serves goes on serving until it is changed';
      this.#parts.log.error({}, message);
    }
    if (!this.#hasStarted) return;
    for (const key of keys) this.#pending.add(key);
    if (this.#pending.size === 0) return;
    await this.#settle([...this.#pending]);
    this.#pending.clear();
  }

  async #settle(keys: readonly string[]): Promise<void> {
    const { active, log } = this.#parts;
    const next = await this.#nextEnvironment(keys);
    const { puts, remove } = await this.#bundles();
    const environment = next?.environment;
    const isSame = environment === undefined || environment.digest === active.environment.digest;
    if (puts.length + remove.length > 0 || !isSame) {
      const deployment = await active.apply({
        puts,
        remove,
        ...(environment === undefined ? {} : { environment }),
        refuse: 'nothing',
        record: () => undefined,
      });
      for (const { kind, name, revision, state, diagnostics } of deployment.bundles) {
        const fields = { bundle: idText({ kind, name }), revision, state };
        const first = diagnostics.find(({ severity }) => severity === 'error');
        if (state === 'deployed') log.info(fields, 'taken over from another server');
        else log.error({ ...fields, error: first?.message }, 'what another server deployed cannot be deployed here');
      }
      for (const id of remove) log.info({ bundle: idText(id) }, 'undeployed, as another server did');
    }
    next?.take();
  }

  /** Undefined: it stays. */
  async #nextEnvironment(keys: readonly string[]): Promise<NextEnvironment | undefined> {
    const { environment, state } = this.#parts;
    const isOfContract = keys.some((key) => key.startsWith('contract/'));
    if (!isOfContract) {
      return keys.some((key) => key.startsWith('resources/')) ? environment.again() : undefined;
    }
    const { contract } = state;
    const files =
      contract === undefined
        ? this.#directory.environment
        : await readContractEnvironment(contract.files, contract.environment);
    return files === undefined ? undefined : environment.prepare(files);
  }

  /** What is to be different about the bundles that serve. */
  async #bundles(): Promise<{ puts: Put[]; remove: BundleId[] }> {
    const { active, state } = this.#parts;
    const decided = [...state.allDecisions()].map(([key]) => key);
    const serving = [...active.all()].map(({ latest }) => idText(latest.result));
    const puts: Put[] = [];
    const remove: BundleId[] = [];
    for (const key of new Set([...decided, ...serving, ...this.#directory.allHeld().keys()])) {
      const id = idOfText(key);
      const known = active.known(id);
      const decision = state.decision(id);
      const isHeld = this.#directory.held(key) !== undefined;
      const wanted = decision ?? (isHeld ? state.seen(id) : undefined);
      // Content that was never good is no news from others.
      if (isHeld && wanted === undefined) continue;
      if (this.#isKnown(known, id, wanted, decision?.basePath)) continue;
      const put = wanted === undefined || wanted.revision === null ? undefined : await this.#directory.wanted(id);
      if (put !== undefined) puts.push(put);
      else if (known !== undefined && isNone(wanted)) remove.push(id);
    }
    return { puts, remove };
  }

  /** Whether that serves here, or was tried. A number can come back with other content once all of a bundle was deleted. */
  #isKnown(known: Known | undefined, id: BundleId, wanted: Wanted | undefined, basePath: string | undefined): boolean {
    if (wanted === undefined || wanted.revision === null) return false;
    const { revision } = wanted;
    const digest = this.#parts.revisions.get(id, revision)?.digest;
    return [known?.latest.put, known?.serving?.put].some(
      (put) => put?.revision === revision && put.basePath === basePath && put.digest === (digest ?? put.digest),
    );
  }
}

interface Wanted {
  /** Null: nothing is to serve. */
  readonly revision: number | null;
}

function isNone(wanted: Wanted | undefined): boolean {
  return wanted === undefined || wanted.revision === null;
}
