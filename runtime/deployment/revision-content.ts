import type { LoadedBundle } from '../bundle/load.ts';
import { packBundle } from '../bundle/pack.ts';
import type { BundleFiles } from '../bundle/read-bundle.ts';
import type { DeployedState } from '../state/deployed.ts';
import { type BundleId, idText, type Revision, type Revisions } from '../state/revisions.ts';
import type { Batch } from '../state/table.ts';
import type { Put } from './bundle-state.ts';
import type { Held } from './directory-bundles.ts';
import { DeploymentRefusal, titleOf } from './refusal.ts';
import { loadAs, named, readFolder, readUpload, withBasePath } from './sources.ts';

/** Contents of revisions, wherever they lie: in the store, or in the directory as long as it still holds them. */
export class RevisionContents {
  readonly #revisions: Revisions;
  readonly #state: DeployedState;
  readonly #heldAt: (key: string) => Held | undefined;

  constructor(revisions: Revisions, state: DeployedState, heldAt: (key: string) => Held | undefined) {
    this.#revisions = revisions;
    this.#state = state;
    this.#heldAt = heldAt;
  }

  /** Stored ones and the directory's, oldest first. */
  list(id: BundleId): Revision[] {
    const stored = this.#revisions.list(id);
    const seen = this.#state.seen(id);
    if (seen === undefined || stored.some(({ revision }) => revision === seen.revision)) return [...stored];
    const { revision, digest, since } = seen;
    const own: Revision = { revision, digest, createdAt: since, lastModifiedAt: since, origin: 'directory' };
    return [...stored, own].sort((a, b) => a.revision - b.revision);
  }

  isInDirectory(id: BundleId, revision: number): boolean {
    return this.#state.seen(id)?.revision === revision;
  }

  /** @throws DeploymentRefusal notFound */
  async files(id: BundleId, revision: number): Promise<BundleFiles> {
    const content = await this.#revisions.content(id, revision);
    if (content !== undefined) return readUpload(content, id.kind);
    const inDirectory = this.isInDirectory(id, revision) ? await this.#inDirectory(id) : undefined;
    if (inDirectory !== undefined) return inDirectory.files;
    const why = this.isInDirectory(id, revision) ? 'the directory does not hold it any more' : 'there is none';
    throw new DeploymentRefusal('notFound', `${titleOf(id)} has no revision ${revision}: ${why}.`);
  }

  async bundle(id: BundleId, revision: number): Promise<LoadedBundle> {
    return loadAs(await this.files(id, revision), id.name, revision);
  }

  /** A revision, ready to be deployed. @throws DeploymentRefusal notFound */
  async put(id: BundleId, revision: number, since: number, basePath?: string): Promise<Put> {
    const loaded = await this.bundle(id, revision);
    const origin = this.isInDirectory(id, revision) ? 'directory' : 'api';
    const { digest } = loaded.bundle;
    return { loaded: withBasePath(loaded, basePath), origin, revision, since, basePath, digest };
  }

  /** As `bundle`; undefined when there is none. */
  async tryBundle(id: BundleId, revision: number, basePath: string | undefined): Promise<LoadedBundle | undefined> {
    const isThere = this.list(id).some((one) => one.revision === revision);
    return isThere ? withBasePath(await this.bundle(id, revision), basePath) : undefined;
  }

  /** What the directory holds of a bundle, if that is still what was seen there. */
  async #inDirectory(id: BundleId): Promise<{ files: BundleFiles; loaded: LoadedBundle } | undefined> {
    const held = this.#heldAt(idText(id));
    const read = held === undefined ? undefined : await readFolder(held.folder);
    return read?.loaded.bundle.digest === this.#state.seen(id)?.digest ? read : undefined;
  }

  /** A bundle of the directory as it was last read there, good or not; undefined when it has changed since. */
  async latestInDirectory(id: BundleId, digest: string, revision: number): Promise<LoadedBundle | undefined> {
    const held = this.#heldAt(idText(id));
    const read = held === undefined ? undefined : await readFolder(held.folder);
    return read?.loaded.bundle.digest === digest ? named(read.loaded, id.name, revision) : undefined;
  }

  /**
   * Before the API puts something else in its place: stores what the directory holds, so that it can be rolled back to
   * when the directory has something else. Gives what is to be done in the batch; undefined when the directory does not
   * hold it any more.
   */
  async keepDirectory(id: BundleId, deployed: number): Promise<((batch: Batch) => void) | undefined> {
    const seen = this.#state.seen(id);
    if (seen === undefined || this.#revisions.get(id, seen.revision) !== undefined) return () => undefined;
    const read = await this.#inDirectory(id);
    if (read === undefined) return undefined;
    const { revision, digest, since } = seen;
    const zip = packBundle(read.files);
    const kept: Revision = { revision, digest, createdAt: since, lastModifiedAt: since, origin: 'directory' };
    return (batch) => this.#revisions.put(id, kept, zip, deployed, batch);
  }
}
