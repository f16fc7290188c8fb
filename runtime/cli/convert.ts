import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Diagnostics, Source } from '../diagnostic.ts';
import { renderDiagnostic } from '../diagnostic-text.ts';
import { CommandFailure } from '../settings.ts';
import { readApisixFile } from './convert/apisix-file.ts';
import { type ConvertedProxy, proxiesOf } from './convert/proxies.ts';
import { targetServersText } from './convert/target-servers.ts';
import { counted, hasColor } from './terminal.ts';

export interface ConvertOptions {
  readonly out: string;
  readonly environment?: string;
}

/**
 * Turns a file of APISIX routes into proxy bundles. Nothing that is there is written over.
 * @returns exit code: 0 all of it was converted, 1 something was not, and is told
 */
export async function convertApisix(file: string, options: ConvertOptions): Promise<number> {
  const diagnostics = new Diagnostics();
  const routes = readApisixFile(new Source(file, textOf(file)), diagnostics);
  const proxies = proxiesOf(routes, diagnostics);
  for (const { name } of proxies) {
    const folder = join(options.out, name);
    if (existsSync(folder)) throw new CommandFailure(`${folder} is there already and is left as it is.`);
  }
  const servers = join(options.out, 'environments', options.environment ?? 'local', 'targetservers.json');
  const table = targetServersText(existsSync(servers) ? readFileSync(servers, 'utf8') : undefined, servers, proxies);
  for (const proxy of proxies) await writeProxy(proxy, options.out);
  if (table !== undefined) await write(servers, table);
  const color = hasColor(process.stderr);
  const findings = diagnostics.list.toSorted((one, other) => one.line - other.line || one.column - other.column);
  for (const one of findings) process.stderr.write(`${renderDiagnostic(one, { color })}\n\n`);
  const left = diagnostics.list.length === 0 ? 'nothing was left out' : counted(diagnostics.list.length, 'finding');
  process.stderr.write(`${counted(routes.length, 'route')}, ${counted(proxies.length, 'proxy', 'proxies')}; ${left}\n`);
  return diagnostics.errorCount > 0 ? 1 : 0;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandFailure(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function writeProxy({ name, files }: ConvertedProxy, out: string): Promise<void> {
  for (const [path, text] of files) await write(join(out, name, 'apiproxy', path), text);
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  process.stdout.write(`${file}\n`);
}
