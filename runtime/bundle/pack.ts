import { type Zippable, zipSync } from 'fflate';
import type { BundleFiles } from './read-bundle.ts';

/** No time in a zip: the same files make the same zip. */
const noTime = new Date(1980, 0, 1);

/** A bundle as a zip, with `apiproxy/` or `sharedflowbundle/` at its root. */
export function packBundle({ kind, files }: BundleFiles): Uint8Array {
  return packFiles([...files].map(([name, bytes]) => [`${kind}/${name}`, bytes]));
}

export function packFiles(files: Iterable<readonly [path: string, bytes: Uint8Array]>): Uint8Array {
  const content: Zippable = {};
  for (const [path, bytes] of files) content[path] = [bytes, { mtime: noTime }];
  return zipSync(content);
}
