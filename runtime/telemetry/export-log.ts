import type { DiagLogger } from '@opentelemetry/api';
import type { Log } from '../log.ts';

/** Milliseconds between two lines of the same message. */
const pause = 60_000;
/** Messages that are remembered at a time. */
const mostMessages = 100;

/**
 * What the SDK has to say goes to the log, each message once a minute: a collector that is down fails every few seconds.
 */
export function exportLog(log: Log, now: () => number = Date.now): DiagLogger {
  const last = new Map<string, number>();
  const tell =
    (level: 'warn' | 'info') =>
    (text: string): void => {
      const message = firstPart(text);
      const time = now();
      if (time - (last.get(message) ?? 0) < pause) return;
      if (last.size >= mostMessages) last.clear();
      last.set(message, time);
      log[level]({ telemetry: message }, 'telemetry');
    };
  const nothing = (): void => undefined;
  return { error: tell('warn'), warn: tell('warn'), info: tell('info'), debug: nothing, verbose: nothing };
}

/** Errors come as JSON with a stack; what was sent to the collector is not to be in a log. */
function firstPart(text: string): string {
  const found = /"message":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? text;
  return found.slice(0, 300);
}
