import type { BundleKind } from '../bundle/bundle.ts';
import type { Environment, JsonObject } from '../bundle/environment.ts';
import type { Loaded, LoadedBundle } from '../bundle/load.ts';
import { packBundle } from '../bundle/pack.ts';
import type { BundleFiles } from '../bundle/read-bundle.ts';
import type { Diagnostic } from '../diagnostic.ts';
import type { Log } from '../log.ts';
import type { Consumers } from '../state/consumers.ts';
import { DeployedState } from '../state/deployed.ts';
import type { ResourceKind } from '../state/resource-kinds.ts';
import type { Resources } from '../state/resources.ts';
import { type BundleId, idOfText, idText, type Revision, Revisions } from '../state/revisions.ts';
import type { SharedTables } from '../state/shared-tables.ts';
import { StoreFailure } from '../state/store-failure.ts';
import { Active } from './active.ts';
import { type Attempt, type BundleState, stateOf } from './bundle-state.ts';
import { type ContractResult, contractDeployment } from './contract-deployment.ts';
import { Convergence } from './convergence.ts';
import { Debugging } from './debugging.ts';
import type { Deployment, Ground } from './deploy.ts';
import type { DeploymentParts } from './deployment-parts.ts';
import { DirectoryDeployer } from './directory-deployer.ts';
import { EnvironmentKeeper } from './environment-keeper.ts';
import { resetDeployment } from './reset.ts';
import { RevisionContents } from './revision-content.ts';
import { type DeployOptions, deployStored, undeployServing } from './revision-deployment.ts';
import { type Imported, RevisionEditor } from './revision-editor.ts';
import type { Serving } from './serving.ts';
import { loadAs, readUpload } from './sources.ts';
import { TestData, type TestMap } from './test-data.ts';
import { WorkQueue } from './work-queue.ts';

export type { BundleState } from './bundle-state.ts';
export type { ContractResult } from './contract-deployment.ts';
export type { DeployOptions } from './revision-deployment.ts';
export type { TestMap } from './test-data.ts';

export interface DeploymentsOptions {
  readonly ground: Ground;
  /** Stored revisions of one bundle that stay. */
  readonly revisionsKept: number;
  readonly log: Log;
}

/** Bundles of one part of the check that follows a brief reading: other changes wait for it no longer than a moment. */
const checkedTogether = 250;

/**
 * The one owner of what is deployed. Changes come one after the other; each is validated, stored in one write, and then
 * swapped in, or refused with a DeploymentRefusal that leaves everything as it was.
 */
export class Deployments {
  /** Debug sessions of what serves. */
  readonly debugging: Debugging;
  readonly #parts: DeploymentParts;
  readonly #directory: DirectoryDeployer;
  readonly #editor: RevisionEditor;
  readonly #tests: TestData;
  readonly #queue = new WorkQueue();
  readonly #convergence: Convergence | undefined;
  /** Whether taking over what others changed is queued. */
  #isBehind = false;
  #isClosed = false;

  private constructor(
    parts: DeploymentParts,
    directory: DirectoryDeployer,
    tests: TestData,
    debugging: Debugging,
    tables: SharedTables | undefined,
  ) {
    this.debugging = debugging;
    this.#parts = parts;
    this.#convergence = tables && new Convergence(tables, parts, directory);
    tables?.watch(() => this.#heard());
    this.#directory = directory;
    this.#editor = new RevisionEditor(parts);
    this.#tests = tests;
  }

  static async open({ ground, revisionsKept, log }: DeploymentsOptions): Promise<Deployments> {
    const { store, consumers } = ground;
    const state = await DeployedState.open(store);
    const revisions = await Revisions.open(store, revisionsKept);
    // The directory and the contents of revisions know each other: where a file lies, and what is in it.
    const places: { directory?: DirectoryDeployer } = {};
    const contents = new RevisionContents(revisions, state, (key) => places.directory?.held(key));
    const active = new Active(ground, (attempt) => readAgain(attempt, contents, log));
    const environment = await EnvironmentKeeper.open(store, consumers);
    const parts: DeploymentParts = { active, state, revisions, contents, environment, log };
    const directory = new DirectoryDeployer(parts);
    places.directory = directory;
    const debugging = new Debugging(
      active,
      ground,
      async (id) => {
        const serving = active.known(id)?.serving;
        return serving === undefined ? undefined : readAgain(serving, contents, log);
      },
      log,
    );
    return new Deployments(parts, directory, await TestData.open(store), debugging, store.shared?.tables);
  }

  get serving(): Serving {
    return this.#parts.active.serving;
  }

  /** Of environment and organization, for reading; `changeResource` changes them. */
  get resources(): Resources {
    return this.#parts.environment.resources;
  }

  /** Products, developers, apps and keys among them, found by what they are known by. */
  get consumers(): Consumers {
    return this.#parts.environment.consumers;
  }

  /** Stored revisions, for reading. */
  get revisions(): Revisions {
    return this.#parts.revisions;
  }

  /** Files and what came by the API, in one. */
  get environment(): Environment {
    return this.#parts.active.environment;
  }

  /** Number of the active contract; 0 when there is none. */
  get contractRevision(): number {
    return this.#parts.state.contract?.revision ?? 0;
  }

  testMaps(): readonly TestMap[] {
    return this.#tests.maps;
  }

  /** Deploys what the directory holds and what the store remembers. Once, before anything else. */
  start(loaded: Loaded): Promise<Deployment> {
    const work = () => this.#directory.take(loaded);
    return this.#queue.run(() => this.#convergence?.start(work) ?? work());
  }

  /** Takes a later reading of the directory; finds out itself what is new in it. */
  reloadDirectory(loaded: Loaded): Promise<Deployment> {
    return this.#change(() => this.#directory.take(loaded));
  }

  /**
   * Checks, part by part, what serves on the strength of a brief reading (`LoadOptions.briefFrom`), while requests and other
   * changes go on. What turns out to be faulty serves no longer.
   * @param found told of each part
   */
  async checkUnchecked(found: (deployment: Deployment) => void): Promise<void> {
    const { active } = this.#parts;
    const part = async (): Promise<Deployment | undefined> => {
      const puts = await active.readUnchecked(checkedTogether);
      if (puts.length === 0 || this.#isClosed) return undefined;
      return active.apply({ puts, remove: [], refuse: 'nothing', record: () => undefined });
    };
    for (let done = await this.#queue.run(part); done !== undefined; done = await this.#queue.run(part)) found(done);
  }

  /** All bundles there are, deployed or not, by kind and name. */
  list(kind?: BundleKind): BundleState[] {
    const { active, revisions, state } = this.#parts;
    const keys = new Set([...active.all()].map(({ latest }) => idText(latest.result)));
    for (const id of revisions.ids()) keys.add(idText(id));
    for (const [key] of state.allSeen()) keys.add(key);
    const ids = [...keys].sort().map(idOfText);
    return ids.filter((id) => kind === undefined || id.kind === kind).flatMap((id) => this.get(id) ?? []);
  }

  get(id: BundleId): BundleState | undefined {
    const { active, contents } = this.#parts;
    const known = active.known(id);
    if (known !== undefined) return stateOf(known);
    const latest = contents.list(id).at(-1);
    if (latest === undefined) return undefined;
    const folder = this.#directory.held(idText(id))?.folder ?? '';
    const { kind, name } = id;
    const { origin } = latest;
    const none = { revision: undefined, digest: undefined, since: 0, basePaths: [], diagnostics: [] };
    return { kind, name, state: 'undeployed', origin, folder, ...none };
  }

  /** Stored revisions and the directory's, oldest first; none when there is no such bundle. */
  listRevisions(id: BundleId): Revision[] {
    return this.#parts.contents.list(id);
  }

  /** @throws DeploymentRefusal notFound */
  readFiles(id: BundleId, revision: number): Promise<BundleFiles> {
    return this.#parts.contents.files(id, revision);
  }

  /** @throws DeploymentRefusal notFound */
  readBundle(id: BundleId, revision: number): Promise<LoadedBundle> {
    return this.#parts.contents.bundle(id, revision);
  }

  /** A zip with `apiproxy/` or `sharedflowbundle/` at its root. @throws DeploymentRefusal notFound */
  async exportRevision(id: BundleId, revision: number): Promise<Uint8Array> {
    return packBundle(await this.readFiles(id, revision));
  }

  /** The one bundle in a zip. @throws DeploymentRefusal badArchive */
  readUpload(zip: Uint8Array, kind?: BundleKind): Promise<BundleFiles> {
    return readUpload(zip, kind);
  }

  /** What deploying it would find; nothing is stored. */
  check(files: BundleFiles, name?: string): Promise<readonly Diagnostic[]> {
    return this.#change(() => this.#editor.check(loadAs(files, name, 0)));
  }

  /** Stores a new revision, which does not serve yet. `validate`, the default: mistakes refuse it. */
  importRevision(files: BundleFiles, options: { name?: string; validate?: boolean } = {}): Promise<Imported> {
    return this.#change(() => this.#editor.import(files, options.name, options.validate ?? true));
  }

  /** Replaces the content of a revision that does not serve. */
  replaceRevision(
    id: BundleId,
    revision: number,
    files: BundleFiles,
    options: { validate?: boolean } = {},
  ): Promise<{ readonly diagnostics: readonly Diagnostic[] }> {
    const replace = async () => ({
      diagnostics: await this.#editor.replace(id, revision, files, options.validate ?? true),
    });
    return this.#change(replace);
  }

  /** Sets one file of a revision that does not serve. @param path below its folder, `policies/X.xml` */
  putPiece(id: BundleId, revision: number, path: string, bytes: Uint8Array): Promise<void> {
    return this.#change(() => this.#editor.piece(id, revision, path, bytes));
  }

  deletePiece(id: BundleId, revision: number, path: string): Promise<void> {
    return this.#change(() => this.#editor.piece(id, revision, path, undefined));
  }

  /** Makes a revision serve. Without `override` only when no other one of that bundle does. */
  deployRevision(id: BundleId, revision: number, options: DeployOptions = {}): Promise<Deployment> {
    return this.#change(() => deployStored(this.#parts, id, revision, options));
  }

  /** @param revision that must be the one that serves; undefined: whichever does */
  undeploy(id: BundleId, revision?: number): Promise<Deployment> {
    return this.#change(() => undeployServing(this.#parts, id, revision));
  }

  deleteRevision(id: BundleId, revision: number): Promise<void> {
    return this.#change(() => this.#editor.remove(id, revision));
  }

  /** @returns the numbers of the revisions that are gone */
  deleteAll(id: BundleId): Promise<number[]> {
    return this.#change(() => this.#editor.removeAll(id));
  }

  /** Replaces everything by what a zip of a workspace holds. @param environment default as for a directory */
  replaceContract(zip: Uint8Array, environment?: string): Promise<ContractResult> {
    return this.#change(() => contractDeployment(this.#parts, this.#editor, zip, environment));
  }

  /** Back to what the directory holds: takes back contract, deployments and undeployments of the API, and test data. */
  reset(): Promise<Deployment> {
    return this.#change(async () => {
      await this.#tests.replace(undefined, this.#parts);
      return resetDeployment(this.#parts, this.#directory);
    });
  }

  /** Sets a resource or, without a value, deletes it. @returns warnings */
  changeResource(kind: ResourceKind, name: string, value: JsonObject | undefined): Promise<readonly Diagnostic[]> {
    const { environment, active } = this.#parts;
    return this.#change(() => environment.change(active, kind, name, value));
  }

  /** Replaces all test data by a zip of JSON files; undefined: by none. @returns warnings */
  replaceTestData(zip: Uint8Array | undefined): Promise<readonly Diagnostic[]> {
    return this.#change(() => this.#tests.replace(zip, this.#parts));
  }

  /** Lets what is under way finish. Everything is closed once the last request is over. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.debugging.close();
    await this.#queue.run(() => Promise.resolve());
    this.serving.close();
  }

  /** Takes over what other servers changed, message or not. @throws DeploymentRefusal storage */
  catchUp(): Promise<void> {
    return this.#change(() => Promise.resolve());
  }

  /** Other servers may have changed something. */
  #heard(): void {
    if (this.#isBehind || this.#isClosed) return;
    this.#isBehind = true;
    const catchUp = async (): Promise<void> => {
      this.#isBehind = false;
      if (!this.#isClosed) await this.#convergence?.catchUp();
    };
    this.#queue.run(catchUp).catch((error: unknown) => {
      // Told where the store is; what was missed is asked for again.
      if (error instanceof StoreFailure) return;
      const stack = error instanceof Error ? error.stack : undefined;
      this.#parts.log.error({ error: String(error), stack }, 'what other servers changed cannot be taken over');
    });
  }

  #change<T>(work: () => Promise<T>): Promise<T> {
    return this.#queue.run(() => this.#convergence?.run(work) ?? work());
  }
}

/** The source of a bundle that serves or failed to; undefined, and logged, when it is not there any more as it was. */
async function readAgain(
  { put, result }: Attempt,
  contents: RevisionContents,
  log: Log,
): Promise<LoadedBundle | undefined> {
  const id = { kind: result.kind, name: result.name };
  const isOfDirectory = put.origin === 'directory' && put.basePath === undefined;
  const loaded = isOfDirectory
    ? await contents.latestInDirectory(id, put.digest, put.revision)
    : await contents.tryBundle(id, put.revision, put.basePath);
  if (loaded === undefined) {
    const fields = { bundle: idText(id), revision: put.revision };
    log.warn(fields, 'its files are not there any more as they were read: it keeps the environment it was deployed in');
  }
  return loaded;
}
