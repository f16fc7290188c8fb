import { destination, pino } from 'pino';
import { requestText } from './log-text.ts';
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
    const { prettyFactory } = await import('pino-pretty');
    const colorize = process.stdout.isTTY === true && (process.env.NO_COLOR ?? '') === '';
    const pretty = prettyFactory({ colorize, singleLine: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss' });
    // A terminal is written to at once: what is read there is read while it happens.
    const stream = { write: (line: string) => void process.stdout.write(prettyLine(line, pretty, colorize)) };
    return { log: pino({ level }, stream), flush: () => undefined };
  }
  const stream = destination({ fd: 1, sync: false, minLength: batchBytes });
  setInterval(() => stream.flush(), batchMilliseconds).unref();
  const flush = (): void => stream.flushSync();
  process.once('exit', flush);
  return { log: pino({ level, base: null, timestamp: isoTime }, stream), flush };
}

function prettyLine(line: string, pretty: (fields: object) => string, color: boolean): string {
  const fields = JSON.parse(line) as Record<string, unknown>;
  return fields.msg === 'request' ? `${requestText(fields, color)}\n` : pretty(fields);
}

function isoTime(): string {
  return `,"time":"${new Date().toISOString()}"`;
}
