import type { BundleKind } from '../bundle/bundle.ts';
import { withoutDuplicates } from '../bundle/bundle-set.ts';
import { readBundleFiles } from '../bundle/layout.ts';
import { find, loadFound } from '../bundle/load.ts';
import { packBundle } from '../bundle/pack.ts';
import { readOrFail } from '../bundle/read-or-fail.ts';
import type { Diagnostics } from '../diagnostic.ts';
import { CommandFailure } from '../settings.ts';

/** A bundle as it is uploaded. */
export interface Packed {
  readonly kind: BundleKind;
  readonly name: string;
  /** Path of its apiproxy or sharedflowbundle folder, as shown to the author. */
  readonly folder: string;
  readonly zip: Uint8Array;
}

/**
 * All bundles at the paths, shared flows first: proxies may call them.
 * @throws CommandFailure when there is nothing at a path, or no bundle
 */
export async function packAll(paths: readonly string[], diagnostics: Diagnostics): Promise<Packed[]> {
  const loaded = [];
  const zips = new Map<string, Uint8Array>();
  for (const path of paths) {
    const found = await readOrFail(path, find);
    diagnostics.list.push(...found.diagnostics.list);
    if (found.layout.bundles.length === 0 && found.diagnostics.errorCount === 0) {
      throw new CommandFailure(`${path} holds no bundle: no folder apiproxy/ or sharedflowbundle/, and no zip of one.`);
    }
    for (const bundle of found.layout.bundles) {
      zips.set(bundle.folder, packBundle(readBundleFiles(bundle)));
      const one = loadFound(bundle, found.links.get(bundle));
      // What is not in the zip, the server cannot miss.
      const links = one.diagnostics.list.filter((finding) => finding.code === 'ZH005');
      if (links.length === 0) loaded.push(one);
      else diagnostics.list.push(...links);
    }
  }
  const kept = withoutDuplicates(loaded, diagnostics).map(({ bundle: { kind, name, folder } }) => {
    return { kind, name, folder, zip: zips.get(folder) ?? new Uint8Array() };
  });
  return [...kept.filter((one) => one.kind === 'sharedflowbundle'), ...kept.filter((one) => one.kind === 'apiproxy')];
}
