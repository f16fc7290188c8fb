import { stat } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import { type Entry, fromBufferPromise, openPromise, type ZipFile } from 'yauzl';
import { type Diagnostics, wholeFile } from '../diagnostic.ts';
import { arrange, type FoundFile, readBundleFiles } from './layout.ts';
import type { BundleFiles } from './read-bundle.ts';

/** Limits of a zip. Apigee: limits, 15 MB for a bundle; the others are zerohop's choice. */
const limits = {
  compressed: 15 * 1024 * 1024,
  unpacked: 100 * 1024 * 1024,
  entries: 20_000,
  /** Unpacked to compressed size, for entries of more than a megabyte. Repetitive XML stays below 100. */
  ratio: 200,
};

/** The bundles in a zip; none when it cannot be taken, which is reported. */
export async function readArchive(
  zip: string | Buffer,
  shownName: string,
  diagnostics: Diagnostics,
): Promise<BundleFiles[]> {
  const files = await unpack(zip, shownName, diagnostics);
  if (files === undefined) return [];
  const { bundles } = arrange(files);
  if (bundles.length === 0) reportEmpty(files, shownName, diagnostics);
  return bundles.map(readBundleFiles);
}

/** All files of a zip, all or nothing: undefined when anything in it is refused, which is reported. */
export async function unpack(
  zip: string | Buffer,
  shownName: string,
  diagnostics: Diagnostics,
): Promise<FoundFile[] | undefined> {
  try {
    const size = typeof zip === 'string' ? (await stat(zip)).size : zip.length;
    if (size > limits.compressed) throw new Refusal(`It is larger than ${limits.compressed / 1024 / 1024} MB.`);
    return await entriesOf(typeof zip === 'string' ? await openPromise(zip) : await fromBufferPromise(zip), shownName);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const reason = error instanceof Refusal ? error.message : `It cannot be read: ${error.message}.`;
    diagnostics.error('ZH006', wholeFile(shownName), `The zip is refused. ${reason}`, 'Nothing of it was taken.');
    return undefined;
  }
}

/** Why a zip is not taken. */
class Refusal extends Error {}

async function entriesOf(zip: ZipFile, shownName: string): Promise<FoundFile[]> {
  const files = new Map<string, FoundFile>();
  let total = 0;
  try {
    if (zip.entryCount > limits.entries) throw new Refusal(`It has more than ${limits.entries} entries.`);
    for await (const entry of zip.eachEntry()) {
      const path = safeName(entry);
      if (path.endsWith('/')) continue;
      if (files.has(path)) throw new Refusal(`It holds "${path}" twice.`);
      total += entry.uncompressedSize;
      if (total > limits.unpacked) throw new Refusal(`It unpacks to more than ${limits.unpacked / 1024 / 1024} MB.`);
      const bytes = await contentOf(zip, entry, path);
      files.set(path, { path, shown: `${shownName}!/${path}`, read: () => bytes });
    }
  } finally {
    zip.close();
  }
  return [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The entry's path, backslashes of Windows tools turned; a path that leads out of the zip is refused. */
function safeName(entry: Entry): string {
  const path = entry.fileName.replaceAll('\\', '/').replace(/^(\.\/)+/, '');
  const parts = path.split('/');
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) throw new Refusal(`"${entry.fileName}" is an absolute path.`);
  if (parts.includes('..')) throw new Refusal(`"${entry.fileName}" leads out of the zip.`);
  if (path === '' || path.includes('\0')) throw new Refusal('An entry has no usable name.');
  // Upper half of the external attributes: the Unix mode, when the zip was made on Unix.
  if (entry.versionMadeBy >> 8 === 3 && ((entry.externalFileAttributes >>> 16) & 0o170000) === 0o120000) {
    throw new Refusal(`"${entry.fileName}" is a symbolic link.`);
  }
  return path;
}

async function contentOf(zip: ZipFile, entry: Entry, path: string): Promise<Buffer> {
  if (entry.isEncrypted()) throw new Refusal(`"${path}" is encrypted.`);
  if (!entry.canDecodeFileData()) throw new Refusal(`"${path}" is compressed in a way that is not known here.`);
  if (entry.uncompressedSize > 1024 * 1024 && entry.uncompressedSize > limits.ratio * entry.compressedSize) {
    throw new Refusal(`"${path}" unpacks to more than ${limits.ratio} times its size.`);
  }
  const bytes = await buffer(await zip.openReadStreamPromise(entry));
  if (crc32(bytes) !== entry.crc32) throw new Refusal(`"${path}" is damaged: its checksum does not fit.`);
  return bytes;
}

/** A zip without a bundle: most often its files were packed without the folder they belong in. */
export function reportEmpty(files: readonly FoundFile[], shownName: string, diagnostics: Diagnostics): void {
  const bare = files.some((file) => /^(?:[^/]+\/)?(?:proxies|policies|targets|sharedflows)\//.test(file.path));
  const hint = bare
    ? 'Pack the folder apiproxy itself, not what is in it.'
    : 'A bundle is a folder apiproxy/ or sharedflowbundle/ with its XML files.';
  const message = 'The zip holds no folder apiproxy/ or sharedflowbundle/.';
  diagnostics.error('ZH007', wholeFile(shownName), message, hint);
}
