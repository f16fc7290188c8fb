import { stat } from 'node:fs/promises';
import { Diagnostics, wholeFile } from '../diagnostic.ts';
import { reportEmpty, unpack } from './archive.ts';
import { loadBundleBriefly } from './brief-reading.ts';
import { checkDeployments, withoutDuplicates } from './bundle-set.ts';
import { chooseEnvironment } from './choose-environment.ts';
import { linkHint, linkMessages, listDirectory, type RefusedLink, shown } from './directory.ts';
import type { Environment } from './environment.ts';
import { arrange, type FoundBundle, type FoundFile, type Layout, readBundleFiles } from './layout.ts';
import { type LoadedBundle, loadBundle } from './read-bundle.ts';

export { readArchive } from './archive.ts';
export type { BundleFiles, LoadedBundle } from './read-bundle.ts';
export { loadBundle } from './read-bundle.ts';

export interface Loaded {
  readonly bundles: readonly LoadedBundle[];
  readonly environment: Environment;
  /** Findings that belong to no bundle: environment files, duplicates, unreadable zips. */
  readonly diagnostics: Diagnostics;
}

export interface LoadOptions {
  /** The environment to read; default: the only one there is, else `local`. */
  readonly environment?: string | undefined;
  /** From so many bundles on, proxies are read briefly (`LoadedBundle.isBrief`); default: never. */
  readonly briefFrom?: number | undefined;
}

/** What lies at a path, sorted out; contents of bundles not read yet. */
export interface Found {
  readonly path: string;
  readonly layout: Layout;
  /** Links in bundles that were not followed. */
  readonly links: ReadonlyMap<FoundBundle, readonly RefusedLink[]>;
  /** Unreadable zips, refused links. */
  readonly diagnostics: Diagnostics;
}

/**
 * Reads all bundles of a directory, a bundle folder or a zip, and the environment they run in.
 * @throws Error with code ENOENT when there is nothing at `path`
 */
export async function load(path: string, options: LoadOptions = {}): Promise<Loaded> {
  const found = await find(path);
  const { bundles: all } = found.layout;
  const isBrief = all.length >= (options.briefFrom ?? Number.POSITIVE_INFINITY);
  const read = isBrief ? loadBundleBriefly : loadBundle;
  const bundles = all.map((one) => read({ ...readBundleFiles(one), refusedLinks: found.links.get(one) ?? [] }));
  return assemble(found, bundles, options);
}

/** @throws Error with code ENOENT when there is nothing at `path` */
export async function find(path: string): Promise<Found> {
  const diagnostics = new Diagnostics();
  const isFile = (await stat(path)).isFile();
  const listing = isFile
    ? { files: (await unpack(path, shown(path), diagnostics)) ?? [], refusedLinks: [] }
    : listDirectory(path);
  const layout = arrange([...listing.files, ...(await zipContents(arrange(listing.files), diagnostics))]);
  if (layout.bundles.length === 0 && diagnostics.errorCount === 0) {
    if (isFile) reportEmpty(listing.files, shown(path), diagnostics);
    else reportNothing(path, diagnostics);
  }
  return { path, layout, links: placeLinks(listing.refusedLinks, layout, diagnostics), diagnostics };
}

/** Reads the files of one bundle. */
export function loadFound(found: FoundBundle, refusedLinks: readonly RefusedLink[] = []): LoadedBundle {
  return loadBundle({ ...readBundleFiles(found), refusedLinks });
}

/** Bundles that were read, in path order, together with their environment, which is read here. */
export function assemble(found: Found, bundles: readonly LoadedBundle[], options: LoadOptions = {}): Loaded {
  const diagnostics = new Diagnostics();
  diagnostics.list.push(...found.diagnostics.list);
  const loaded = chooseEnvironment(found.layout, options.environment, shown(found.path), diagnostics);
  const kept = withoutDuplicates(bundles, diagnostics);
  checkDeployments(kept, loaded, diagnostics);
  return { bundles: kept, environment: loaded.environment, diagnostics };
}

/** Files of the zips that lie in a directory, as if each zip were a folder. Zips in a zip are left alone. */
async function zipContents(layout: Layout, diagnostics: Diagnostics): Promise<FoundFile[]> {
  const contents: FoundFile[] = [];
  for (const zip of layout.zips) {
    if (zip.shown.includes('.zip!/')) continue;
    const files = await unpack(zip.shown, zip.shown, diagnostics);
    if (files === undefined) continue;
    const { bundles, environments } = arrange(files);
    if (bundles.length === 0 && environments.size === 0) {
      const message = 'The zip holds no folder apiproxy/ or sharedflowbundle/ and is not read.';
      diagnostics.warning('ZH007', wholeFile(zip.shown), message, 'Move it elsewhere if it is no bundle.');
      continue;
    }
    for (const file of files) contents.push({ ...file, path: `${zip.path}/${file.path}` });
  }
  return contents;
}

/** A refused link in a bundle keeps the bundle from being deployed; one elsewhere hides nothing but itself. */
function placeLinks(
  links: readonly RefusedLink[],
  layout: Layout,
  diagnostics: Diagnostics,
): Map<FoundBundle, RefusedLink[]> {
  const placed = new Map<FoundBundle, RefusedLink[]>();
  for (const link of links) {
    const bundle = layout.bundles.find((one) => link.path.startsWith(`${one.path}/`));
    if (bundle === undefined) {
      diagnostics.warning('ZH005', wholeFile(link.shown), `${linkMessages[link.reason]}.`, linkHint);
      continue;
    }
    placed.set(bundle, [...(placed.get(bundle) ?? []), link]);
  }
  return placed;
}

function reportNothing(path: string, diagnostics: Diagnostics): void {
  const message =
    'There is no bundle here: no folder apiproxy/ or sharedflowbundle/ with XML files, and no zip of one.';
  diagnostics.warning('ZH007', wholeFile(shown(path)), message, 'Give the directory that holds your bundles.');
}
