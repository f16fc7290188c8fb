import type { BundleFiles } from './read-bundle.ts';

/** The files of a bundle in one piece of memory outside the heap: thousands of bundles are kept that way. */
export interface PackedFiles {
  readonly kind: BundleFiles['kind'];
  readonly folder: string;
  /** A line of JSON, `[[name, length], ...]`, and behind it the contents in that order. */
  readonly bytes: Buffer;
}

export function pack({ kind, folder, files }: BundleFiles): PackedFiles {
  const list = JSON.stringify([...files].map(([name, content]) => [name, content.length]));
  return { kind, folder, bytes: Buffer.concat([Buffer.from(`${list}\n`), ...files.values()]) };
}

export function unpackFiles({ kind, folder, bytes }: PackedFiles): BundleFiles {
  let at = bytes.indexOf('\n') + 1;
  const list = JSON.parse(bytes.toString('utf8', 0, at)) as [name: string, length: number][];
  const files = new Map<string, Uint8Array>();
  for (const [name, length] of list) {
    files.set(name, bytes.subarray(at, at + length));
    at += length;
  }
  return { kind, folder, files };
}
