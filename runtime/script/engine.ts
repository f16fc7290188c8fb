import type { BodyNeed } from '../message/body-need.ts';
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
  /**
   * Stands for one deployment of the bundle: scripts with the same owner share a heap, which goes with it. Absent: the
   * bundle's name stands for it.
   */
  readonly owner?: object | undefined;
  readonly files: readonly ScriptFile[];
  /** Milliseconds of computing; waiting for `httpClient` does not count. 0 = no limit. */
  readonly timeLimit: number;
  readonly properties: ReadonlyMap<string, string>;
  /** Sends the requests of `httpClient`, local targets included. */
  readonly send: (exchange: Exchange, request: Message, url: string) => Promise<Message>;
  /** Gets what a script prints, one line a call; absent: it is dropped. */
  readonly print?: ((exchange: Exchange, text: string) => void) | undefined;
}

export interface ScriptFile {
  readonly name: string;
  readonly text: string;
}

export interface PreparedScript {
  /** Runs it for one exchange, callbacks of `httpClient` included. @throws ScriptFailure */
  run(exchange: Exchange): Outcome;
  /** Payloads the text may touch. */
  readonly needs: BodyNeed;
  /** What will not work when it runs, found in the text. */
  readonly findings: readonly ScriptFinding[];
}

/** Something in a script that loads, and fails when it is reached. */
export interface ScriptFinding {
  /** Index into the files of the script. */
  readonly file: number;
  /** UTF-16 units from the start of that file. */
  readonly offset: number;
  readonly length: number;
  readonly message: string;
  readonly hint: string | undefined;
}

/** A script that cannot be compiled. */
export class ScriptSyntaxError extends Error {
  /** Index into the files of the script. */
  readonly file: number;
  readonly fileName: string;
  /** UTF-16 units from the start of that file. */
  readonly offset: number;
  /** Counted from 1. */
  readonly line: number;
  readonly column: number;
  readonly hint: string | undefined;
  /** Valid on the platform's own engine, which knew E4X (ECMA-357), and on no engine of today. */
  readonly isE4x: boolean;

  constructor(
    message: string,
    file: number,
    fileName: string,
    place: ScriptPlace,
    { hint, isE4x = false }: { readonly hint?: string; readonly isE4x?: boolean } = {},
  ) {
    super(message);
    this.file = file;
    this.fileName = fileName;
    this.offset = place.offset;
    this.line = place.line;
    this.column = place.column;
    this.hint = hint;
    this.isE4x = isE4x;
  }
}

export interface ScriptPlace {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/** A script that threw, took too long, or asked for what it may not have. */
export class ScriptFailure extends Error {
  readonly reason: 'threw' | 'timeLimit' | 'memory' | 'security';

  constructor(reason: ScriptFailure['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}
