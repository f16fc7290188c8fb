import { destination, pino } from 'pino';
import type { LogLevel } from './settings.ts';

/** The log: structured lines on standard output. What a line may hold is decided where it is written: no secrets. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** Whether a line of that level would be written: for lines that cost something to make. */
  isLevelEnabled(level: LogLevel): boolean;
}

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: 'json' | 'pretty';
}

/** Bytes gathered before a write, and the milliseconds after which they are written all the same. */
const batchBytes = 4096;
const batchMilliseconds = 100;

/** A log and what writes out the lines it still holds. */
export interface OpenLog {
  readonly log: Log;
  flush(): void;
}

/**
 * Lines are gathered and written in batches: a write per line is the dearest part of logging a request
 * (bench/micro/log.ts). What is gathered is written on a timer and on exit; kill -9 loses it.
 */
export async function openLog(options: LogOptions): Promise<OpenLog> {
  const { level } = options;
  if (options.format === 'pretty') {
    const { default: pretty } = await import('pino-pretty');
    const stream = pretty({ sync: true, colorize: process.stdout.isTTY === true, ignore: 'pid,hostname' });
    return { log: pino({ level }, stream), flush: () => undefined };
  }
  const stream = destination({ fd: 1, sync: false, minLength: batchBytes });
  setInterval(() => stream.flush(), batchMilliseconds).unref();
  const flush = (): void => stream.flushSync();
  process.once('exit', flush);
  return { log: pino({ level, base: null, timestamp: isoTime }, stream), flush };
}

function isoTime(): string {
  return `,"time":"${new Date().toISOString()}"`;
}
