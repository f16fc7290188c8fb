import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { buildCommit } from './against.ts';
import { comparisonRows } from './compare.ts';
import { measureDeployed } from './deployed.ts';
import { type Bench, firstLines, interleave } from './interleave.ts';
import { startLoadProcess } from './load-process.ts';
import { type Options, parseOptions, usage } from './options.ts';
import { peers } from './peers/all.ts';
import type { Ground, Peer } from './peers/peer.ts';
import { zerohop } from './peers/zerohop.ts';
import { measurePolicies } from './policies.ts';
import { builtFile, pin } from './process.ts';
import { reportText, resultsOf } from './report.ts';
import type { Results, ScenarioResult, Skipped } from './results.ts';
import { listText, type Selection, select, strangers } from './selection.ts';
import { measureSessions, sessionScenarios } from './sessions.ts';
import { measureStart } from './start.ts';
import { alignColumns } from './table.ts';

const repository = repositoryOf(builtFile('run.js'));
const deployedSizes = [10, 1000, 10_000];
/** For a run that only shows whether everything works. */
const fewDeployed = [10, 100];

async function main(args: readonly string[]): Promise<number> {
  let options: Options;
  try {
    options = parseOptions(args);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    return 2;
  }
  if (options.list) {
    process.stdout.write(listText(peers));
    return 0;
  }
  const problem = strangers(options, peers) ?? problemWithMachine(options);
  if (problem !== undefined) {
    process.stderr.write(`${problem}\n`);
    return 2;
  }
  const folder = mkdtempSync(join(tmpdir(), 'zerohop-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  // An interrupted run takes its servers and its folder with it.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  return bench(options, folder);
}

function problemWithMachine({ serverCpu, loadCpu }: Options): string | undefined {
  if (!existsSync('/proc/self/schedstat'))
    return 'The bench reads CPU time from /proc/PID/task/TID/schedstat: it needs Linux.';
  if (serverCpu === loadCpu || Math.max(serverCpu, loadCpu) >= cpus().length) {
    return `Server and load need a core each: --server-cpu ${serverCpu} --load-cpu ${loadCpu}, and there are ${cpus().length}.`;
  }
  return undefined;
}

async function bench(options: Options, folder: string): Promise<number> {
  const busy = loadavg()[0] ?? 0;
  if (busy > 0.5) say(`The machine is not quiet (load ${busy.toFixed(2)}): the spread will be wide.`);
  const added = options.against === undefined ? [] : [otherCommit(options.against, folder)];
  pin(process.pid, options.loadCpu);
  const load = await startLoadProcess(options.loadCpu);
  const skipped: Skipped[] = [];
  const { serverCpu, mayInstall, rounds, processes, scale, base } = options;
  const cache = join(tmpdir(), 'zerohop-bench-peers');
  const ground: Ground = { folder, cache, serverCpu, backendPort: load.backendPort, mayInstall };
  const given: Bench = { ground, load, rounds, processes, scale, base, say, skip: (one) => tellSkipped(skipped, one) };
  try {
    const selection = select(options, await readyPeers(options, added, given), added);
    const results = resultsOf(repository, options, await measure(given, selection), skipped);
    process.stdout.write(reportText(results));
    finish(results, options);
    return results.scenarios.length > 0 && !skipped.some((one) => one.peer.startsWith('zerohop')) ? 0 : 1;
  } finally {
    load.stop();
  }
}

function otherCommit(reference: string, folder: string): Peer {
  say(`building ${reference}`);
  const { main: program, commit } = buildCommit(repository, reference, folder);
  const name = `zerohop@${reference}`;
  return zerohop({ name, what: `commit ${commit}`, hops: 'LocalTargetConnection', main: program });
}

/** Peers that are installed, or could be just now. */
async function readyPeers(options: Options, added: readonly Peer[], given: Bench): Promise<Peer[]> {
  const wanted = select(options, peers, added).peers;
  const ready: Peer[] = [];
  for (const peer of wanted) {
    if (added.includes(peer)) continue;
    say(`preparing ${peer.name}`);
    const reason = await peer.install(given.ground);
    if (reason === undefined) ready.push(peer);
    else given.skip({ scenario: undefined, peer: peer.name, reason });
  }
  return ready;
}

async function measure(given: Bench, { loads, others, peers: taking }: Selection): Promise<ScenarioResult[]> {
  const results: ScenarioResult[] = [];
  for (const { scenario, peers: contestants } of loads) results.push(await interleave(given, scenario, contestants));
  const experiments: Readonly<Record<string, () => Promise<ScenarioResult> | ScenarioResult>> = {
    start: () => measureStart(given, taking),
    deployed: () => measureDeployed(given, given.scale < 1 ? fewDeployed : deployedSizes),
    policies: () => measurePolicies(given),
    ...Object.fromEntries(sessionScenarios.map((name) => [name, () => measureSessions(given, name)])),
  };
  for (const name of others) {
    try {
      const result = await experiments[name]?.();
      if (result !== undefined) results.push(result);
    } catch (error) {
      given.skip({ scenario: name, peer: 'zerohop', reason: firstLines(error) });
    }
  }
  return results;
}

/** The nearest folder above with a package.json: the build may lie deeper than usual. */
function repositoryOf(file: string): string {
  let folder = dirname(file);
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

function tellSkipped(skipped: Skipped[], one: Skipped): void {
  skipped.push(one);
  say(`left out: ${one.peer}${one.scenario === undefined ? '' : ` in ${one.scenario}`}: ${one.reason}`);
}

function finish(results: Results, options: Options): void {
  const name = `${results.about.time}`.replace(/[:.]/g, '-');
  const file = options.out ?? join(repository, 'bench', 'results', `${name}.json`);
  mkdirSync(dirname(resolve(file)), { recursive: true });
  writeFileSync(file, `${JSON.stringify(results, undefined, 2)}\n`);
  if (options.compare !== undefined) {
    const before = JSON.parse(readFileSync(options.compare, 'utf8')) as Results;
    process.stdout.write(`\n${alignColumns(comparisonRows(before, results)).join('\n')}\n`);
  }
  process.stdout.write(`\n${results.scenarios.length} scenarios measured, written to ${file}\n`);
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

process.exitCode = await main(process.argv.slice(2));
