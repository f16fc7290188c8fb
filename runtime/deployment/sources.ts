import type { BundleKind } from '../bundle/bundle.ts';
import { readBundleFiles } from '../bundle/layout.ts';
import { find, type LoadedBundle, loadBundle, loadFound, readArchive } from '../bundle/load.ts';
import type { BundleFiles } from '../bundle/read-bundle.ts';
import { Diagnostics } from '../diagnostic.ts';
import { DeploymentRefusal } from './refusal.ts';

/** The one bundle of an upload. @throws DeploymentRefusal badArchive */
export async function readUpload(zip: Uint8Array, kind: BundleKind | undefined): Promise<BundleFiles> {
  const diagnostics = new Diagnostics();
  const all = await readArchive(Buffer.from(zip), uploadName, diagnostics);
  if (diagnostics.errorCount > 0) {
    throw new DeploymentRefusal('badArchive', diagnostics.list[0]?.message ?? '', diagnostics.list);
  }
  const bundles = all.filter((one) => kind === undefined || one.kind === kind);
  const [only, second] = bundles;
  if (only === undefined) {
    throw new DeploymentRefusal('badArchive', `The zip holds no folder ${kind}/.`);
  }
  if (second !== undefined) {
    const folders = bundles.map(({ folder }) => withoutUpload(folder)).join(', ');
    throw new DeploymentRefusal('badArchive', `The zip holds several bundles: ${folders}. Upload them one by one.`);
  }
  return { ...only, folder: withoutUpload(only.folder) };
}

/** What the files of a zip are shown as below, until the name is taken off: who sent it knows its name. */
const uploadName = 'upload.zip';

export function withoutUpload(folder: string): string {
  return folder.startsWith(`${uploadName}!/`) ? folder.slice(uploadName.length + 2) : folder;
}

/** A bundle under a name and revision that are not those it was written with. */
export function loadAs(files: BundleFiles, name: string | undefined, revision: number): LoadedBundle {
  const loaded = loadBundle(files);
  return named(loaded, name ?? loaded.bundle.name, revision);
}

export function named(loaded: LoadedBundle, name: string, revision: number): LoadedBundle {
  return { ...loaded, bundle: { ...loaded.bundle, name, revision: String(revision) } };
}

/** All base paths of a bundle begin with `prefix`. Edge: management API, deploy with a base path. */
export function withBasePath(given: LoadedBundle, prefix: string | undefined): LoadedBundle {
  if (prefix === undefined || /^\/*$/.test(prefix)) return given;
  const loaded = given.isBrief === true ? readWhole(given) : given;
  const proxyEndpoints = loaded.bundle.proxyEndpoints.map((endpoint) => {
    const { HTTPProxyConnection } = endpoint.config;
    const written = HTTPProxyConnection.BasePath;
    const text = `${prefix.replace(/\/+$/, '')}/${(written?.text ?? '').trim().replace(/^\/+/, '')}`;
    const BasePath = { at: HTTPProxyConnection.at, ...written, text };
    return { ...endpoint, config: { ...endpoint.config, HTTPProxyConnection: { ...HTTPProxyConnection, BasePath } } };
  });
  const digest = `${loaded.bundle.digest} ${prefix}`;
  return { ...loaded, bundle: { ...loaded.bundle, proxyEndpoints, digest } };
}

/** Reads a bundle of the directory again; undefined when there is none at that folder any more. */
export async function readFolder(folder: string): Promise<{ files: BundleFiles; loaded: LoadedBundle } | undefined> {
  const zip = /^(.*\.zip)!\/(.+)$/is.exec(folder)?.[1];
  try {
    const found = await find(zip ?? folder);
    const bundle = found.layout.bundles.find((one) => one.folder === folder);
    if (bundle === undefined) return undefined;
    return { files: readBundleFiles(bundle), loaded: loadFound(bundle, found.links.get(bundle)) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Gone, or taken away while it was read.
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return undefined;
    throw error;
  }
}

/** All of a bundle that was read briefly, under its name and revision. */
export function readWhole({ bundle, files }: Pick<LoadedBundle, 'bundle' | 'files'>): LoadedBundle {
  return loadAs(files, bundle.name, Number(bundle.revision));
}
