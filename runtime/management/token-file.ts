import { readFileSync, statSync, unwatchFile, watchFile } from 'node:fs';
import type { Log } from '../log.ts';
import { CommandFailure } from '../settings.ts';

/** Milliseconds between two looks at the file. */
const lookInterval = 2_000;

export interface TokenFile {
  /** The token that is valid now. */
  readonly token: string;
  close(): void;
}

/**
 * The token of the management port from a file, read anew when the file changes. A file that is emptied, or opened to
 * others, leaves the token that was valid.
 * @throws CommandFailure when it cannot be used at the start
 */
export function openTokenFile(path: string, log: Log, interval: number = lookInterval): TokenFile {
  let token: string;
  try {
    token = read(path);
  } catch (error) {
    throw new CommandFailure(`--token-file cannot be used: ${(error as Error).message}`);
  }
  const change = (): void => {
    try {
      const next = read(path);
      if (next === token) return;
      token = next;
      log.info({}, 'management token reloaded');
    } catch (error) {
      log.warn({ error: (error as Error).message }, 'the token file changed and cannot be used: the token stays');
    }
  };
  watchFile(path, { interval, persistent: false }, change);
  return {
    get token() {
      return token;
    },
    close: () => unwatchFile(path, change),
  };
}

/** @throws Error */
function read(path: string): string {
  if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0)
    throw new Error(`${path} can be read by others; make it chmod 600`);
  const token = readFileSync(path, 'utf8').trim();
  if (token === '') throw new Error(`${path} is empty`);
  return token;
}
