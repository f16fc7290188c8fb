import { type Command, Option } from 'commander';
import { logLevels } from '../settings.ts';
import { example, setting } from './options.ts';
import type { ServeOptions } from './serve.ts';

export function addServe(program: Command): void {
  const command = servingOptions(
    program.command('serve').description('serve a bundle directory'),
    'lmdb:.zerohop',
    'json or pretty; default: pretty on a terminal',
    'environment',
    '0',
  )
    .option('--watch', 'reload what changes in the directory')
    .action(async (directory: string, options: ServeOptions) => {
      const { serve } = await import('./serve.ts');
      await serve(directory, options);
    });
  example(command, 'zerohop serve bundles --port 8998', 'curl http://127.0.0.1:8998/shop/products/42');
}

export function addDev(program: Command): void {
  const command = servingOptions(
    program
      .command('dev')
      .description('serve a bundle directory and reload what changes: what a developer keeps running'),
    'memory',
    'json or pretty; default: pretty',
    'environment-or-stand-in',
    '50',
  )
    .option('--no-watch', 'do not reload')
    .action(async (directory: string, options: ServeOptions) => {
      const { serve } = await import('./serve.ts');
      await serve(directory, { ...options, logFormat: options.logFormat ?? 'pretty', dev: true });
    });
  example(
    command,
    'zerohop dev bundles',
    '# in another terminal, then again after a change to a file of the bundle',
    'curl http://127.0.0.1:8998/shop/products/42',
  );
}

function servingOptions(
  command: Command,
  store: string,
  logFormat: string,
  googleTokens: string,
  tracedCalls: string,
): Command {
  const ports = 'port for health, metrics and management, 0 = any free one';
  return command
    .argument('[directory]', 'folder, workspace, bundle or zip', 'bundles')
    .addOption(setting('--port <number>', 'port of the traffic listener, 0 = any free one', 'PORT', '8998'))
    .addOption(setting('--management-port <number>', ports, 'MANAGEMENT_PORT', '8080'))
    .addOption(setting('--host <address>', 'address of the traffic listener', 'HOST', '127.0.0.1'))
    .addOption(
      setting('--management-host <address>', 'address of the management listener', 'MANAGEMENT_HOST', '127.0.0.1'),
    )
    .addOption(
      setting(
        '--environment <name>',
        'environment to serve; default: the only one there is, else local',
        'ENVIRONMENT',
      ),
    )
    .addOption(
      setting('--store <store>', 'where state lives: memory, lmdb:DIR or redis://HOST:PORT/DB', 'STORE', store),
    )
    .addOption(
      setting(
        '--encryption-key-file <file>',
        'keys that secrets in the store are encrypted with',
        'ENCRYPTION_KEY_FILE',
      ),
    )
    .addOption(setting('--store-poll <duration>', 'how often a shared store is asked for changes', 'STORE_POLL', '5s'))
    .addOption(setting('--count-flush <duration>', 'how often call counts go to the store', 'COUNT_FLUSH', '1s'))
    .addOption(
      setting(
        '--revisions-kept <number>',
        'revisions of each bundle that can be rolled back to',
        'REVISIONS_KEPT',
        '10',
      ),
    )
    .addOption(setting('--token <token>', 'bearer token that the management port asks for', 'TOKEN'))
    .addOption(setting('--token-file <file>', 'file that holds it, readable by its owner alone', 'TOKEN_FILE'))
    .addOption(
      setting('--log-level <level>', 'least level that is logged', 'LOG_LEVEL', 'info').choices([...logLevels]),
    )
    .addOption(setting('--log-format <format>', logFormat, 'LOG_FORMAT').choices(['json', 'pretty']))
    .addOption(
      setting('--trace-calls <number>', 'latest calls kept whole for "zerohop trace"', 'TRACE_CALLS', tracedCalls),
    )
    .addOption(setting('--max-chain-depth <number>', 'deepest chain of local calls', 'MAX_CHAIN_DEPTH', '32'))
    .addOption(setting('--max-chain-calls <number>', 'most local calls of one request', 'MAX_CHAIN_CALLS', '1024'))
    .addOption(
      setting(
        '--shutdown-timeout <duration>',
        'how long running requests may take on shutdown',
        'SHUTDOWN_TIMEOUT',
        '30s',
      ),
    )
    .addOption(setting('--tls-cert <file>', 'certificate of the traffic port (PEM): TLS and HTTP/2', 'TLS_CERT'))
    .addOption(setting('--tls-key <file>', 'its key (PEM)', 'TLS_KEY'))
    .addOption(setting('--tls-ca <file>', 'who signs the certificates of clients (PEM)', 'TLS_CA'))
    .addOption(
      setting('--tls-client <rule>', 'with --tls-ca: certificates of clients', 'TLS_CLIENT', 'required').choices([
        'optional',
        'required',
      ]),
    )
    .addOption(setting('--client-timeout <duration>', 'how long a client may not move on', 'CLIENT_TIMEOUT', '60s'))
    .addOption(setting('--max-requests <number>', 'most requests at the same time', 'MAX_REQUESTS', '10000'))
    .addOption(setting('--max-waiting <number>', 'most requests that wait beyond that', 'MAX_WAITING', '1000'))
    .addOption(
      setting('--max-target-connections <number>', 'most connections to one target', 'MAX_TARGET_CONNECTIONS', '1024'),
    )
    .addOption(
      setting('--deny-private-targets', 'call no private address that comes from a variable', 'DENY_PRIVATE_TARGETS'),
    )
    .addOption(setting('--allow-targets <list>', 'hosts and networks that may be called all the same', 'ALLOW_TARGETS'))
    .addOption(
      setting(
        '--google-tokens <source>',
        'for <Authentication>: environment, metadata, a URL, none, or stand-in (dummy tokens)',
        'GOOGLE_TOKENS',
        googleTokens,
      ),
    )
    .addOption(
      setting(
        '--google-endpoint <url>',
        'where the services of Google are that policies call; default: at Google',
        'GOOGLE_ENDPOINT',
      ),
    )
    .addOption(
      setting('--overrides <dir>', 'scripts in JavaScript that stand for Script and JavaCallout policies', 'OVERRIDES'),
    )
    .addOption(
      new Option(
        '--allow-script-targets',
        'run Node.js applications in bundles (ScriptTarget): they are not confined',
      ).env('ZEROHOP_ALLOW_SCRIPT_TARGETS'),
    )
    .addOption(
      new Option(
        '--pubsub-emulator <host:port>',
        'a Pub/Sub emulator that PublishMessage calls in place of Google',
      ).env('PUBSUB_EMULATOR_HOST'),
    )
    .addOption(
      new Option('--script-engine <engine>', 'quickjs (sandbox) or vm (faster, trusts the bundles)')
        .env('ZEROHOP_SCRIPT_ENGINE')
        .default('quickjs')
        .choices(['quickjs', 'vm']),
    );
}
