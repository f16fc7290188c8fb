import { Argument, Command, CommanderError } from 'commander';
import { CommandFailure, UsageError } from '../settings.ts';
import { packageVersion } from '../version.ts';
import { addConvert, addGraph, addNew, addSchemas, addValidate } from './bundle-commands.ts';
import { completionScript, type Shell, shells } from './completion.ts';
import { example, type Result } from './options.ts';
import { addDeploy, addList, addRollback, addStats, addTrace, addUndeploy } from './server-commands.ts';
import { addDev, addServe } from './serving-commands.ts';

/** Exit codes: 0 done, 1 the work failed, 2 wrong usage. */
export async function run(args: readonly string[]): Promise<number> {
  const result = { code: 0 };
  // A reader that has seen enough, such as `head`, is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(result.code);
    throw error;
  });
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

function createProgram(result: Result): Command {
  const program = new Command('zerohop')
    .description('Serves Apigee-style proxy bundles; proxies call each other in memory.')
    .version(packageVersion());
  addServe(program);
  addDev(program);
  addDeploy(program, result);
  addUndeploy(program);
  addRollback(program);
  addList(program);
  addStats(program);
  addTrace(program, result);
  addValidate(program, result);
  addGraph(program);
  addNew(program);
  addConvert(program, result);
  addCompletion(program);
  addSchemas(program, result);
  for (const command of [program, ...program.commands]) {
    command.exitOverride().showHelpAfterError('(add --help for usage and an example)');
  }
  return example(program, 'zerohop new hello', 'zerohop dev bundles');
}

function addCompletion(program: Command): void {
  const command = program
    .command('completion')
    .description('print a script that completes commands in a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .action((shell: Shell) => {
      process.stdout.write(completionScript(program, shell));
    });
  example(command, 'eval "$(zerohop completion bash)"');
}
