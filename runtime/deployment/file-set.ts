import { resolve } from 'node:path';
import { digestOf } from '../bundle/digest.ts';
import type { RefusedLink } from '../bundle/directory.ts';
import type { Environment } from '../bundle/environment.ts';
import { type FoundBundle, type FoundFile, readBundleFiles } from '../bundle/layout.ts';
import {
  assemble,
  type Found,
  find,
  type Loaded,
  type LoadedBundle,
  type LoadOptions,
  loadBundle,
} from '../bundle/load.ts';
import { type Diagnostic, Diagnostics } from '../diagnostic.ts';
import { type Stamp, stampOf } from './settle.ts';

/** A bundle as it was last read. */
interface Known {
  readonly loaded: LoadedBundle;
  /** What reading alone found: compiling adds to the diagnostics of a loaded bundle. */
  readonly found: readonly Diagnostic[];
  /** By absolute path of the file, or of the zip it lies in. */
  readonly stamps: ReadonlyMap<string, Stamp>;
  readonly links: string;
}

/** Times files are read because they were written to meanwhile. */
const attempts = 5;

/** A bundle was written to each time it was read: there will be an event that makes us come back. */
export class StillChanging extends Error {}

/**
 * What is known of a bundle directory: reads again only what changed. A bundle whose files changed while they were read
 * is read again, so that no half of one version meets half of another.
 */
export class FileSet {
  readonly #path: string;
  readonly #options: LoadOptions;
  #found: Found | undefined;
  /** By path below the directory. */
  #known = new Map<string, Known>();
  /** Absolute paths of all files that were listed, and the bundle each belongs to. */
  #files = new Map<string, FoundBundle | undefined>();
  /** By folder; until the first reading is done. */
  #first: ReadonlyMap<string, LoadedBundle>;
  /** As it was last read without a mistake. */
  #environment: Environment | undefined;

  /** @param first what was read of that path before, so that it is not parsed again */
  constructor(path: string, options: LoadOptions, first: Loaded) {
    this.#path = path;
    this.#options = options;
    this.#first = new Map(first.bundles.map((one) => [one.bundle.folder, one]));
  }

  /** Whether a file, by absolute path, is one of those that were listed. */
  has(file: string): boolean {
    return this.#files.has(file);
  }

  /** Lists everything, and reads what changed. @throws StillChanging, Error with code ENOENT */
  readAll(): Promise<Loaded> {
    return this.#attempt(async () => {
      const found = withKeptZips(await find(this.#path), this.#found);
      const known = new Map<string, Known>();
      for (const bundle of found.layout.bundles) known.set(bundle.path, this.#read(bundle, found.links.get(bundle)));
      this.#found = found;
      this.#known = known;
      this.#first = new Map();
      this.#files = filesOf(found);
      return this.#assemble(found);
    });
  }

  /** Reads what changed of some files. @throws StillChanging, Error with code ENOENT */
  readChanged(files: ReadonlySet<string>): Promise<Loaded> {
    const found = this.#found;
    const listed = [...files].every((file) => this.#files.has(file) && !isZip(file) && stampOf(file) !== undefined);
    if (found === undefined || !listed) return this.readAll();
    return this.#attempt(() => {
      for (const bundle of new Set([...files].map((file) => this.#files.get(file)))) {
        if (bundle !== undefined) this.#known.set(bundle.path, this.#read(bundle, found.links.get(bundle)));
      }
      return this.#assemble(found);
    });
  }

  #assemble(found: Found): Loaded {
    const bundles = found.layout.bundles.flatMap((bundle) => {
      const known = this.#known.get(bundle.path);
      return known === undefined ? [] : [fresh(known)];
    });
    const around = [...environmentFiles(found), ...found.layout.tests];
    const { read: loaded } = wholeRead(around, () => assemble(found, bundles, this.#options));
    const files = new Set(around.map((file) => file.shown));
    // A bundle that a list names and that is not there (ZH056) says nothing against what else was read.
    const isFaulty = loaded.diagnostics.list.some(
      ({ severity, code, file }) => severity === 'error' && code !== 'ZH056' && files.has(file),
    );
    if (isFaulty && this.#environment !== undefined) return { ...loaded, environment: this.#environment };
    this.#environment = loaded.environment;
    return loaded;
  }

  #read(bundle: FoundBundle, links: readonly RefusedLink[] = []): Known {
    const before = this.#known.get(bundle.path);
    const linkText = JSON.stringify(links);
    const files = [...bundle.files.values()];
    // What lies in a zip was read when the zip was.
    const isPacked = files.some((file) => isZip(absolute(file)));
    if (!isPacked && before?.links === linkText && sameStamps(before.stamps, stampsOf(files))) return before;
    const { read, stamps } = wholeRead(isPacked ? [] : files, () => {
      const content = readBundleFiles(bundle);
      const first = this.#first.get(bundle.folder);
      // Compiling has added its findings to what was read; without any there is nothing to tell apart.
      const isSame = first?.diagnostics.list.length === 0 && first.bundle.digest === digestOf(content.files);
      return isSame ? first : loadBundle({ ...content, refusedLinks: links });
    });

    const isFaulty = read.diagnostics.errorCount > 0;
    // The name may stand in the very file that cannot be read now: the bundle is still the one that serves.
    const name = isFaulty && before !== undefined ? before.loaded.bundle.name : read.bundle.name;
    const loaded = { ...read, bundle: { ...read.bundle, name } };
    return { loaded, found: [...read.diagnostics.list], stamps, links: linkText };
  }

  /** Files that vanish between listing and reading: look again. */
  async #attempt<R>(read: () => R | Promise<R>): Promise<R> {
    try {
      return await read();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' && stampOf(this.#path) !== undefined)
        throw new StillChanging('Files vanished while they were read', { cause: error });
      throw error;
    }
  }
}

/** A copy that compiling may add its findings to. */
function fresh({ loaded, found }: Known): LoadedBundle {
  const diagnostics = new Diagnostics();
  diagnostics.list.push(...found);
  return { ...loaded, diagnostics };
}

/** The bundles of a zip that cannot be read now stay as they were. */
function withKeptZips(found: Found, before: Found | undefined): Found {
  const refused = found.layout.zips.filter(({ shown }) =>
    found.diagnostics.list.some((one) => one.severity === 'error' && one.file === shown),
  );
  const kept = refused.flatMap(
    ({ shown }) => before?.layout.bundles.filter((bundle) => bundle.folder.startsWith(`${shown}!/`)) ?? [],
  );
  return { ...found, layout: { ...found.layout, bundles: [...found.layout.bundles, ...kept] } };
}

function environmentFiles({ layout }: Found): FoundFile[] {
  return [...layout.environments.values()].flatMap((files) => [...files.values()]);
}

function filesOf(found: Found): Map<string, FoundBundle | undefined> {
  const { bundles, repeated, tests, zips } = found.layout;
  const others = [...environmentFiles(found), ...repeated.map(([, second]) => second), ...tests, ...zips];
  const files = new Map<string, FoundBundle | undefined>(others.map((file) => [absolute(file), undefined]));
  for (const bundle of bundles) for (const file of bundle.files.values()) files.set(absolute(file), bundle);
  return files;
}

/** Path of the file itself, or of the zip it lies in. */
function absolute({ shown }: FoundFile): string {
  return resolve(shown.replace(/(\.zip)!\/.*$/is, '$1'));
}

function isZip(path: string): boolean {
  return /\.zip$/i.test(path);
}

/** Reads files, and again when one of them was written to meanwhile. @throws StillChanging */
function wholeRead<R>(
  files: readonly FoundFile[],
  read: () => R,
): { readonly read: R; readonly stamps: ReadonlyMap<string, Stamp> } {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const stamps = stampsOf(files);
    const result = read();
    if (sameStamps(stamps, stampsOf(files))) return { read: result, stamps };
  }
  throw new StillChanging(`${files[0]?.shown} and what lies beside it are written to all the time`);
}

function stampsOf(files: readonly FoundFile[]): Map<string, Stamp> {
  return new Map(files.map(absolute).map((path) => [path, stampOf(path)]));
}

function sameStamps(one: ReadonlyMap<string, Stamp>, other: ReadonlyMap<string, Stamp>): boolean {
  return one.size === other.size && [...one].every(([path, stamp]) => stamp !== undefined && other.get(path) === stamp);
}
