import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Bundle } from '../bundle/bundle.ts';
import { find, loadFound } from '../bundle/load.ts';
import { nearest } from '../diagnostic.ts';
import { CommandFailure, UsageError } from '../settings.ts';
import { bundleFiles, type Kind } from './new-files.ts';

export interface NewOptions {
  readonly chain?: string;
  readonly target?: string;
  readonly basePath?: string;
  readonly directory?: string;
}

/** Folders that bundles usually lie in, most telling first; `bundles` is made when there is none. */
const usualFolders = ['src/main/apigee/apiproxies', 'apiproxies', 'bundles'] as const;

/** Writes a proxy bundle that works as it is. Nothing that is there is written over. */
export async function createBundle(name: string, options: NewOptions): Promise<void> {
  const kind = kindOf(name, options);
  const directory = options.directory ?? usualFolders.find((folder) => existsSync(folder)) ?? 'bundles';
  const folder = join(directory, name);
  const basePath = options.basePath ?? `/${name}`;
  if (existsSync(folder)) throw new CommandFailure(`${folder} is there already and is left as it is.`);
  const others = existsSync(directory) ? await bundlesIn(directory) : [];
  checkFree(name, basePath, others);
  for (const [path, text] of bundleFiles(name, basePath, kind)) {
    const file = join(folder, 'apiproxy', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { flag: 'wx' });
    process.stdout.write(`${file}\n`);
  }
  if (options.chain !== undefined) warnOfMissing(options.chain, directory, others);
  process.stderr.write(`\nServe it with "zerohop dev ${directory}", then: curl http://127.0.0.1:8998${basePath}\n`);
}

/** @throws UsageError */
function kindOf(name: string, { chain, target, basePath }: NewOptions): Kind {
  if (!/^[A-Za-z0-9_-]+$/.test(name)) {
    throw new UsageError(`"${name}" is no name for a proxy; use letters, digits, "-" and "_".`);
  }
  if (basePath !== undefined && !/^\/[^\s<>&"?#]*$/.test(basePath)) {
    throw new UsageError(`--base-path is "${basePath}"; write a path such as /${name}.`);
  }
  if (chain !== undefined && target !== undefined) {
    throw new UsageError('--chain and --target exclude each other: a route leads to one target.');
  }
  if (target !== undefined && !isHttpUrl(target)) {
    throw new UsageError(`--target is "${target}"; write a URL such as https://example.com/api.`);
  }
  if (chain !== undefined && !/^[A-Za-z0-9_-]+$/.test(chain)) {
    throw new UsageError(`--chain is "${chain}"; write the name of a proxy.`);
  }
  if (chain !== undefined) return { kind: 'chain', proxy: chain };
  return target === undefined ? { kind: 'alone' } : { kind: 'target', url: target };
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

async function bundlesIn(directory: string): Promise<Bundle[]> {
  const found = await find(directory);
  return found.layout.bundles.map((one) => loadFound(one).bundle);
}

function checkFree(name: string, basePath: string, others: readonly Bundle[]): void {
  const same = others.find((one) => one.kind === 'apiproxy' && one.name === name);
  if (same !== undefined) throw new CommandFailure(`${same.folder} is a proxy named "${name}" already.`);
  for (const other of others) {
    const taken = other.proxyEndpoints.some(
      ({ config }) =>
        (config.HTTPProxyConnection.BasePath?.text ?? '/').replace(/\/$/, '') === basePath.replace(/\/$/, ''),
    );
    if (taken) {
      const hint = 'Choose another one with --base-path /PATH.';
      throw new CommandFailure(`Base path ${basePath} belongs to proxy "${other.name}" (${other.folder}). ${hint}`);
    }
  }
}

function warnOfMissing(chain: string, directory: string, others: readonly Bundle[]): void {
  const names = others.filter((one) => one.kind === 'apiproxy').map((one) => one.name);
  if (names.includes(chain)) return;
  const [best] = nearest(chain, names);
  const hint = best === undefined ? 'Until it is there, calls answer 404.' : `Did you mean "${best}"?`;
  process.stderr.write(`There is no proxy "${chain}" in ${directory}. ${hint}\n`);
}
