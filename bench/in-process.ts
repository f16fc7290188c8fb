import { setTimeout as pause } from 'node:timers/promises';
import { type Engine, openEngine } from './engine.ts';

/** What this program is started with, as JSON in its first argument; it prints its findings as JSON. */
export type InProcessTask =
  /** CPU time of a request through each proxy, round by round. */
  | {
      readonly kind: 'run';
      readonly folder: string;
      readonly rounds: number;
      readonly calls: number;
      readonly paths: readonly string[];
      readonly request: SerializedRequest;
    }
  /** What it costs to have the proxies of a folder deployed. */
  | { readonly kind: 'deployed'; readonly folder: string; readonly paths: readonly string[] };

export interface SerializedRequest {
  readonly query: string;
  readonly headers: readonly string[];
  readonly body: string;
}

export interface RunFindings {
  /** Microseconds per request by path, one per round. */
  readonly costs: Readonly<Record<string, readonly number[]>>;
  readonly failed: Readonly<Record<string, string>>;
}

export interface DeployedFindings {
  readonly heapBytes: number;
  readonly lookupMicroseconds: number;
}

async function runAll(task: InProcessTask & { kind: 'run' }): Promise<RunFindings> {
  const engine = await openEngine(task.folder);
  const body = Buffer.from(task.request.body);
  const { query, headers } = task.request;
  const failed: Record<string, string> = {};
  const costs: Record<string, number[]> = {};
  const block = async (path: string, calls: number): Promise<number> => {
    const before = process.cpuUsage();
    for (let call = 0; call < calls; call++) await engine.run({ path, query, headers, body });
    const used = process.cpuUsage(before);
    return (used.user + used.system) / calls;
  };
  for (const path of task.paths) {
    const mistake = await firstMistake(engine, path, { query, headers, body });
    if (mistake === undefined) {
      costs[path] = [];
      await block(path, task.calls * 4);
    } else failed[path] = mistake;
  }
  for (let round = 0; round < task.rounds; round++) {
    for (const [path, values] of Object.entries(costs)) values.push(await block(path, task.calls));
  }
  await engine.close();
  return { costs, failed };
}

async function firstMistake(
  engine: Engine,
  path: string,
  request: { query: string; headers: readonly string[]; body: Buffer },
): Promise<string | undefined> {
  const name = path.split('/')[1] ?? '';
  const refused = engine.refused.get(name);
  if (refused !== undefined) return refused;
  const exchange = await engine.run({ path, ...request });
  const { error, answer } = exchange;
  return error === undefined && answer?.status === 200
    ? undefined
    : `answered ${answer?.status}, ${exchange.fault?.code ?? 'without a fault'}`;
}

async function deployed({ folder, paths }: InProcessTask & { kind: 'deployed' }): Promise<DeployedFindings> {
  const before = await settledHeap();
  const engine = await openEngine(folder);
  const heapBytes = (await settledHeap()) - before;
  const lookups = 200_000;
  let found = 0;
  let cpu = process.cpuUsage();
  for (let pass = 0; pass < 2; pass++) {
    cpu = process.cpuUsage();
    for (let index = 0; index < lookups; index++) {
      if (engine.snapshot.endpointByPath(paths[index % paths.length] ?? '') !== undefined) found++;
    }
  }
  const { user, system } = process.cpuUsage(cpu);
  if (found !== 2 * lookups) throw new Error(`${2 * lookups - found} lookups found no proxy`);
  await engine.close();
  return { heapBytes, lookupMicroseconds: (user + system) / lookups };
}

/** Heap after garbage collection; what waits for finalizers is given time to go. */
async function settledHeap(): Promise<number> {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error('Start with --expose-gc');
  for (let pass = 0; pass < 3; pass++) {
    gc();
    await pause(20);
  }
  return process.memoryUsage().heapUsed;
}

const task = JSON.parse(process.argv[2] ?? '') as InProcessTask;
const findings = task.kind === 'run' ? await runAll(task) : await deployed(task);
process.stdout.write(JSON.stringify(findings));
