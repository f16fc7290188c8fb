import { type Command, Option } from 'commander';
import { CommandFailure } from '../settings.ts';
import type { ServerOptions } from './client.ts';
import type { DeployOptions } from './deploy.ts';
import { example, type Result, serverOptions } from './options.ts';
import type { StatsOptions } from './stats.ts';
import type { TraceOptions } from './trace.ts';
import type { UndeployOptions } from './undeploy.ts';

/** Commands that talk to a running server. */

/** What the server does not do is told as it says it. @throws CommandFailure */
async function answered<R>(work: Promise<R>): Promise<R> {
  try {
    return await work;
  } catch (error) {
    // Known by its name: the class is loaded with the command alone.
    if (error instanceof Error && error.name === 'Refused') throw new CommandFailure(error.message);
    throw error;
  }
}

export function addDeploy(program: Command, result: Result): void {
  const command = serverOptions(
    program
      .command('deploy')
      .description('upload bundles to a running server and wait until they serve')
      .argument('<path...>', 'folders, workspaces, bundles or zips')
      .option('--name <name>', 'deploy one bundle under another name'),
  ).action(async (paths: string[], options: DeployOptions) => {
    const { deploy } = await import('./deploy.ts');
    result.code = await answered(deploy(paths, options));
  });
  example(
    command,
    'zerohop deploy bundles/shop',
    'zerohop deploy shop.zip --name shop-next --server http://127.0.0.1:8080',
  );
}

export function addUndeploy(program: Command): void {
  const command = serverOptions(
    program
      .command('undeploy')
      .description('take a proxy or shared flow out of service; its revisions stay')
      .argument('<name>', 'name of the proxy or shared flow')
      .option('--shared-flow', 'the shared flow, when a proxy has the same name'),
  ).action(async (name: string, options: UndeployOptions) => {
    const { undeploy } = await import('./undeploy.ts');
    await answered(undeploy(name, options));
  });
  example(command, 'zerohop undeploy shop');
}

export function addRollback(program: Command): void {
  const command = serverOptions(
    program
      .command('rollback')
      .description('make an earlier revision serve again')
      .argument('<name>', 'name of the proxy or shared flow')
      .argument('[revision]', 'default: the one before the one that serves'),
  ).action(async (name: string, revision: string | undefined, options: ServerOptions) => {
    const { rollback } = await import('./rollback.ts');
    await answered(rollback(name, revision, options));
  });
  example(command, 'zerohop rollback shop', 'zerohop rollback shop 3');
}

export function addList(program: Command): void {
  const command = serverOptions(
    program.command('list').description('what is on a running server, deployed or not'),
  ).action(async (options: ServerOptions) => {
    const { list } = await import('./list.ts');
    await answered(list(options));
  });
  example(command, 'zerohop list', 'zerohop list --json');
}

export function addStats(program: Command): void {
  const command = serverOptions(
    program
      .command('stats')
      .description('calls per proxy, those from outside and those in memory apart')
      .option('--watch', 'go on until Ctrl-C')
      .option('--interval <duration>', 'time between two looks of --watch', '1s'),
  ).action(async (options: StatsOptions) => {
    const { stats } = await import('./stats.ts');
    await answered(stats(options));
  });
  example(command, 'zerohop stats', 'zerohop stats --watch');
}

export function addTrace(program: Command, result: Result): void {
  const command = serverOptions(
    program
      .command('trace')
      .description('show calls as trees: the chain, its flows and steps, with times and faults')
      .argument('[name...]', 'a proxy, default all; or a file that --save wrote; with --diff two calls')
      .option('--filter <condition>', 'record calls for which a condition on the request holds')
      .option('--count <number>', 'end after so many calls', '50')
      .option('--timeout <duration>', 'end after so long', '10m')
      .option('--recent', 'show what the server has kept, as "zerohop dev" does, instead of waiting for calls')
      .option('--variables', 'show variables that were read, set and removed')
      .option('--save <file>', 'write the calls to a file')
      .addOption(new Option('--format <format>', 'how they are shown or saved').choices(['tree', 'json', 'edge-xml']))
      .option('--diff', 'say where two calls part; exit code 1 when they do'),
  ).action(async (names: string[], options: TraceOptions) => {
    const { trace } = await import('./trace.ts');
    result.code = await answered(trace(names, options));
  });
  example(
    command,
    'zerohop trace shop',
    'zerohop trace shop --count 2 --save calls.json',
    'zerohop trace --diff calls.json#1 calls.json#2',
  );
}
