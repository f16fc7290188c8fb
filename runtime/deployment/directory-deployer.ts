import type { Environment } from '../bundle/environment.ts';
import type { Loaded, LoadedBundle } from '../bundle/load.ts';
import { type BundleId, idText } from '../state/revisions.ts';
import type { Put } from './bundle-state.ts';
import { readContractEnvironment } from './contract.ts';
import type { DeployedBundle, Deployment } from './deploy.ts';
import { listed } from './deploy-loaded.ts';
import { type DeploymentParts, nextRevision } from './deployment-parts.ts';
import { type DirectoryPlan, type Held, planDirectory } from './directory-bundles.ts';
import type { NextEnvironment } from './environment-keeper.ts';
import { DeploymentRefusal } from './refusal.ts';
import { named, withBasePath } from './sources.ts';

/** Deploys what a bundle directory holds, together with what the API decided. */
export class DirectoryDeployer {
  readonly #parts: DeploymentParts;
  #held: ReadonlyMap<string, Held> | undefined;
  /** Of the directory, whether or not a contract has taken its place. */
  #environment: Environment | undefined;

  constructor(parts: DeploymentParts) {
    this.#parts = parts;
  }

  /** Where the directory holds a bundle, by kind and name. */
  held(key: string): Held | undefined {
    return this.#held?.get(key);
  }

  allHeld(): ReadonlyMap<string, Held> {
    return this.#held ?? new Map();
  }

  get environment(): Environment | undefined {
    return this.#environment;
  }

  /** Takes a reading of the directory: the first one, or a later one. */
  async take(loaded: Loaded): Promise<Deployment> {
    const parts = this.#parts;
    const bundles = listed(loaded);
    const next = (id: BundleId, written: string): number => nextRevision(parts, id, written);
    const plan = planDirectory(bundles, parts.state, this.#held, next);
    const before = this.#held;
    // Contents that stay in the directory are read from where it holds them.
    this.#held = plan.held;
    try {
      const environment = await this.#nextEnvironment(loaded.environment);
      const deployment = await this.#apply(plan, bundles, environment);
      environment?.take();
      this.#environment = loaded.environment;
      return { ...deployment, diagnostics: [...deployment.diagnostics, ...loaded.diagnostics.list] };
    } catch (error) {
      this.#held = before;
      throw error;
    }
  }

  /** Undefined: it stays as it is. A contract goes on until it is reset. */
  async #nextEnvironment(directory: Environment): Promise<NextEnvironment | undefined> {
    const { state, environment } = this.#parts;
    const { contract } = state;
    const isFirst = this.#environment === undefined;
    if (contract === undefined) {
      const isSame = this.#environment?.digest === directory.digest && this.#environment.name === directory.name;
      return isSame ? undefined : environment.prepare(directory);
    }
    if (!isFirst) return undefined;
    return environment.prepare(await readContractEnvironment(contract.files, contract.environment));
  }

  async #apply(
    plan: DirectoryPlan,
    bundles: readonly LoadedBundle[],
    environment: NextEnvironment | undefined,
  ): Promise<Deployment> {
    const { active, state, revisions } = this.#parts;
    const decided = await Promise.all(plan.decided.map((id) => this.#decided(id, bundles)));
    const puts = [...plan.puts, ...decided.flatMap((put) => put ?? [])];
    const deployment = await active.apply({
      puts,
      remove: plan.remove,
      ...(environment === undefined ? {} : { environment: environment.environment }),
      refuse: 'nothing',
      record: (batch, results) => {
        environment?.record(batch);
        plan.record(batch, results);
        if (state.isShared)
          for (const { loaded, revision } of plan.puts) revisions.reserve(idOf(loaded), revision, batch);
      },
    });
    // Faulty content of the directory does not stop what the API deployed before.
    const stoodIn = new Set<DeployedBundle>();
    for (const one of deployment.bundles) {
      const decision = one.state === 'refused' ? state.decision(one) : undefined;
      const latest = active.known(one)?.latest;
      if (decision === undefined || decision.revision === null || latest?.put.origin !== 'directory') continue;
      const put = await this.#decided({ kind: one.kind, name: one.name }, []);
      if (put === undefined) continue;
      await active.apply({ puts: [put], remove: [], refuse: 'nothing', record: () => undefined });
      active.standIn(one, latest);
      stoodIn.add(one);
    }
    const results = deployment.bundles.map((one) => (stoodIn.has(one) ? { ...one, state: 'kept' as const } : one));
    return { ...deployment, bundles: results, snapshot: active.serving.plain };
  }

  /** What is to serve under a name by what is decided and what the directory holds; undefined: nothing, or it cannot be read. */
  async wanted(id: BundleId): Promise<Put | undefined> {
    const { state, contents } = this.#parts;
    if (state.decision(id) !== undefined) return this.#decided(id, []);
    const seen = state.seen(id);
    if (seen === undefined || this.held(idText(id)) === undefined) return undefined;
    const { digest, revision, since } = seen;
    const loaded = await contents.latestInDirectory(id, digest, revision);
    return loaded && { loaded, origin: 'directory', revision, since, digest };
  }

  /** The revision that the API decided on. */
  async #decided(id: BundleId, bundles: readonly LoadedBundle[]): Promise<Put | undefined> {
    const { state, contents, log } = this.#parts;
    const decision = state.decision(id);
    if (decision === undefined || decision.revision === null) return undefined;
    const { revision, since, basePath } = decision;
    const own = bundles.find(({ bundle }) => idText(bundle) === idText(id));
    if (own !== undefined && contents.isInDirectory(id, revision)) {
      const loaded = withBasePath(named(own, id.name, revision), basePath);
      return { loaded, origin: 'directory', revision, since, basePath, digest: own.bundle.digest };
    }
    try {
      return await contents.put(id, revision, since, basePath);
    } catch (error) {
      if (!(error instanceof DeploymentRefusal)) throw error;
      log.error({ bundle: idText(id), revision, error: error.message }, 'revision cannot be read from the store');
      return undefined;
    }
  }
}

function idOf({ bundle: { kind, name } }: LoadedBundle): BundleId {
  return { kind, name };
}
