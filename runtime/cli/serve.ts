import type { Deployment } from '../deployment/deploy.ts';
import { renderDiagnostic } from '../diagnostic-text.ts';
import { openLog } from '../log.ts';
import { type Gateway, startGateway } from '../management/gateway.ts';
import { checkSettings, type LogLevel, parseDuration, parseWholeNumber, type Settings } from '../settings.ts';

/** Options of `serve` as commander gives them: texts. */
export interface ServeOptions {
  readonly port: string;
  readonly managementPort: string;
  readonly host: string;
  readonly managementHost: string;
  readonly environment?: string;
  readonly store: string;
  readonly token?: string;
  readonly logLevel: LogLevel;
  readonly logFormat?: 'json' | 'pretty';
  readonly maxChainDepth: string;
  readonly maxChainCalls: string;
  readonly shutdownTimeout: string;
  readonly scriptEngine: 'quickjs' | 'vm';
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
    token: options.token,
    logLevel: options.logLevel,
    logFormat: options.logFormat ?? (process.stdout.isTTY === true ? 'pretty' : 'json'),
    maxChainDepth: parseWholeNumber(options.maxChainDepth, '--max-chain-depth', 1, 256),
    maxChainCalls: parseWholeNumber(options.maxChainCalls, '--max-chain-calls', 1, 1_000_000),
    shutdownTimeout: parseDuration(options.shutdownTimeout, '--shutdown-timeout'),
    scriptEngine: options.scriptEngine,
  });
}

/** Serves until a signal comes. */
export async function serve(directory: string, options: ServeOptions): Promise<void> {
  const settings = settingsOf(directory, options);
  const { log, flush } = await openLog({ level: settings.logLevel, format: settings.logFormat });
  const gateway = await startGateway(settings, log, showFindings);
  const traffic = `http://${settings.host}:${gateway.port}`;
  const management = `http://${settings.managementHost}:${gateway.managementPort}`;
  const proxies = gateway.deployment.snapshot.plans.size;
  log.info({ traffic, management, proxies, environment: gateway.deployment.snapshot.environment }, 'serving');
  flush();
  process.stderr.write(
    `zerohop serves ${count(proxies, 'proxy', 'proxies')} at ${traffic} (management: ${management})\n`,
  );
  await untilSignal();
  log.info({}, 'stopping');
  await close(gateway);
  log.info({}, 'stopped');
  flush();
}

function showFindings({ diagnostics, bundles }: Deployment): void {
  const color = process.stderr.isTTY === true && process.env.NO_COLOR === undefined;
  for (const one of diagnostics) process.stderr.write(`${renderDiagnostic(one, { color })}\n`);
  for (const { bundle, state } of bundles) {
    if (state === 'refused')
      process.stderr.write(`${bundle.folder}: "${bundle.name}" is left out because of the errors above.\n`);
  }
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
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

async function close(gateway: Gateway): Promise<void> {
  await gateway.close();
}
