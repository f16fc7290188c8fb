import type { LoadProcess } from './load-process.ts';
import type { Ground, Peer } from './peers/peer.ts';
import type { Running } from './process.ts';
import type { PeerResult, ScenarioResult, Skipped } from './results.ts';
import type { Scenario } from './scenarios.ts';

/** What every experiment works with. */
export interface Bench {
  readonly ground: Ground;
  readonly load: LoadProcess;
  /** Rounds of each peer, over all its processes. */
  readonly rounds: number;
  /** How often each peer is started afresh: two processes of one program differ more than two rounds of one process. */
  readonly processes: number;
  /** Share of a scenario's requests that is sent. */
  readonly scale: number;
  readonly base: string;
  /** Told of a peer that cannot take part. */
  skip(skipped: Skipped): void;
  /** Tells what is going on. */
  say(text: string): void;
}

interface Contestant {
  readonly peer: Peer;
  readonly cpu: number[];
  readonly rate: number[];
}

/**
 * Measures peers in turns: every round sends the same requests to each, the first one changing from round to round. A
 * peer that cannot be started or answers wrongly is named and left out of this scenario, with all its rounds.
 */
export async function interleave(bench: Bench, scenario: Scenario, peers: readonly Peer[]): Promise<ScenarioResult> {
  let contestants: Contestant[] = peers.map((peer) => ({ peer, cpu: [], rate: [] }));
  const drop = (contestant: Contestant, error: unknown): void => {
    contestants = contestants.filter((one) => one !== contestant);
    bench.skip({ scenario: scenario.name, peer: contestant.peer.name, reason: firstLines(error) });
  };
  const perProcess = Math.max(1, Math.round(bench.rounds / bench.processes));
  for (let started = 0; started < bench.processes; started++) {
    const running = new Map<Contestant, Running>();
    try {
      for (const one of contestants) {
        try {
          running.set(one, await one.peer.start(scenario.workload, bench.ground));
        } catch (error) {
          drop(one, error);
        }
      }
      for (let round = -1; round < perProcess; round++) {
        bench.say(
          `${scenario.name}: process ${started + 1} of ${bench.processes}, ${round === -1 ? 'warm-up' : `round ${round + 1} of ${perProcess}`}`,
        );
        for (const one of rotated(contestants, round + 1)) {
          try {
            await oneRound(bench, scenario, one, running.get(one), round === -1);
          } catch (error) {
            drop(one, error);
          }
        }
      }
    } finally {
      await Promise.all([...running.values()].map((server) => server.stop()));
    }
  }
  return {
    scenario: scenario.name,
    base: baseOf(bench, contestants),
    divided: 'base',
    peers: contestants.map(resultOf),
  };
}

/** Enough for the compiler of Node.js to settle; servers that need longer than this for the requests are slow anyway. */
const warmupSeconds = 2.5;
/** A number, since Infinity does not survive the way to the other process. */
const unlimited = 1e9;

async function oneRound(
  bench: Bench,
  scenario: Scenario,
  contestant: Contestant,
  server: Running | undefined,
  warmup: boolean,
): Promise<void> {
  if (server === undefined) return;
  const { order } = scenario;
  const requests = Math.max(order.connections, Math.round((warmup ? scenario.warmup : order.requests) * bench.scale));
  const settle = Math.min(200, Math.ceil(order.requests / 10));
  const { port, pids } = server;
  const result = await bench.load.send({
    ...order,
    requests,
    mostSeconds: warmup ? warmupSeconds : unlimited,
    warmup: settle,
    port,
    pids,
  });
  if (warmup) return;
  contestant.cpu.push(result.cpuNanoseconds / 1000 / requests);
  contestant.rate.push(requests / (result.nanoseconds / 1e9));
}

function resultOf({ peer, cpu, rate }: Contestant): PeerResult {
  return {
    peer: peer.name,
    series: [
      { metric: 'CPU', unit: 'µs per request', values: cpu },
      { metric: 'rate', unit: 'requests/s', values: rate },
    ],
  };
}

function baseOf(bench: Bench, contestants: readonly Contestant[]): string {
  const names = contestants.map(({ peer }) => peer.name);
  return names.includes(bench.base) ? bench.base : (names[0] ?? bench.base);
}

export function rotated<T>(list: readonly T[], by: number): T[] {
  if (list.length === 0) return [];
  const start = by % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}

/** The beginning of what went wrong, for one line of a list. */
export function firstLines(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(0, 6)
    .join(' | ')
    .slice(0, 600);
}
