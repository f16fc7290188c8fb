import type { Exchange, Outcome } from '../message/exchange.ts';
import type { Message } from '../message/message.ts';

/** Runs the scripts of bundles. `quickjs` is the sandbox; `vm` trusts the bundle and is used by explicit option only. */
export interface ScriptEngine {
  /**
   * Prepares a script once per deployment: includes, then the main file, one scope.
   * @throws ScriptSyntaxError naming file, line and column
   */
  prepare(script: ScriptSource): PreparedScript;
  /** Frees everything prepared. */
  close(): void;
}

export interface ScriptSource {
  readonly policy: string;
  /** Scripts of one bundle share an engine instance, as they share `context.session`. */
  readonly bundle: string;
  readonly files: readonly { readonly name: string; readonly text: string }[];
  /** Milliseconds; 0 = no limit. */
  readonly timeLimit: number;
  readonly properties: ReadonlyMap<string, string>;
  /** Sends the requests of `httpClient`, local targets included. */
  readonly send: (exchange: Exchange, request: Message, url: string) => Promise<Message>;
}

export interface PreparedScript {
  /** Runs it for one exchange, callbacks of `httpClient` included. @throws ScriptFailure */
  run(exchange: Exchange): Outcome;
  /** Whether the text may touch a payload. */
  readonly readsPayload: boolean;
}

/** A script that cannot be compiled. */
export class ScriptSyntaxError extends Error {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly column: number;

  constructor(message: string, file: string, line: number, column: number) {
    super(message);
    this.file = file;
    this.line = line;
    this.column = column;
  }
}

/** A script that threw, took too long, or asked for what it may not have. */
export class ScriptFailure extends Error {
  readonly reason: 'threw' | 'timeLimit' | 'memory' | 'security';

  constructor(reason: ScriptFailure['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}
