import { type Command, Option } from 'commander';
import type { ConvertOptions } from './convert.ts';
import { graphFormats } from './format/call-graph.ts';
import type { GraphOptions } from './graph.ts';
import type { NewOptions } from './new.ts';
import { example, type Result, setting } from './options.ts';
import type { ValidateOptions } from './validate.ts';

/** Commands that work on files alone. */

export function addValidate(program: Command, result: Result): void {
  const command = program
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
    .addOption(setting('--overrides <dir>', 'scripts that stand for Script and JavaCallout policies', 'OVERRIDES'))
    .action(async (paths: string[], options: ValidateOptions) => {
      const { validate } = await import('./validate.ts');
      result.code = await validate(paths, options);
    });
  example(command, 'zerohop validate bundles', 'zerohop validate my-proxy/apiproxy --format json');
}

export function addGraph(program: Command): void {
  const command = program
    .command('graph')
    .description('show which proxy calls which, with circles and what is missing')
    .argument('[directory]', 'folder, workspace, bundle or zip', 'bundles')
    .addOption(new Option('--format <format>', 'how it is written').choices(graphFormats).default('text'))
    .addOption(setting('--environment <name>', 'environment whose resources are used', 'ENVIRONMENT'))
    .action(async (directory: string, options: GraphOptions) => {
      const { graph } = await import('./graph.ts');
      await graph(directory, options);
    });
  example(command, 'zerohop graph bundles', 'zerohop graph bundles --format dot | dot -Tsvg > calls.svg');
}

export function addNew(program: Command): void {
  const command = program
    .command('new')
    .description('write a proxy bundle that works')
    .argument('<name>', 'name of the proxy')
    .option('--chain <proxy>', 'call another proxy in memory')
    .option('--target <url>', 'call a server')
    .option('--base-path <path>', 'base path; default: /NAME')
    .option(
      '--directory <directory>',
      'folder for the bundle; default: src/main/apigee/apiproxies, apiproxies or bundles, whichever is there',
    )
    .action(async (name: string, options: NewOptions) => {
      const { createBundle } = await import('./new.ts');
      await createBundle(name, options);
    });
  example(command, 'zerohop new hello', 'zerohop new front --chain hello');
}

export function addConvert(program: Command, result: Result): void {
  const command = program.command('convert').description('turn the configuration of another gateway into bundles');
  const apisix = command
    .command('apisix')
    .description('turn APISIX routes (Admin API, standalone, ApisixRoute) into bundles')
    .argument('<file>', 'JSON or YAML')
    .option('--out <directory>', 'folder for the bundles', 'bundles')
    .addOption(setting('--environment <name>', 'environment for the target servers; default: local', 'ENVIRONMENT'))
    .action(async (file: string, options: ConvertOptions) => {
      const { convertApisix } = await import('./convert.ts');
      result.code = await convertApisix(file, options);
    });
  apisix.exitOverride().showHelpAfterError('(add --help for usage and an example)');
  example(apisix, 'zerohop convert apisix route.json --out bundles');
  example(command, 'zerohop convert apisix route.json --out bundles');
}

export function addSchemas(program: Command, result: Result): void {
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
