import { Command, CommanderError, Option } from 'commander';
import { CommandFailure, logLevels, UsageError } from '../settings.ts';
import { packageVersion } from '../version.ts';
import type { ServeOptions } from './serve.ts';
import type { ValidateOptions } from './validate.ts';

/** Exit codes: 0 done, 1 the work failed, 2 wrong usage. */
export async function run(args: readonly string[]): Promise<number> {
  const result = { code: 0 };
  try {
    await createProgram(result).parseAsync([...args], { from: 'user' });
    return result.code;
  } catch (error) {
    return exitCodeOf(error);
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof UsageError || error instanceof CommandFailure) {
    process.stderr.write(`zerohop: ${error.message}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
  const stack = error instanceof Error ? error.stack : String(error);
  process.stderr.write(`zerohop: this is a bug in zerohop, please report it:\n${stack}\n`);
  return 1;
}

function createProgram(result: { code: number }): Command {
  const program = new Command('zerohop')
    .description('Serves Apigee-style proxy bundles; proxies call each other in memory.')
    .version(packageVersion())
    .exitOverride()
    .showHelpAfterError('(add --help for usage and an example)');
  addServe(program);
  addValidate(program, result);
  addSchemas(program, result);
  for (const command of program.commands)
    command.exitOverride().showHelpAfterError('(add --help for usage and an example)');
  return program;
}

function setting(flags: string, description: string, variable: string, value?: string): Option {
  const option = new Option(flags, description).env(`ZEROHOP_${variable}`);
  return value === undefined ? option : option.default(value);
}

function addServe(program: Command): void {
  program
    .command('serve')
    .description('serve a bundle directory')
    .argument('[directory]', 'folder, workspace, bundle or zip', 'bundles')
    .addOption(setting('--port <number>', 'port of the traffic listener, 0 = any free one', 'PORT', '8998'))
    .addOption(
      setting('--management-port <number>', 'port for health, metrics and management', 'MANAGEMENT_PORT', '8080'),
    )
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
    .addOption(setting('--store <store>', 'where state lives: memory', 'STORE', 'memory'))
    .addOption(setting('--token <token>', 'bearer token that the management port asks for', 'TOKEN'))
    .addOption(
      setting('--log-level <level>', 'least level that is logged', 'LOG_LEVEL', 'info').choices([...logLevels]),
    )
    .addOption(
      setting('--log-format <format>', 'json or pretty; default: pretty on a terminal', 'LOG_FORMAT').choices([
        'json',
        'pretty',
      ]),
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
    .addOption(
      setting(
        '--script-engine <engine>',
        'quickjs (sandbox) or vm (faster, trusts the bundles)',
        'SCRIPT_ENGINE',
        'quickjs',
      ).choices(['quickjs', 'vm']),
    )
    .addHelpText(
      'after',
      '\nExample:\n  zerohop serve bundles --port 8998\n  curl http://127.0.0.1:8998/shop/products/42',
    )
    .action(async (directory: string, options: ServeOptions) => {
      const { serve } = await import('./serve.ts');
      await serve(directory, options);
    });
}

function addValidate(program: Command, result: { code: number }): void {
  program
    .command('validate')
    .description('check bundles without serving them')
    .argument('<path...>', 'folders, workspaces, bundles or zips')
    .addOption(
      new Option('--format <format>', 'how findings are written')
        .choices(['stylish', 'json', 'sarif', 'junit', 'github'])
        .default('stylish'),
    )
    .addOption(new Option('--max-warnings <number>', 'exit 1 when there are more warnings'))
    .addOption(setting('--environment <name>', 'environment whose resources are checked against', 'ENVIRONMENT'))
    .addHelpText('after', '\nExample:\n  zerohop validate bundles\n  zerohop validate my-proxy/apiproxy --format json')
    .action(async (paths: string[], options: ValidateOptions) => {
      const { validate } = await import('./validate.ts');
      result.code = await validate(paths, options);
    });
}

function addSchemas(program: Command, result: { code: number }): void {
  program
    .command('schemas', { hidden: true })
    .description('write the XSDs of all elements')
    .argument('<directory>')
    .option('--check', 'write nothing; exit 1 when a file differs')
    .action(async (directory: string, options: { check?: boolean }) => {
      const { writeSchemas } = await import('./schemas.ts');
      result.code = writeSchemas(directory, options.check ?? false);
    });
}
