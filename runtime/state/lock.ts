import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandFailure } from '../settings.ts';

/** A folder that is ours until `release`, or until this process ends in whatever way. */
export interface Lock {
  release(): void;
}

/**
 * Takes a folder for this process: two servers on one data directory would each serve what the other changed. What a
 * killed process left behind is recognized by its start time, since process numbers come back.
 * @throws CommandFailure when another process has it
 */
export function lockFolder(folder: string, shown: string): Lock {
  const path = join(folder, 'zerohop.lock');
  const own = `${process.pid} ${startOf(process.pid) ?? ''}`;
  for (let attempt = 0; attempt < 10; attempt++) {
    if (create(path, own)) return { release: () => rmSync(path, { force: true }) };
    const holder = read(path);
    const pid = Number(holder?.split(' ')[0]);
    if (holder !== undefined && isRunning(pid, holder)) {
      const hint = 'Stop that one, or give this one a directory of its own with --store lmdb:DIR, or --store memory.';
      throw new CommandFailure(`The data directory ${shown} is in use by process ${pid}. ${hint}`);
    }
    rmSync(path, { force: true });
  }
  throw new CommandFailure(`The data directory ${shown} is fought over by several processes.`);
}

function create(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function isRunning(pid: number, holder: string): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there and belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const start = startOf(pid);
  return start === undefined || holder === `${pid} ${start}`;
}

/** When a process started, in ticks since the machine did; undefined where there is no /proc. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may hold anything; the start time is the 20th field behind it.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}
