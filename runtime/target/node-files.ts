import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { unpack } from '../bundle/archive.ts';
import type { Resource } from '../bundle/bundle.ts';
import { Diagnostics } from '../diagnostic.ts';

/** The files of a Node.js application, where Node.js can find them. */
export interface NodeFiles {
  readonly folder: string;
  remove(): void;
}

/** What `require('apigee-access')` gives: made by the process itself before the application starts. */
const accessModule = "module.exports = globalThis[Symbol.for('zerohop.apigee-access')];\n";

/**
 * Writes resources of type node to a new folder. A zip is unpacked beside the other files: `node_modules.zip` holds a
 * folder `node_modules`. Apigee Edge: adding Node.js to an existing API proxy.
 * @throws Error for a zip that is refused
 */
export async function writeNodeFiles(resources: readonly Resource[]): Promise<NodeFiles> {
  const folder = mkdtempSync(join(tmpdir(), 'zerohop-node-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    for (const { name, bytes, file } of resources) {
      if (name.endsWith('.zip')) await unpackInto(folder, Buffer.from(bytes), file);
      else writeInto(folder, name, bytes);
    }
    writeInto(folder, 'node_modules/apigee-access/index.js', accessModule);
  } catch (error) {
    remove();
    throw error;
  }
  return { folder, remove };
}

async function unpackInto(folder: string, zip: Buffer, shownName: string): Promise<void> {
  const diagnostics = new Diagnostics();
  const files = await unpack(zip, shownName, diagnostics);
  if (files === undefined) throw new Error(diagnostics.list[0]?.message ?? `${shownName} cannot be read`);
  for (const { path, read } of files) writeInto(folder, path, read());
}

/** Names were checked when the bundle was read: none leads out of its folder. */
function writeInto(folder: string, name: string, content: string | Uint8Array): void {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
