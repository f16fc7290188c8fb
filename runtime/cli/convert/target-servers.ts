import { CommandFailure } from '../../settings.ts';
import type { ConvertedProxy } from './proxies.ts';

interface Entry {
  readonly name: string;
}

/**
 * The target servers of an environment, those of the proxies added.
 * @param before the file as it is; undefined: there is none
 * @returns undefined when there is nothing to add
 * @throws CommandFailure when a name stands for another server already
 */
export function targetServersText(
  before: string | undefined,
  file: string,
  proxies: readonly ConvertedProxy[],
): string | undefined {
  const entries = new Map(readEntries(before, file).map((entry) => [entry.name, entry]));
  const known = entries.size;
  for (const { name, host, port, tls } of proxies.flatMap((proxy) => proxy.servers)) {
    const sSLInfo = tls && { enabled: true, ...(tls.verifies ? {} : { ignoreValidationErrors: true }) };
    const entry = { name, host, port, isEnabled: true, ...(sSLInfo === undefined ? {} : { sSLInfo }) };
    const other = entries.get(name);
    if (other === undefined) entries.set(name, entry);
    else if (JSON.stringify(other) !== JSON.stringify(entry)) {
      throw new CommandFailure(`${file} has another target server "${name}" already; rename it, or use another --out.`);
    }
  }
  if (entries.size === known) return undefined;
  const lines = [...entries.values()].map((entry) => `  ${JSON.stringify(entry)}`);
  return `[\n${lines.join(',\n')}\n]\n`;
}

function readEntries(text: string | undefined, file: string): Entry[] {
  if (text === undefined) return [];
  try {
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list)) return list as Entry[];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new CommandFailure(`${file} is no list of target servers.`);
}
