import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import type { FoundFile } from './layout.ts';

/** What a directory holds, contents not read yet. Links that lead out of it are not followed. */
export interface Listing {
  /** In path order. */
  readonly files: readonly FoundFile[];
  /** Links that were not followed, and why. */
  readonly refusedLinks: readonly RefusedLink[];
}

export interface RefusedLink {
  /** Path below the directory. */
  readonly path: string;
  readonly shown: string;
  readonly reason: 'outside' | 'missing' | 'loop';
}

export const linkMessages: Readonly<Record<RefusedLink['reason'], string>> = {
  outside: 'The link leads out of the bundle directory and is not followed',
  missing: 'The link leads to nothing',
  loop: 'The link leads in a circle and is not followed',
};
export const linkHint = 'Replace it with the file or folder itself.';

/** Folders deeper than this are not entered; only links in circles get there. */
const depthLimit = 40;

/**
 * All files below a directory but those in `node_modules` and hidden folders. Reading is synchronous: it happens at
 * start and on reload, where a thousand small reads one after the other are several times cheaper than as promises.
 * A directory named like a bundle keeps its name in the paths, so that it is recognized.
 */
export function listDirectory(directory: string): Listing {
  const root = resolve(directory);
  const name = basename(root);
  const prefix = name === 'apiproxy' || name === 'sharedflowbundle' ? `${name}/` : '';
  const walk = new Walk(root);
  walk.folder(root, prefix, 0);
  for (const [number, above] of environmentsAbove(root).entries())
    walk.folder(above, `${'../'.repeat(number + 1)}environments/`, 0);
  return walk;
}

/** `environments` folders beside the ancestors of a path, nearest first; not past the top of a repository. */
export function environmentsAbove(root: string): string[] {
  const found: string[] = [];
  let folder = root;
  for (let level = 0; level < 4 && !exists(join(folder, '.git')); level++) {
    const above = dirname(folder);
    if (above === folder) break;
    folder = above;
    const candidate = join(folder, 'environments');
    if (exists(candidate) && statSync(candidate).isDirectory()) found.push(candidate);
  }
  return found;
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

class Walk implements Listing {
  readonly files: FoundFile[] = [];
  readonly refusedLinks: RefusedLink[] = [];
  readonly #realRoot: string;

  constructor(root: string) {
    this.#realRoot = realpathSync(root);
  }

  folder(folder: string, prefix: string, depth: number): void {
    const entries = readdirSync(folder, { withFileTypes: true });
    entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    for (const entry of entries) {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
      const path = join(folder, entry.name);
      const below = prefix + entry.name;
      if (entry.isSymbolicLink()) this.#link(path, below, depth);
      else if (entry.isDirectory()) this.#enter(path, below, depth);
      else if (entry.isFile()) this.#file(path, below);
    }
  }

  #link(path: string, below: string, depth: number): void {
    const target = statSync(path, { throwIfNoEntry: false });
    if (target === undefined) {
      this.#refuse(path, below, 'missing');
      return;
    }
    const real = realpathSync(path);
    if (!isWithin(real, this.#realRoot)) this.#refuse(path, below, 'outside');
    else if (target.isFile()) this.#file(path, below);
    else if (isWithin(realpathSync(dirname(path)), real)) this.#refuse(path, below, 'loop');
    else if (target.isDirectory()) this.#enter(path, below, depth);
  }

  #enter(path: string, below: string, depth: number): void {
    if (depth >= depthLimit) this.#refuse(path, below, 'loop');
    else this.folder(path, `${below}/`, depth + 1);
  }

  #file(path: string, below: string): void {
    this.files.push({ path: below, shown: shown(path), read: () => readFileSync(path) });
  }

  #refuse(path: string, below: string, reason: RefusedLink['reason']): void {
    this.refusedLinks.push({ path: below, shown: shown(path), reason });
  }
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** A path as the author would write it: relative to the working directory when it lies below it. */
export function shown(path: string): string {
  const below = relative(process.cwd(), path);
  return below === '' || below.startsWith('..') ? path : below;
}
