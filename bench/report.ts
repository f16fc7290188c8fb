import { spawnSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import { extraHops } from './extra-hop.ts';
import { goalRows } from './goals.ts';
import type { Options } from './options.ts';
import type { Results, ScenarioResult, Skipped } from './results.ts';
import { alignColumns, scenarioRows } from './table.ts';

/** The table of a run, with what was left out and what the goals say. */
export function reportText({ scenarios, skipped }: Results): string {
  const parts = scenarios.map((one) => alignColumns(scenarioRows(one)));
  const goals = alignColumns(goalRows(scenarios));
  if (goals.length > 0) parts.push(goals);
  if (skipped.length > 0) parts.push(['left out', ...skipped.map(skippedText)]);
  return `\n${parts.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function skippedText({ scenario, peer, reason }: Skipped): string {
  return `  ${peer}${scenario === undefined ? '' : ` in ${scenario}`}: ${reason}`;
}

export function resultsOf(
  repository: string,
  options: Options,
  scenarios: ScenarioResult[],
  skipped: Skipped[],
): Results {
  return { about: about(repository, options), scenarios: [...scenarios, ...extraHops(scenarios)], skipped };
}

/** What one must know to judge a run: the program, the machine, the method. */
function about(repository: string, options: Options): Results['about'] {
  const git = (...args: string[]): string =>
    spawnSync('git', args, { cwd: repository, encoding: 'utf8' }).stdout.trim();
  return {
    time: new Date().toISOString(),
    commit: git('rev-parse', '--short', 'HEAD'),
    changedFiles: git('status', '--porcelain')
      .split('\n')
      .filter((line) => line !== '').length,
    node: process.version,
    kernel: release(),
    cpu: cpus()[0]?.model ?? '',
    cores: cpus().length,
    memoryMegabytes: Math.round(totalmem() / 1024 / 1024),
    rounds: options.rounds,
    processes: options.processes,
    scale: options.scale,
  };
}
