import { type Command, Option } from 'commander';

/** What a command sets beside what it prints: the exit code of the process. */
export interface Result {
  code: number;
}

/** An option that can also be given as `ZEROHOP_VARIABLE` in the environment. */
export function setting(flags: string, description: string, variable: string, value?: string): Option {
  const option = new Option(flags, description).env(`ZEROHOP_${variable}`);
  return value === undefined ? option : option.default(value);
}

/** Ends the help of a command with lines that work as they stand. */
export function example(command: Command, ...lines: readonly string[]): Command {
  return command.addHelpText('after', `\nExample:\n${lines.map((line) => `  ${line}`).join('\n')}`);
}

/** Options of a command that talks to a running server. */
export function serverOptions(command: Command): Command {
  return command
    .addOption(setting('--server <url>', 'management port of the server', 'SERVER', 'http://127.0.0.1:8080'))
    .addOption(setting('--token <token>', 'bearer token, when the server asks for one', 'TOKEN'))
    .addOption(setting('--environment <name>', 'environment; default: the one that is served', 'ENVIRONMENT'))
    .option('--json', 'print JSON, for programs');
}
