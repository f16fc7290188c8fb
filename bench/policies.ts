import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { proxyBundle } from './bundles.ts';
import { type Files, writeFiles } from './files.ts';
import type { InProcessTask, RunFindings } from './in-process.ts';
import type { Bench } from './interleave.ts';
import { policySamples, sampleRequest } from './policy-samples.ts';
import { builtFile, run } from './process.ts';
import type { PeerResult, ScenarioResult } from './results.ts';

/** Steps of one policy in a flow: enough for its cost to stand out from that of the flow. */
const steps = 20;
const calls = 400;
const chainDepth = 10;

interface Measured {
  readonly name: string;
  readonly bundle: string;
  /** Of what a call does more than a call of the bare proxy. */
  readonly times: number;
}

/** In process, without sockets: what one policy costs, and what one more proxy in a chain costs. */
export function measurePolicies(bench: Bench): ScenarioResult {
  const folder = mkdtempSync(join(bench.ground.folder, 'policies-'));
  const files: Record<string, string> = { ...bareProxy('bare', undefined) };
  const measured: Measured[] = policySamples.map(({ name }, index) => ({
    name,
    bundle: `sample-${index}`,
    times: steps,
  }));
  policySamples.forEach((sample, index) => {
    const condition = sample.condition === undefined ? '' : `<Condition>${sample.condition}</Condition>`;
    const flow = `<PreFlow><Request>${`<Step><Name>P</Name>${condition}</Step>`.repeat(steps)}</Request></PreFlow>`;
    const name = `sample-${index}`;
    const parts = { name, basePath: `/${name}`, flows: flow, policies: { P: sample.text }, target: undefined };
    Object.assign(files, proxyBundle(parts), resourcesOf(name, sample.resources ?? {}));
    for (const [file, text] of Object.entries(sample.environment ?? {})) files[`environments/local/${file}`] = text;
  });
  for (let depth = 1; depth <= chainDepth; depth++)
    Object.assign(files, bareProxy(`chain-${depth}`, depth === 1 ? undefined : `chain-${depth - 1}`));
  measured.push({ name: 'LocalTargetConnection, one hop', bundle: `chain-${chainDepth}`, times: chainDepth - 1 });
  writeFiles(folder, files);
  bench.say('policies');
  const findings = runInProcess(bench, {
    kind: 'run',
    folder,
    rounds: bench.rounds,
    calls,
    paths: ['bare', ...measured.map(({ bundle }) => bundle)].map(pathOf),
    request: { ...sampleRequest, body: sampleRequest.body.toString() },
  });
  return resultOf(bench, measured, findings);
}

function resultOf(bench: Bench, measured: readonly Measured[], { costs, failed }: RunFindings): ScenarioResult {
  const bare = costs[pathOf('bare')] ?? [];
  const series = (values: readonly number[]) => [{ metric: 'CPU', unit: 'µs', values }];
  const peers: PeerResult[] = [{ peer: 'a proxy without policies', series: series(bare) }];
  for (const { name, bundle, times } of measured) {
    const values = costs[pathOf(bundle)];
    if (values === undefined)
      bench.skip({
        scenario: 'policies',
        peer: name,
        reason: (failed[pathOf(bundle)] ?? 'not measured').slice(0, 300),
      });
    else peers.push({ peer: name, series: series(values.map((value, at) => (value - (bare[at] ?? 0)) / times)) });
  }
  return { scenario: 'policies', base: 'a proxy without policies', divided: 'others', peers };
}

function pathOf(bundle: string): string {
  return `/${bundle}/products/42`;
}

function resourcesOf(bundle: string, resources: Files): Files {
  return Object.fromEntries(Object.entries(resources).map(([path, text]) => [`${bundle}/apiproxy/${path}`, text]));
}

function bareProxy(name: string, calls: string | undefined): Files {
  const target =
    calls === undefined ? undefined : `<LocalTargetConnection><APIProxy>${calls}</APIProxy></LocalTargetConnection>`;
  return proxyBundle({ name, basePath: `/${name}`, flows: '', policies: {}, target });
}

/** Runs bench/in-process.ts on the server's core. @throws Error when it fails */
export function runInProcess<F = RunFindings>(bench: Bench, task: InProcessTask): F {
  const command = [process.execPath, '--expose-gc', builtFile('in-process.js'), JSON.stringify(task)];
  return JSON.parse(run('taskset', ['-c', String(bench.ground.serverCpu), ...command])) as F;
}
