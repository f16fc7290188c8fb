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
  /** `memory`, `lmdb:DIR`, `redis://HOST:PORT/DB` or `rediss://...`. */
  readonly store: string;
  /** What secrets in the store are encrypted with, by id: the first one writes, all read; undefined: nothing is. */
  readonly encryptionKeys: ReadonlyMap<string, Buffer> | undefined;
  /** Milliseconds after which a shared store is asked for changes of other servers whose message was missed. */
  readonly storePollMilliseconds: number;
  /** Milliseconds between two writes of the call counts: what a crash can lose of them. */
  readonly countFlushMilliseconds: number;
  /** Stored revisions of one bundle that stay; older ones go. */
  readonly revisionsKept: number;
  /** Whether a directory of which nothing can be deployed is no failure. */
  readonly allowEmpty: boolean;
  /** Latest calls that are recorded whole, to be looked at; 0: none. */
  readonly tracedCalls: number;
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
  /**
   * Where Google tokens come from: `environment`, `metadata`, `stand-in`, `environment-or-stand-in`, `none`, or the URL
   * of a metadata server.
   */
  readonly googleTokens: string;
  /** Whether Node.js applications in bundles are run: such code can do what this process can. */
  readonly allowScriptTargets: boolean;
  /** Directory of scripts for policies that cannot run here; undefined: none. */
  readonly overrides: string | undefined;
  /** Where Google's services are that policies call, in place of Google's own hosts: `http://host:port`. */
  readonly googleEndpoint: string | undefined;
  /** Where a Pub/Sub emulator listens that PublishMessage calls, `host:port`; undefined: at Google, or `googleEndpoint`. */
  readonly pubsubEmulator: string | undefined;
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
const tokenSources = /^(?:environment|environment-or-stand-in|metadata|stand-in|none|https?:\/\/\S+)$/;
const leastPoll = 10;

function checkStore(store: string): void {
  if (/^(?:memory$|lmdb:.)/s.test(store)) return;
  if (!/^rediss?:/.test(store)) {
    throw new UsageError(`--store is "${store}"; write memory, lmdb:DIR or redis://HOST:PORT/DB.`);
  }
  const url = URL.canParse(store) ? new URL(store) : undefined;
  if (url !== undefined && url.hostname !== '' && /^\/?\d*$/.test(url.pathname)) return;
  // It may hold a password: it is not shown.
  throw new UsageError('--store is no address of a Redis; write redis://HOST:PORT/DB, DB being a number.');
}

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
  if (!tokenSources.test(settings.googleTokens)) {
    const known = 'environment, metadata, stand-in, none, or the URL of a metadata server';
    throw new UsageError(`--google-tokens is "${settings.googleTokens}"; write ${known}.`);
  }
  const { googleEndpoint, pubsubEmulator } = settings;
  if (pubsubEmulator !== undefined && !/^[^/\s]+:\d+$/.test(pubsubEmulator)) {
    throw new UsageError(`--pubsub-emulator is "${pubsubEmulator}"; write HOST:PORT, such as 127.0.0.1:8085.`);
  }
  if (googleEndpoint !== undefined && !/^https?:\/\/[^/]/.test(googleEndpoint)) {
    throw new UsageError(`--google-endpoint is "${googleEndpoint}"; write such as http://127.0.0.1:9000.`);
  }
  checkStore(settings.store);
  if (settings.countFlushMilliseconds < leastFlush) {
    throw new UsageError(`--count-flush is less than ${leastFlush} ms; a second is usual.`);
  }
  if (settings.storePollMilliseconds < leastPoll) {
    throw new UsageError(`--store-poll is less than ${leastPoll} ms; some seconds are usual.`);
  }
  return Object.freeze(settings);
}
