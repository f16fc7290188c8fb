import type { BundleKind } from './bundle.ts';
import type { BundleFiles } from './read-bundle.ts';

/** A file in a directory or a zip. */
export interface FoundFile {
  /** Path below the directory or within the zip, with `/`. */
  readonly path: string;
  /** Path shown to the author. */
  readonly shown: string;
  read(): Uint8Array;
}

/** Files sorted out by what they belong to. */
export interface Layout {
  /** In path order. */
  readonly bundles: readonly FoundBundle[];
  /** Files below `environments/ENV/`, by environment, then by path below it; of two with one path the first. */
  readonly environments: ReadonlyMap<string, ReadonlyMap<string, FoundFile>>;
  /** Files of an environment whose path was taken already: first one, this one. */
  readonly repeated: readonly (readonly [FoundFile, FoundFile])[];
  /** JSON files below `src/tests/`. */
  readonly tests: readonly FoundFile[];
  readonly zips: readonly FoundFile[];
}

export interface FoundBundle {
  readonly kind: BundleKind;
  /** Path of its folder below the directory; what is inside starts with it. */
  readonly path: string;
  readonly folder: string;
  /** By path below the bundle's folder. */
  readonly files: ReadonlyMap<string, FoundFile>;
}

export function readBundleFiles(bundle: FoundBundle): BundleFiles {
  const files = new Map<string, Uint8Array>();
  for (const [name, file] of bundle.files) files.set(name, file.read());
  return { kind: bundle.kind, folder: bundle.folder, files };
}

/** Whether a file of this path below an `apiproxy` folder makes it a bundle: a code package of that name is none. */
const bundleContent = /^(?:[^/]+\.xml|(?:proxies|targets|policies|sharedflows|resources)\/.+)$/i;

/** JSON files that make a folder below `environments/` an environment; Terraform and others use that name too. */
const environmentContent = /^(?:[A-Za-z]+\.json|(?:resources|propertysets)\/.+)$/;

/**
 * Sorts out files by the layouts that exist: bundle folders at any depth, workspaces, zips of either. A bundle is not
 * searched inside.
 */
export function arrange(files: Iterable<FoundFile>): Layout {
  const all = [...files].filter((file) => !isHidden(file.path));
  const bundlePaths = new Set(all.map((file) => bundlePath(file.path)).filter((path) => path !== undefined));
  const bundles = new Map<string, FoundBundle & { files: Map<string, FoundFile> }>();
  const environments = new Map<string, Map<string, FoundFile>>();
  const repeated: [FoundFile, FoundFile][] = [];
  const tests: FoundFile[] = [];
  const zips: FoundFile[] = [];
  for (const file of all) {
    const folder = outermost(file.path, bundlePaths);
    if (folder !== undefined) {
      const name = file.path.slice(folder.length + 1);
      let bundle = bundles.get(folder);
      if (bundle === undefined) {
        bundle = { kind: kindOf(folder), path: folder, folder: withoutEnd(file.shown, name), files: new Map() };
        bundles.set(folder, bundle);
      }
      bundle.files.set(name, file);
      continue;
    }
    const inEnvironment = /(?:^|\/)environments\/([^/]+)\/(.+)$/.exec(file.path);
    const [, environment, name] = inEnvironment ?? [];
    if (environment !== undefined && name !== undefined) put(environments, environment, name, file, repeated);
    else if (/\.zip$/i.test(file.path)) zips.push(file);
    else if (/(?:^|\/)src\/tests\/.*\.json$/.test(file.path)) tests.push(file);
  }
  for (const [environment, content] of environments) {
    if (![...content.keys()].some((name) => environmentContent.test(name))) environments.delete(environment);
  }
  const inOrder = [...bundles.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  return { bundles: inOrder, environments, repeated, tests, zips };
}

function put(
  environments: Map<string, Map<string, FoundFile>>,
  environment: string,
  name: string,
  file: FoundFile,
  repeated: [FoundFile, FoundFile][],
): void {
  let content = environments.get(environment);
  if (content === undefined) {
    content = new Map();
    environments.set(environment, content);
  }
  const first = content.get(name);
  if (first === undefined) content.set(name, file);
  else repeated.push([first, file]);
}

function isHidden(path: string): boolean {
  return path.split('/').some((part) => /^\.(?!\.?$)/.test(part) || part === 'node_modules' || part === '__MACOSX');
}

/** The bundle folder that a file of this path would make one. */
function bundlePath(path: string): string | undefined {
  for (const match of path.matchAll(/(?:^|\/)(?:apiproxy|sharedflowbundle)\//g)) {
    const end = match.index + match[0].length;
    if (bundleContent.test(path.slice(end))) return path.slice(0, end - 1);
  }
  return undefined;
}

function outermost(path: string, folders: ReadonlySet<string>): string | undefined {
  for (const match of path.matchAll(/(?:^|\/)(?:apiproxy|sharedflowbundle)(?=\/)/g)) {
    const folder = path.slice(0, match.index + match[0].length);
    if (folders.has(folder)) return folder;
  }
  return undefined;
}

function kindOf(folder: string): BundleKind {
  return folder.endsWith('apiproxy') ? 'apiproxy' : 'sharedflowbundle';
}

function withoutEnd(path: string, end: string): string {
  return path.slice(0, -end.length - 1);
}
