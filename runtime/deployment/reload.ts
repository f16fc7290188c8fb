import { statSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { environmentsAbove } from '../bundle/directory.ts';
import type { Loaded, LoadOptions } from '../bundle/load.ts';
import { compareLoaded, type DirectoryChange, isNothing } from './directory-change.ts';
import { FileSet, StillChanging } from './file-set.ts';
import { gitLockOf, quietMilliseconds, stampOf, waitBeforeReading } from './settle.ts';

export interface ReloadOptions extends LoadOptions {
  /**
   * Deploys what was read; called once at a time. What it throws goes to `failed`.
   * @param since when the first of the writes was seen, milliseconds since 1970
   */
  readonly apply: (loaded: Loaded, change: DirectoryChange, since: number) => Promise<void>;
  /** Something kept the directory from being read or watched; what serves goes on. */
  readonly failed: (error: unknown) => void;
}

export interface Reload {
  /** Resolves when everything that was saved before is looked at: after two quiet moments without a reload. */
  idle(): Promise<void>;
  /** Stops watching; resolves when a reload that is under way is over. */
  close(): Promise<void>;
}

/** Milliseconds after a reload that changed folders until the directory is compared once more: watchers can miss what
 * happens in a folder that has just been made. */
const secondLookMilliseconds = 300;

/** Milliseconds between looks for a directory that was taken away as a whole. */
const absentMilliseconds = 250;

/**
 * Watches a bundle directory, waits for a quiet moment after changes, reads what changed and hands it on.
 * @param first as it was read for what serves now
 */
export async function watchDirectory(directory: string, first: Loaded, options: ReloadOptions): Promise<Reload> {
  const reloader = new Reloader(directory, first, options);
  await reloader.start();
  return reloader;
}

class Reloader implements Reload {
  readonly #root: string;
  readonly #options: ReloadOptions;
  readonly #files: FileSet;
  readonly #gitLock: string | undefined;
  #loaded: Loaded;
  #watcher: FSWatcher | undefined;
  /** Absolute paths that events named since the last reading. */
  #touched = new Set<string>();
  /** When the first of them came, milliseconds since 1970. */
  #since = 0;
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> | undefined;
  #closed = false;
  /** What was told of the watcher. */
  readonly #failures = new Set<string>();

  constructor(directory: string, first: Loaded, options: ReloadOptions) {
    this.#root = resolve(directory);
    this.#options = options;
    this.#files = new FileSet(directory, options, first);
    this.#gitLock = gitLockOf(this.#root);
    this.#loaded = first;
  }

  async start(): Promise<void> {
    await this.#watch();
    // What was saved between the first reading and now; also makes known what there is.
    this.#touch(this.#root);
  }

  async idle(): Promise<void> {
    for (let quiet = 0; quiet < 2 && !this.#closed; quiet++) {
      await new Promise((done) => setTimeout(done, quietMilliseconds));
      if (this.#touched.size > 0 || this.#work !== undefined) quiet = -1;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#watcher?.close();
    await this.#work;
  }

  async #watch(): Promise<void> {
    const isFile = statSync(this.#root).isFile();
    // A file that is replaced is lost to a watcher of the file itself; its folder sees both.
    const paths = isFile ? [dirname(this.#root)] : [this.#root, ...environmentsAbove(this.#root)];
    const ignored = (path: string): boolean =>
      isFile ? path !== dirname(this.#root) && path !== this.#root : isIgnored(path, paths);
    // Waiting for quiet is done here, for all files of a change together.
    const watcher = watch(paths, { ignoreInitial: true, atomic: false, ignored });
    this.#watcher = watcher;
    watcher.on('all', (_event, path) => this.#touch(resolve(path)));
    // Of a file that is deleted and made again at once the events above lose track; what its folder tells they do not.
    watcher.on('raw', (_event, name, details) => {
      const folder = watchedPath(details);
      if (folder === undefined || typeof name !== 'string') return;
      const path = resolve(folder, name);
      if (!ignored(path)) this.#touch(this.#files.has(resolve(folder)) ? resolve(folder) : path);
    });
    watcher.on('error', (error) => this.#failed(error));
    await new Promise<void>((done) => watcher.once('ready', done));
  }

  #touch(path: string): void {
    if (this.#closed) return;
    if (this.#touched.size === 0) this.#since = Date.now();
    this.#touched.add(path);
    this.#later(quietMilliseconds);
  }

  #later(milliseconds: number): void {
    clearTimeout(this.#timer);
    if (!this.#closed) this.#timer = setTimeout(() => this.#quiet(), milliseconds);
  }

  #quiet(): void {
    // The reading that is under way comes back here when it is done.
    if (this.#work !== undefined) return;
    const wait = waitBeforeReading(this.#touched, this.#since, Date.now(), this.#gitLock);
    if (wait > 0) {
      this.#later(wait);
      return;
    }
    const touched = this.#touched;
    this.#touched = new Set();
    this.#work = this.#reload(touched, this.#since).finally(() => {
      this.#work = undefined;
      if (this.#touched.size > 0) this.#later(quietMilliseconds);
    });
  }

  async #reload(touched: ReadonlySet<string>, since: number): Promise<void> {
    // What came and went again in between: temporary files of editors.
    const files = new Set([...touched].filter((path) => this.#files.has(path) || stampOf(path) !== undefined));
    if (files.size === 0) return;
    try {
      const loaded = await this.#files.readChanged(files);
      const change = compareLoaded(this.#loaded, loaded);
      if (isNothing(change)) return;
      await this.#options.apply(loaded, change, since);
      // Not before: what could not be deployed is still to be, with the next change.
      this.#loaded = loaded;
      if (change.added.length + change.removed.length > 0) this.#lookAgain(this.#root, secondLookMilliseconds);
    } catch (error) {
      if (error instanceof StillChanging) this.#touch(this.#root);
      else if (stampOf(this.#root) === undefined) await this.#awaitReturn(error);
      else this.#options.failed(error);
    }
  }

  /** Of a limit that is reached, each folder that cannot be watched would tell. */
  #failed(error: unknown): void {
    const reason = error instanceof Error ? error.message.replace(/'[^']*'/g, '') : String(error);
    if (this.#failures.has(reason)) return;
    this.#failures.add(reason);
    this.#options.failed(error);
  }

  #lookAgain(path: string, milliseconds: number): void {
    setTimeout(() => this.#touch(path), milliseconds).unref();
  }

  /** The directory itself is gone, as when a branch without it is checked out: watched anew when it is back. */
  async #awaitReturn(error: unknown): Promise<void> {
    this.#options.failed(error);
    await this.#watcher?.close();
    while (!this.#closed && stampOf(this.#root) === undefined) {
      await new Promise((done) => setTimeout(done, absentMilliseconds));
    }
    if (this.#closed) return;
    await this.#watch();
    this.#touch(this.#root);
  }
}

function watchedPath(details: unknown): string | undefined {
  const path = typeof details === 'object' && details !== null && 'watchedPath' in details ? details.watchedPath : '';
  return typeof path === 'string' && path !== '' ? path : undefined;
}

/** As bundles are looked for: nothing in hidden folders and `node_modules`, of what lies below the watched paths. */
function isIgnored(path: string, roots: readonly string[]): boolean {
  const root = roots.find((one) => path === one || path.startsWith(one + sep));
  if (root === undefined) return false;
  const below = relative(root, path);
  return below !== '' && below.split(sep).some((part) => part.startsWith('.') || part === 'node_modules');
}
