import type { LoadedBundle } from '../bundle/load.ts';
import { packBundle } from '../bundle/pack.ts';
import type { BundleFiles } from '../bundle/read-bundle.ts';
import type { Diagnostic } from '../diagnostic.ts';
import type { BundleId, Revision } from '../state/revisions.ts';
import type { Batch } from '../state/table.ts';
import { basePathTaken } from './base-paths.ts';
import { type DeploymentParts, nextRevision } from './deployment-parts.ts';
import { DeploymentRefusal, titleOf } from './refusal.ts';
import { loadAs } from './sources.ts';

export interface Imported {
  readonly id: BundleId;
  readonly revision: number;
  readonly diagnostics: readonly Diagnostic[];
}

/** Puts revisions into the store and takes them out. What serves stays as it is. */
export class RevisionEditor {
  readonly #parts: DeploymentParts;

  constructor(parts: DeploymentParts) {
    this.#parts = parts;
  }

  /** What deploying it would find; that a base path is taken is known only then. */
  async check(loaded: LoadedBundle): Promise<readonly Diagnostic[]> {
    const [result] = await this.#parts.active.check([loaded]);
    return (result?.diagnostics ?? []).filter(({ code }) => code !== basePathTaken);
  }

  /** @param validate whether mistakes refuse it @throws DeploymentRefusal faulty, badName */
  async import(files: BundleFiles, name: string | undefined, validate: boolean): Promise<Imported> {
    const loaded = loadAs(files, name, 0);
    const id: BundleId = { kind: files.kind, name: loaded.bundle.name };
    checkName(id);
    const revision = nextRevision(this.#parts, id);
    const diagnostics = validate ? await this.#accept(id, loaded) : loaded.diagnostics.list;
    await this.#parts.active.commit((batch) => this.store(id, revision, files, loaded.bundle.digest, batch));
    return { id, revision, diagnostics };
  }

  /** @throws DeploymentRefusal notFound, stillDeployed, faulty */
  async replace(id: BundleId, revision: number, files: BundleFiles, validate: boolean): Promise<readonly Diagnostic[]> {
    this.#editable(id, revision);
    const loaded = loadAs(files, id.name, revision);
    const diagnostics = validate ? await this.#accept(id, loaded) : loaded.diagnostics.list;
    await this.#parts.active.commit((batch) => this.store(id, revision, files, loaded.bundle.digest, batch));
    return diagnostics;
  }

  /** Sets or, without bytes, removes one file of a revision that is built piece by piece. Nothing is validated. */
  async piece(id: BundleId, revision: number, path: string, bytes: Uint8Array | undefined): Promise<void> {
    this.#editable(id, revision);
    checkPath(path);
    const before = await this.#parts.contents.files(id, revision);
    const files = new Map(before.files);
    if (bytes !== undefined) files.set(path, bytes);
    else if (!files.delete(path)) throw new DeploymentRefusal('notFound', `Revision ${revision} has no ${path}.`);
    const edited: BundleFiles = { ...before, files };
    const { digest } = loadAs(edited, id.name, revision).bundle;
    await this.#parts.active.commit((batch) => this.store(id, revision, edited, digest, batch));
  }

  store(id: BundleId, revision: number, files: BundleFiles, digest: string, batch: Batch, deployed?: number): void {
    const { revisions, active } = this.#parts;
    const now = Date.now();
    const createdAt = revisions.get(id, revision)?.createdAt ?? now;
    const record: Revision = { revision, digest, createdAt, lastModifiedAt: now, origin: 'api' };
    const stays = deployed ?? active.known(id)?.serving?.put.revision;
    revisions.put(id, record, packBundle(files), stays, batch);
  }

  /** @throws DeploymentRefusal notFound, stillDeployed */
  async remove(id: BundleId, revision: number): Promise<void> {
    this.#editable(id, revision);
    await this.#parts.active.commit((batch) => this.#parts.revisions.remove(id, [revision], batch));
  }

  /** @returns the numbers of the revisions that are gone */
  async removeAll(id: BundleId): Promise<number[]> {
    const { revisions, state, active } = this.#parts;
    const all = this.#parts.contents.list(id);
    if (all.length === 0) throw new DeploymentRefusal('notFound', `There is no ${titleOf(id)}.`);
    const serving = active.known(id)?.serving;
    if (serving !== undefined) {
      throw new DeploymentRefusal(
        'stillDeployed',
        `${titleOf(id)} is deployed (revision ${serving.put.revision}); undeploy it first.`,
      );
    }
    await active.commit((batch) => {
      revisions.forget(id, batch);
      // What the directory holds is not ours to delete: it stays undeployed.
      if (state.seen(id) === undefined && !state.isShared) state.decide(id, undefined, batch);
    });
    return all.map(({ revision }) => revision);
  }

  async #accept(id: BundleId, loaded: LoadedBundle): Promise<readonly Diagnostic[]> {
    const diagnostics = await this.check(loaded);
    const first = diagnostics.find(({ severity }) => severity === 'error');
    if (first === undefined) return diagnostics;
    const where = `${first.file}:${first.line}:${first.column}`;
    throw new DeploymentRefusal('faulty', `${titleOf(id)} has mistakes: ${where}: ${first.message}`, diagnostics);
  }

  /** Stored, and serving nowhere. */
  #editable(id: BundleId, revision: number): void {
    const { revisions, contents, active } = this.#parts;
    const isServing = active.known(id)?.serving?.put.revision === revision;
    if (isServing) {
      throw new DeploymentRefusal(
        'stillDeployed',
        `Revision ${revision} of ${titleOf(id)} is deployed; undeploy it first.`,
      );
    }
    if (revisions.get(id, revision) !== undefined) return;
    if (contents.isInDirectory(id, revision)) {
      const message = `Revision ${revision} of ${titleOf(id)} is what the bundle directory holds; change it there.`;
      throw new DeploymentRefusal('stillDeployed', message);
    }
    throw new DeploymentRefusal('notFound', `${titleOf(id)} has no revision ${revision}.`);
  }
}

function checkName({ name }: BundleId): void {
  if (/^[A-Za-z0-9][\w.-]{0,254}$/.test(name)) return;
  const message = `"${name}" is no name for a bundle: letters, digits, "_", "-" and "." are, beginning with a letter or digit.`;
  throw new DeploymentRefusal('badName', message);
}

/** Paths below the bundle's folder, as those in a zip. */
function checkPath(path: string): void {
  const parts = path.split('/');
  const isPlain = parts.every((part) => part !== '' && part !== '.' && part !== '..' && !/[\\\0]/.test(part));
  if (!isPlain) throw new DeploymentRefusal('badName', `"${path}" is no path of a file in a bundle.`);
}
