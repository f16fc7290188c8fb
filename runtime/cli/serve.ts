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
  UsageError,
} from '../settings.ts';
import { type EncryptionKeys, parseEncryptionKeys } from '../state/encryption.ts';
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
  readonly countFlush: string;
  readonly revisionsKept: string;
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
    countFlushMilliseconds: parseDuration(options.countFlush, '--count-flush'),
    revisionsKept: parseWholeNumber(options.revisionsKept, '--revisions-kept', 1, 1_000_000),
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

/** Serves until a signal comes. */
export async function serve(directory: string, options: ServeOptions): Promise<void> {
  const settings = settingsOf(directory, options);
  const { log, flush } = await openLog({ level: settings.logLevel, format: settings.logFormat });
  const gateway = await startGateway(settings, log, showFindings);
  const traffic = urlOf(settings.host, gateway.port);
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

function urlOf(host: string, port: number): string {
  return `http://${isIPv6(host) ? `[${host}]` : host}:${port}`;
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
