import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import type { Deployment } from '../deployment/deploy.ts';
import { renderDiagnostic } from '../diagnostic-text.ts';
import { openLog } from '../log.ts';
import { startGateway } from '../management/gateway.ts';
import {
  checkSettings,
  type LogLevel,
  parseDuration,
  parseWholeNumber,
  type Settings,
  type TlsSettings,
  UsageError,
} from '../settings.ts';
import { type EncryptionKeys, parseEncryptionKeys } from '../state/encryption.ts';
import { isNetwork } from '../target/address-guard.ts';
import { servingText } from './reload-report.ts';
import { startReloading } from './reloading.ts';
import { counted, hasColor, painter } from './terminal.ts';

/** Options of `serve` as commander gives them: texts. */
export interface ServeOptions {
  readonly port: string;
  readonly managementPort: string;
  readonly host: string;
  readonly managementHost: string;
  readonly environment?: string;
  readonly store: string;
  readonly storePoll: string;
  readonly encryptionKeyFile?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly logLevel: LogLevel;
  readonly logFormat?: 'json' | 'pretty';
  readonly maxChainDepth: string;
  readonly maxChainCalls: string;
  readonly shutdownTimeout: string;
  readonly scriptEngine: 'quickjs' | 'vm';
  readonly googleTokens: string;
  readonly googleEndpoint?: string;
  readonly overrides?: string;
  readonly allowScriptTargets?: boolean;
  readonly pubsubEmulator?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
  readonly tlsClient: 'optional' | 'required';
  readonly clientTimeout: string;
  readonly maxRequests: string;
  readonly maxWaiting: string;
  readonly maxTargetConnections: string;
  readonly denyPrivateTargets?: boolean;
  readonly allowTargets?: string;
  readonly countFlush: string;
  readonly revisionsKept: string;
  readonly traceCalls: string;
  /** Whether changes of the directory are followed. */
  readonly watch?: boolean;
  /** Whether a developer watches: nothing to serve yet is no failure. */
  readonly dev?: boolean;
}

const highestPort = 65_535;

/** @throws UsageError */
export function settingsOf(directory: string, options: ServeOptions): Settings {
  return checkSettings({
    directory,
    port: parseWholeNumber(options.port, '--port', 0, highestPort),
    managementPort: parseWholeNumber(options.managementPort, '--management-port', 0, highestPort),
    host: options.host,
    managementHost: options.managementHost,
    environment: options.environment,
    store: options.store,
    encryptionKeys: encryptionKeysOf(options.encryptionKeyFile, process.env.ZEROHOP_ENCRYPTION_KEY),
    storePollMilliseconds: parseDuration(options.storePoll, '--store-poll'),
    token: options.token,
    tokenFile: options.tokenFile,
    logLevel: options.logLevel,
    logFormat: options.logFormat ?? (process.stdout.isTTY === true ? 'pretty' : 'json'),
    maxChainDepth: parseWholeNumber(options.maxChainDepth, '--max-chain-depth', 1, 256),
    maxChainCalls: parseWholeNumber(options.maxChainCalls, '--max-chain-calls', 1, 1_000_000),
    shutdownTimeout: parseDuration(options.shutdownTimeout, '--shutdown-timeout'),
    scriptEngine: options.scriptEngine,
    googleTokens: options.googleTokens,
    googleEndpoint: options.googleEndpoint,
    overrides: options.overrides,
    allowScriptTargets: options.allowScriptTargets === true,
    pubsubEmulator: options.pubsubEmulator,
    tls: tlsOf(options),
    clientTimeout: parseDuration(options.clientTimeout, '--client-timeout'),
    maxRequests: parseWholeNumber(options.maxRequests, '--max-requests', 1, 1_000_000),
    maxWaiting: parseWholeNumber(options.maxWaiting, '--max-waiting', 0, 1_000_000),
    maxTargetConnections: parseWholeNumber(options.maxTargetConnections, '--max-target-connections', 1, 100_000),
    denyPrivateTargets: options.denyPrivateTargets === true,
    allowedTargets: allowedOf(options.allowTargets ?? ''),
    countFlushMilliseconds: parseDuration(options.countFlush, '--count-flush'),
    revisionsKept: parseWholeNumber(options.revisionsKept, '--revisions-kept', 1, 1_000_000),
    tracedCalls: parseWholeNumber(options.traceCalls, '--trace-calls', 0, 1000),
    allowEmpty: options.dev === true,
    watch: options.watch === true,
  });
}

/** A key is no option: what a process was started with, everybody on the machine can read. @throws UsageError */
function encryptionKeysOf(file: string | undefined, variable: string | undefined): EncryptionKeys | undefined {
  if (file === undefined) {
    return variable === undefined || variable === ''
      ? undefined
      : parseEncryptionKeys(variable, 'ZEROHOP_ENCRYPTION_KEY');
  }
  try {
    return parseEncryptionKeys(readFileSync(file, 'utf8'), `--encryption-key-file ${file}`);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--encryption-key-file ${file} cannot be read: ${reason}.`);
  }
}

/** @throws UsageError for what is neither a host, an address nor a network */
function allowedOf(list: string): string[] {
  const all = list
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  const wrong = all.find((one) => one.includes('/') && !isNetwork(one));
  if (wrong !== undefined) throw new UsageError(`--allow-targets: "${wrong}" is no network; write it as 10.1.0.0/16.`);
  return all;
}

/** @throws UsageError */
function tlsOf({ tlsCert: cert, tlsKey: key, tlsCa: ca, tlsClient: client }: ServeOptions): TlsSettings | undefined {
  if (cert !== undefined && key !== undefined) return { cert, key, ca, client };
  if (cert === undefined && key === undefined && ca === undefined) return undefined;
  throw new UsageError('--tls-cert and --tls-key belong together; give both, or none and no --tls-ca.');
}

/** Serves until a signal comes. */
export async function serve(directory: string, options: ServeOptions): Promise<void> {
  const settings = settingsOf(directory, options);
  const { log, flush } = await openLog({ level: settings.logLevel, format: settings.logFormat });
  const gateway = await startGateway(settings, log, showFindings);
  const traffic = urlOf(settings.host, gateway.port, settings.tls === undefined ? 'http' : 'https');
  const management = urlOf(settings.managementHost, gateway.managementPort);
  const { snapshot } = gateway.deployment;
  const proxies = snapshot.plans.size;
  const reload = options.watch === true ? await startReloading(gateway, settings, log) : undefined;
  if (settings.logFormat === 'json') {
    log.info({ traffic, management, proxies, environment: snapshot.environment }, 'serving');
    flush();
  }
  process.stderr.write(
    `zerohop serves ${counted(proxies, 'proxy', 'proxies')} at ${traffic} (management: ${management})\n`,
  );
  if (options.dev === true) {
    process.stderr.write(servingText(snapshot, painter(hasColor(process.stderr))));
    const then = reload === undefined ? '' : `A saved file in ${directory} is live at once. `;
    process.stderr.write(`${then}Ctrl-C stops.\n`);
  }
  await untilSignal();
  log.info({}, 'stopping');
  await reload?.close();
  await gateway.close();
  log.info({}, 'stopped');
  flush();
}

function urlOf(host: string, port: number, scheme: 'http' | 'https' = 'http'): string {
  return `${scheme}://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

function showFindings({ diagnostics, bundles }: Deployment): void {
  const color = hasColor(process.stderr);
  for (const one of diagnostics) process.stderr.write(`${renderDiagnostic(one, { color })}\n`);
  for (const { name, folder, state } of bundles) {
    if (state === 'refused') process.stderr.write(`${folder}: "${name}" is left out because of the errors above.\n`);
  }
}

/** The first SIGTERM or SIGINT; a second one ends the process at once. */
async function untilSignal(): Promise<void> {
  await new Promise<void>((resolve) => {
    const stop = (): void => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) {
        process.removeListener(signal, stop);
        process.once(signal, () => process.exit(1));
      }
      resolve();
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  });
}
