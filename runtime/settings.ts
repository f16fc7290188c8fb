/** How a server runs: every option, with its unit. Made once, from the command line and the environment; frozen. */
export interface Settings {
  /** The bundle directory, as given. */
  readonly directory: string;
  /** TCP ports; 0 = any free one. */
  readonly port: number;
  readonly managementPort: number;
  readonly host: string;
  readonly managementHost: string;
  /** Environment to serve; undefined: the only one there is, else `local`. */
  readonly environment: string | undefined;
  /** `memory` or `lmdb:DIR`. */
  readonly store: string;
  /** Milliseconds between two writes of the call counts: what a crash can lose of them. */
  readonly countFlushMilliseconds: number;
  /** Stored revisions of one bundle that stay; older ones go. */
  readonly revisionsKept: number;
  /** Whether a directory of which nothing can be deployed is no failure. */
  readonly allowEmpty: boolean;
  /** Whether changes of the directory are followed. */
  readonly watch: boolean;
  /** Bearer token that the management port asks for; undefined: none. */
  readonly token: string | undefined;
  /** A file that holds it, in place of `token`. */
  readonly tokenFile: string | undefined;
  readonly logLevel: LogLevel;
  readonly logFormat: 'json' | 'pretty';
  readonly maxChainDepth: number;
  readonly maxChainCalls: number;
  /** Milliseconds that running requests have to finish on shutdown. */
  readonly shutdownTimeout: number;
  /** Certificate of the traffic port; undefined: no TLS. */
  readonly tls: TlsSettings | undefined;
  /** Milliseconds that a client may neither send what it announced nor read what it is sent. */
  readonly clientTimeout: number;
  /** Outside requests that run at the same time, and that wait for one of them to end. */
  readonly maxRequests: number;
  readonly maxWaiting: number;
  /** Connections to one target. */
  readonly maxTargetConnections: number;
  /** Whether addresses that come from variables may not be private ones. */
  readonly denyPrivateTargets: boolean;
  /** Host names, addresses and networks that may be called all the same. */
  readonly allowedTargets: readonly string[];
  /** `vm` trusts the scripts of bundles. */
  readonly scriptEngine: 'quickjs' | 'vm';
}

/** Files in PEM. */
export interface TlsSettings {
  readonly cert: string;
  readonly key: string;
  /** Who signs the certificates of clients; undefined: none is asked for. */
  readonly ca: string | undefined;
  readonly client: 'optional' | 'required';
}

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** A wrong option or a request that cannot be met as asked: message to the user, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Something the user asked for did not work: message to the user, exit code 1, no stack trace. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
}

const unitMilliseconds: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

/** Milliseconds of a text such as `30s`, `500ms`, `2m`; a bare number is seconds. @throws UsageError */
export function parseDuration(text: string, option: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text.trim());
  if (match === null) throw new UsageError(`${option} is "${text}"; write a duration such as 30s, 500ms or 2m.`);
  return Number(match[1]) * (unitMilliseconds.get(match[2] ?? 's') ?? 1000);
}

/** A whole number in a range. @throws UsageError */
export function parseWholeNumber(text: string, option: string, minimum: number, maximum: number): number {
  const number = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (!(number >= minimum && number <= maximum)) {
    throw new UsageError(`${option} is "${text}"; write a whole number from ${minimum} to ${maximum}.`);
  }
  return number;
}

const loopbackHosts: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1', '[::1]']);

/** Whether a listening address can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return loopbackHosts.has(host) || /^127\.\d+\.\d+\.\d+$/.test(host);
}

const leastFlush = 10;

/** @throws UsageError when the options contradict each other or would open the management port to others */
export function checkSettings(settings: Settings): Settings {
  if (!isLoopback(settings.managementHost) && settings.token === undefined && settings.tokenFile === undefined) {
    throw new UsageError(
      `--management-host ${settings.managementHost} opens the management port to other machines; give --token as well, or listen on 127.0.0.1.`,
    );
  }
  if (settings.token !== undefined && settings.tokenFile !== undefined)
    throw new UsageError('--token and --token-file are both given; give one of them.');
  if (settings.token === '') throw new UsageError('--token is empty; give it a value, or leave it out.');
  if (settings.port !== 0 && settings.port === settings.managementPort && settings.host === settings.managementHost) {
    throw new UsageError(`--port and --management-port are both ${settings.port}; they must differ.`);
  }
  if (!/^(?:memory$|lmdb:.)/s.test(settings.store)) {
    throw new UsageError(`--store is "${settings.store}"; write memory or lmdb:DIR.`);
  }
  if (settings.countFlushMilliseconds < leastFlush) {
    throw new UsageError(`--count-flush is less than ${leastFlush} ms; a second is usual.`);
  }
  return Object.freeze(settings);
}
