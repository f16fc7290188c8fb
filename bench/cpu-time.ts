import { readdirSync, readFileSync } from 'node:fs';

/** CPU time of processes at one moment. */
export interface CpuReading {
  /** Nanoseconds on a core, by thread. */
  readonly threads: ReadonlyMap<string, number>;
  /** User and system time of the whole processes in clock ticks: coarse, but threads that ended are in it. */
  readonly ticks: number;
}

/** Kernel and C library agree on 100 ticks a second for what /proc shows (USER_HZ), on every architecture in use. */
const nanosecondsPerTick = 10_000_000;

/**
 * Reads /proc/PID/task/TID/schedstat of all threads: nanoseconds on a core, user and system together, where
 * /proc/PID/stat counts in steps of 10 ms. /proc/PID/schedstat itself would leave out all threads but the first, and
 * with them the garbage collector.
 */
export function readCpuTime(pids: readonly number[]): CpuReading {
  const threads = new Map<string, number>();
  let ticks = 0;
  for (const pid of pids) {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const line = readThread(`/proc/${pid}/task/${thread}/schedstat`);
      if (line !== undefined) threads.set(`${pid}/${thread}`, Number(line.slice(0, line.indexOf(' '))));
    }
    ticks += ticksOf(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  }
  return { threads, ticks };
}

/** Nanoseconds between two readings. When a thread ended in between its time is only in the ticks, so those are used. */
export function cpuBetween(before: CpuReading, after: CpuReading): number {
  let total = 0;
  for (const [thread, time] of before.threads) {
    if (!after.threads.has(thread)) return (after.ticks - before.ticks) * nanosecondsPerTick;
    total -= time;
  }
  for (const time of after.threads.values()) total += time;
  return total;
}

/** Resident memory in bytes. */
export function residentBytes(pids: readonly number[]): number {
  let total = 0;
  for (const pid of pids) {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    total += Number(kilobytes ?? 0) * 1024;
  }
  return total;
}

/** Processes started by this one and by those, itself included. */
export function withChildren(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
  const pids = children === '' ? [] : children.split(' ').map(Number);
  return [pid, ...pids.flatMap(withChildren)];
}

/** A thread may end between listing and reading. */
function readThread(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

/** Fields 14 and 15 of proc(5) stat; field 2 is a name in parentheses that may hold blanks. */
function ticksOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
