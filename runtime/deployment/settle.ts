import { existsSync, readFileSync, type Stats, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Milliseconds without a write after which a file is taken to be whole. Reliability: "files rewritten one by one". */
export const quietMilliseconds = 50;

/** Milliseconds that a file which is empty or ends in the middle has to get the rest. */
const unfinishedMilliseconds = 500;

/** Milliseconds that git may hold its lock while we wait for it; a lock that a crash left behind stops nobody. */
const lockMilliseconds = 10_000;

/** What tells whether a file changed: size, time of change and inode; undefined when it is not there. */
export type Stamp = string | undefined;

export function stampOf(path: string): Stamp {
  const stats = statOf(path);
  // Time of change, not only of modification: a file moved over another brings its old time of modification with it.
  return stats === undefined ? undefined : `${stats.ino}:${stats.size}:${stats.mtimeMs}:${stats.ctimeMs}`;
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A folder above is a file by now, or may not be entered: the file is not there for us.
    if (code === 'ENOTDIR' || code === 'EACCES' || code === 'ELOOP') return undefined;
    throw error;
  }
}

/**
 * Milliseconds to wait until files that were written to can be taken to be whole; 0: they can be read now.
 * @param since milliseconds since 1970 when the first of the writes was seen
 */
export function waitBeforeReading(paths: Iterable<string>, since: number, now: number, gitLock?: string): number {
  if (gitLock !== undefined && now - since < lockMilliseconds && existsSync(gitLock)) return quietMilliseconds;
  let wait = 0;
  for (const path of paths) {
    const stats = statOf(path);
    if (stats === undefined || !stats.isFile()) continue;
    const age = now - Math.max(stats.mtimeMs, stats.ctimeMs);
    // A time in the future comes from a clock that is wrong: it says nothing.
    if (age >= 0 && age < quietMilliseconds) wait = Math.max(wait, quietMilliseconds - age);
    else if (now - since < unfinishedMilliseconds && isUnfinished(path, stats.size)) {
      wait = Math.max(wait, quietMilliseconds);
    }
  }
  return Math.ceil(wait);
}

/** Characters of a text that are looked at: large files are taken as they are. */
const longestText = 1024 * 1024;

/** Whether a file can only be a part of what is being written: it is empty, or stops before its outermost element ends. */
export function isUnfinished(path: string, size: number): boolean {
  if (size === 0) return true;
  if (!/\.(?:xml|json)$/i.test(path) || size > longestText) return false;
  const text = textOf(path);
  if (text === undefined) return false;
  if (/\.json$/i.test(path)) return !/[\]}"\w]\s*$/.test(text);
  const end = withoutLastComments(text);
  const root = /<([A-Za-z_][\w.:-]*)/.exec(text)?.[1];
  if (root === undefined) return true;
  const isOneTag = /^[^>]*<[^<>]*\/>$/.test(end.replace(/^[\s\S]*\?>/, ''));
  return !isOneTag && !new RegExp(`</${root.replaceAll('.', '\\.')}\\s*>$`).test(end);
}

function withoutLastComments(text: string): string {
  const end = text.trimEnd();
  const start = end.endsWith('-->') ? end.lastIndexOf('<!--') : -1;
  return start === -1 ? end : withoutLastComments(end.slice(0, start));
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    // It is gone by now, or not to be read: there will be an event, or a finding when it is read.
    if ((error as NodeJS.ErrnoException).code !== undefined) return undefined;
    throw error;
  }
}

/** The file that git holds while it changes the working tree, of the repository that a path lies in. */
export function gitLockOf(path: string): string | undefined {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const git = join(folder, '.git');
    const stats = statOf(git);
    if (stats?.isDirectory() === true) return join(git, 'index.lock');
    // In a linked working tree `.git` is a file that names the folder.
    if (stats?.isFile() === true) {
      const named = /^gitdir: (.+)$/m.exec(readFileSync(git, 'utf8'))?.[1];
      return named === undefined ? undefined : join(resolve(folder, named.trim()), 'index.lock');
    }
    if (dirname(folder) === folder) return undefined;
  }
}
