import type { Exchange } from './exchange.ts';
import type { LogEntry } from './log-entry.ts';
import type { Meter, Tracer } from './span.ts';

/** Told about every proxy run, once, when its answer is known. */
export interface CallCounter {
  count(exchange: Exchange, status: number): void;
}

/** Flow variables by names known only when a request runs. Language implements it, with a bounded cache. */
export interface VariableAccess {
  /** The value; undefined when unresolved. */
  read(exchange: Exchange, name: string): unknown;
  write(exchange: Exchange, name: string, value: unknown): void;
  remove(exchange: Exchange, name: string): void;
}

/** What is true for all exchanges of one running server. */
export interface Surroundings {
  /** This instance's identifier in CDN-Loop (RFC 8586). */
  readonly cdnLoopId: string;
  readonly maxChainDepth: number;
  readonly maxChainCalls: number;
  /** Port of the traffic listener, for `target.url` of local targets. */
  readonly port: number;
  readonly counter: CallCounter;
  readonly variables: VariableAccess;
  /** Absent: nothing is measured. */
  readonly meter?: Meter;
  /** Absent: nothing is traced, and no exchange has a span. */
  readonly tracer?: Tracer;
  /** What a script of a policy prints; absent: it is dropped. */
  print?(exchange: Exchange, policy: string, text: string): void;
  /** What policies collect for whoever watches over the API; absent: it is dropped. `trace`: of interest to debugging only. */
  capture?(exchange: Exchange, policy: string, values: Readonly<Record<string, unknown>>, trace: boolean): void;
  /** What MessageLogging writes to the log of the runtime; absent: it is dropped. */
  logMessage?(exchange: Exchange, entry: LogEntry): void;
  /** An exception that is no Fault: our bug, or a library's. Logged with its stack; the client gets a plain 500. */
  report(error: unknown, exchange: Exchange): void;
}
