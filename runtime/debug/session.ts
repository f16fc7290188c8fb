import type { Condition } from '../language/condition.ts';
import type { Exchange } from '../message/exchange.ts';
import { callsOf, type TraceCall } from './trace.ts';

export interface SessionOptions {
  /** Undefined: every proxy. */
  readonly proxy: string | undefined;
  /** Undefined: whichever serves. */
  readonly revision: string | undefined;
  /** A condition on the request; empty: all. */
  readonly filter: string;
  /** Calls to record. */
  readonly count: number;
  /** Whether the oldest call makes room for a new one; else the session ends when it has all. */
  readonly rolling: boolean;
  /** Seconds until it ends by itself; 0 = never. */
  readonly timeout: number;
  /** Bytes of a payload that are kept. */
  readonly bodyLimit: number;
}

/** How a session stands; the shape of its JSON. */
export interface SessionInfo {
  readonly id: string;
  /** Null: every proxy. */
  readonly proxy: string | null;
  readonly revision: string | null;
  readonly filter: string;
  readonly count: number;
  readonly rolling: boolean;
  readonly timeout: number;
  readonly bodyLimit: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly endedAt: number | null;
  readonly ended: SessionEnd | null;
  readonly isOpen: boolean;
  /** Calls that were recorded and are kept. */
  readonly calls: number;
  /** Calls that were recorded and had to make room. */
  readonly forgotten: number;
  /** About how many bytes of memory its calls take. */
  readonly size: number;
}

/** Why a session ended. `size`: its calls took all the memory that a session may take. */
export type SessionEnd = 'count' | 'timeout' | 'size' | 'deleted' | 'ended' | 'closed';

export type SessionEvent =
  | { readonly type: 'opened'; readonly session: SessionInfo }
  | { readonly type: 'call'; readonly session: string; readonly number: number; readonly call: TraceCall }
  | { readonly type: 'ended'; readonly session: SessionInfo };

/** Bytes that the calls of one session may take. zerohop's choice. */
const mostBytes = 32 * 1024 * 1024;

/** A call that a session keeps, with its place in the session: numbers begin at 1 and are not used again. */
export interface KeptCall {
  readonly number: number;
  readonly call: TraceCall;
  readonly bytes: number;
}

/** One debug session: records calls until it has enough, its time is up, or somebody ends it. */
export class Session {
  readonly id: string;
  readonly options: SessionOptions;
  readonly createdAt = Date.now();
  readonly #filter: Condition | undefined;
  readonly #tell: (event: SessionEvent) => void;
  readonly #timer: NodeJS.Timeout | undefined;
  #kept: KeptCall[] = [];
  /** Calls that were begun; those that are still running count. */
  #begun = 0;
  #number = 0;
  #forgotten = 0;
  #size = 0;
  #endedAt: number | null = null;
  #ended: SessionEnd | null = null;

  constructor(id: string, options: SessionOptions, filter: Condition | undefined, tell: (event: SessionEvent) => void) {
    this.id = id;
    this.options = options;
    this.#filter = filter;
    this.#tell = tell;
    if (options.timeout > 0) {
      this.#timer = setTimeout(() => this.end('timeout'), options.timeout * 1000);
      this.#timer.unref();
    }
  }

  get proxy(): string | undefined {
    return this.options.proxy;
  }

  get isOpen(): boolean {
    return this.#ended === null;
  }

  get calls(): readonly KeptCall[] {
    return this.#kept;
  }

  /** Every proxy run of the calls that are kept, by id: the transactions of Apigee's shapes. */
  transactions(): TraceCall[] {
    return this.#kept.flatMap(({ call }) => callsOf(call));
  }

  wants(exchange: Exchange): boolean {
    const { proxy, revision, count, rolling } = this.options;
    const { endpoint } = exchange;
    if (!this.isOpen || (proxy !== undefined && proxy !== endpoint.proxy)) return false;
    // Of all proxies: what is called in memory is a part of its caller's recording.
    if (proxy === undefined && exchange.parent !== undefined) return false;
    if (revision !== undefined && revision !== endpoint.revision) return false;
    if (!rolling && this.#begun >= count) return false;
    if (this.#filter?.test(exchange) === false) return false;
    this.#begun++;
    return true;
  }

  keep(call: TraceCall): void {
    if (!this.isOpen) return;
    const bytes = JSON.stringify(call).length;
    const { count, rolling } = this.options;
    const isTooMuch = this.#size + bytes > mostBytes;
    if (isTooMuch && !rolling) {
      this.end('size');
      return;
    }
    const number = ++this.#number;
    this.#kept.push({ number, call, bytes });
    this.#size += bytes;
    while (rolling && this.#kept.length > 1 && (this.#kept.length > count || this.#size > mostBytes)) this.#forget();
    this.#tell({ type: 'call', session: this.id, number, call });
    if (!rolling && this.#number >= count) this.end('count');
  }

  /** Forgets the calls, not the session. */
  clear(): void {
    this.#forgotten += this.#kept.length;
    this.#kept = [];
    this.#size = 0;
  }

  end(why: SessionEnd): void {
    if (!this.isOpen) return;
    clearTimeout(this.#timer);
    this.#ended = why;
    this.#endedAt = Date.now();
    this.#tell({ type: 'ended', session: this.info() });
  }

  info(): SessionInfo {
    const { proxy, revision, filter, count, rolling, timeout, bodyLimit } = this.options;
    return {
      id: this.id,
      proxy: proxy ?? null,
      revision: revision ?? null,
      ...{ filter, count, rolling, timeout, bodyLimit },
      createdAt: this.createdAt,
      endedAt: this.#endedAt,
      ended: this.#ended,
      isOpen: this.isOpen,
      calls: this.#kept.length,
      forgotten: this.#forgotten,
      size: this.#size,
    };
  }

  #forget(): void {
    const oldest = this.#kept.shift();
    this.#size -= oldest?.bytes ?? 0;
    this.#forgotten++;
  }
}
