import { cpuBetween, readCpuTime } from './cpu-time.ts';
import { type Bench, firstLines, rotated } from './interleave.ts';
import type { Peer } from './peers/peer.ts';
import type { PeerResult, ScenarioResult } from './results.ts';
import type { Workload } from './scenarios.ts';

/** Process start to first right answer, with one proxy, in turns. */
export async function measureStart(bench: Bench, peers: readonly Peer[]): Promise<ScenarioResult> {
  const workload: Workload = { kind: 'pass-through' };
  let contestants = peers
    .filter((peer) => peer.serves(workload))
    .map((peer) => ({ peer, wall: [] as number[], cpu: [] as number[] }));
  for (let round = -1; round < bench.rounds; round++) {
    bench.say(`start: ${round === -1 ? 'warm-up of the page cache' : `round ${round + 1} of ${bench.rounds}`}`);
    for (const one of rotated(contestants, round + 1)) {
      try {
        const server = await one.peer.start(workload, bench.ground);
        const used = cpuBetween(readCpuTime([]), readCpuTime(server.pids));
        await server.stop();
        if (round === -1) continue;
        one.wall.push(server.startMilliseconds);
        one.cpu.push(used / 1e6);
      } catch (error) {
        contestants = contestants.filter((other) => other !== one);
        bench.skip({ scenario: 'start', peer: one.peer.name, reason: firstLines(error) });
      }
    }
  }
  const results: PeerResult[] = contestants.map(({ peer, wall, cpu }) => ({
    peer: peer.name,
    series: [
      { metric: 'to first answer', unit: 'ms', values: wall },
      { metric: 'CPU', unit: 'ms', values: cpu },
    ],
  }));
  const base = results.some(({ peer }) => peer === bench.base) ? bench.base : (results[0]?.peer ?? bench.base);
  return { scenario: 'start', base, divided: 'base', peers: results };
}
