import { createHash } from 'node:crypto';

/** SHA-256 over names and contents, hex. Lengths are part of it, so that no two sets of files read the same. */
export function digestOf(files: Iterable<readonly [name: string, bytes: Uint8Array]>): string {
  const hash = createHash('sha256');
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  for (const [name, bytes] of sorted) hash.update(`${name.length}:${name}${bytes.length}:`).update(bytes);
  return hash.digest('hex');
}
