import type { Command, Option } from 'commander';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** A script that completes commands, options and their values; made from the commands themselves. */
export function completionScript(program: Command, shell: Shell): string {
  const commands = program.commands.filter((command) => !isHidden(command));
  if (shell === 'bash') return bash(commands);
  return shell === 'zsh' ? zsh(commands) : fish(commands);
}

function isHidden(command: Command): boolean {
  return (command as { _hidden?: boolean })._hidden === true;
}

function optionsOf(command: Command): Option[] {
  return command.options.filter((option) => !option.hidden && option.long !== undefined);
}

function bash(commands: readonly Command[]): string {
  const values = commands.flatMap((command) =>
    optionsOf(command)
      .filter((option) => option.argChoices !== undefined)
      .map((option) => `    '${command.name()} ${option.long}') words='${option.argChoices?.join(' ')}' ;;`),
  );
  const options = commands.map((command) => {
    const words = optionsOf(command).map((option) => option.long);
    const choices = command.registeredArguments.flatMap((argument) => argument.argChoices ?? []);
    const rest = choices.length === 0 ? '' : ` rest='${choices.join(' ')}'`;
    return `    ${command.name()}) words='${[...words, '--help'].join(' ')}'${rest} ;;`;
  });
  return `# zerohop, completion for bash: eval "$(zerohop completion bash)"
_zerohop() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD - 1]}" command="\${COMP_WORDS[1]}"
  local words='' rest=''
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W '${commands.map((command) => command.name()).join(' ')} --help --version' -- "$current"))
    return
  fi
  case "$command $previous" in
${values.join('\n')}
  esac
  if [[ -n $words ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    return
  fi
  case "$command" in
${options.join('\n')}
  esac
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  elif [[ -n $rest ]]; then
    COMPREPLY=($(compgen -W "$rest" -- "$current"))
  fi
}
complete -o default -F _zerohop zerohop
`;
}

function zsh(commands: readonly Command[]): string {
  const names = commands.map((command) => `    '${command.name()}:${quoted(command.description(), /:/g)}'`);
  const cases = commands.map((command) => {
    const options = optionsOf(command).map((option) => {
      const value = option.isBoolean()
        ? ''
        : `:value:${option.argChoices === undefined ? '' : `(${option.argChoices.join(' ')})`}`;
      return `'${option.long}[${quoted(option.description, /[[\]:]/g)}]${value}'`;
    });
    const choices = command.registeredArguments.flatMap((argument) => argument.argChoices ?? []);
    const rest = choices.length === 0 ? `'*:path:_files'` : `'1:value:(${choices.join(' ')})'`;
    return `    ${command.name()})\n      _arguments ${[...options, `'--help[show help]'`, rest].join(' \\\n        ')} ;;`;
  });
  return `#compdef zerohop
# zerohop, completion for zsh: eval "$(zerohop completion zsh)"
_zerohop() {
  local -a commands
  commands=(
${names.join('\n')}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${cases.join('\n')}
  esac
}
compdef _zerohop zerohop
`;
}

function fish(commands: readonly Command[]): string {
  const lines = ['# zerohop, completion for fish: zerohop completion fish | source'];
  for (const command of commands) {
    const name = command.name();
    lines.push(`complete -c zerohop -f -n __fish_use_subcommand -a ${name} -d '${quoted(command.description())}'`);
    for (const option of optionsOf(command)) {
      const choices = option.argChoices === undefined ? '' : ` -f -a '${option.argChoices.join(' ')}'`;
      const value = option.isBoolean() ? '' : ` -r${choices}`;
      const flag = option.long?.replace(/^--/, '') ?? '';
      const seen = `'__fish_seen_subcommand_from ${name}'`;
      lines.push(`complete -c zerohop -n ${seen} -l ${flag} -d '${quoted(option.description)}'${value}`);
    }
    const choices = command.registeredArguments.flatMap((argument) => argument.argChoices ?? []);
    if (choices.length === 0) continue;
    lines.push(`complete -c zerohop -f -n '__fish_seen_subcommand_from ${name}' -a '${choices.join(' ')}'`);
  }
  return `${lines.join('\n')}\n`;
}

/** A text inside single quotes of a shell; what else means something there, with a backslash. */
function quoted(text: string, special?: RegExp): string {
  const plain = text.replaceAll("'", '’');
  return special === undefined ? plain : plain.replace(special, (character) => `\\${character}`);
}
