import { destination, type Logger, pino } from 'pino';
import { requestText } from './log-text.ts';
import { type RequestLine, requestJson } from './request-line.ts';
import type { LogLevel } from './settings.ts';

/** The log: structured lines on standard output. What a line may hold is decided where it is written: no secrets. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** The access log: at level info. */
  request(line: RequestLine): void;
  /** Whether a line of that level would be written: for lines that cost something to make. */
  isLevelEnabled(level: LogLevel): boolean;
}

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: 'json' | 'pretty';
}

/** Characters gathered before a write, and the milliseconds after which they are written all the same. */
const batchLength = 64 * 1024;
const batchMilliseconds = 100;

/** A log and what writes out the lines it still holds. */
export interface OpenLog {
  readonly log: Log;
  flush(): void;
}

/**
 * Lines are gathered and written in batches: a write per line is the dearest part of logging a request
 * (bench/micro/request-line.ts has what is left of it). What is gathered is written on a timer and on exit; kill -9 loses it.
 */
export async function openLog(options: LogOptions): Promise<OpenLog> {
  const { level } = options;
  if (options.format === 'pretty') {
    const { prettyFactory } = await import('pino-pretty');
    const colorize = process.stdout.isTTY === true && (process.env.NO_COLOR ?? '') === '';
    const pretty = prettyFactory({ colorize, singleLine: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss' });
    // A terminal is written to at once: what is read there is read while it happens.
    const write = (text: string): void => void process.stdout.write(text);
    const log = pino({ level }, { write: (line: string) => write(pretty(JSON.parse(line))) });
    return { log: withRequests(log, (line) => write(`${requestText(line, colorize)}\n`)), flush: () => undefined };
  }
  const lines = new Batch();
  const log = pino({ level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` }, lines);
  const clock = textClock();
  return { log: withRequests(log, (line) => lines.write(requestJson(line, clock()))), flush: () => lines.flush() };
}

/**
 * Gathers lines here and not in pino's destination, which measures all that it has gathered again with every line.
 */
class Batch {
  readonly #stream = destination({ fd: 1, sync: false });
  #gathered = '';

  constructor() {
    setInterval(() => this.#hand(), batchMilliseconds).unref();
    process.once('exit', () => this.flush());
  }

  write(line: string): void {
    this.#gathered += line;
    if (this.#gathered.length >= batchLength) this.#hand();
  }

  flush(): void {
    this.#hand();
    this.#stream.flushSync();
  }

  #hand(): void {
    if (this.#gathered === '') return;
    this.#stream.write(this.#gathered);
    this.#gathered = '';
  }
}

function withRequests(log: Logger, write: (line: RequestLine) => void): Log {
  return {
    debug: (fields, message) => log.debug(fields, message),
    info: (fields, message) => log.info(fields, message),
    warn: (fields, message) => log.warn(fields, message),
    error: (fields, message) => log.error(fields, message),
    request: (line) => {
      if (log.isLevelEnabled('info')) write(line);
    },
    isLevelEnabled: (level) => log.isLevelEnabled(level),
  };
}

/** The time as text, made anew only when the millisecond is another one. */
function textClock(): () => string {
  let last = 0;
  let text = '';
  return () => {
    const now = Date.now();
    if (now !== last) {
      last = now;
      text = new Date(now).toISOString();
    }
    return text;
  };
}
