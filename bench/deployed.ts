import { join } from 'node:path';
import { otherBasePath } from './bundles.ts';
import { residentBytes } from './cpu-time.ts';
import type { DeployedFindings } from './in-process.ts';
import { type Bench, interleave, rotated } from './interleave.ts';
import type { Peer } from './peers/peer.ts';
import { zerohop } from './peers/zerohop.ts';
import { runInProcess } from './policies.ts';
import type { ScenarioResult, Series } from './results.ts';
import { staticAnswer } from './scenarios.ts';

const mebibyte = 1024 * 1024;

/** The same request with more and more proxies deployed beside the one it goes to, which have eleven files each. */
export async function measureDeployed(bench: Bench, sizes: readonly number[]): Promise<ScenarioResult> {
  const peers = sizes.map((others) =>
    zerohop({
      name: `${others} proxies`,
      what: '',
      hops: 'LocalTargetConnection',
      others,
      keepBundles: bundleFolder(bench, others),
    }),
  );
  // One process each: what differs here is the number of proxies, and ten thousand take long to start.
  const request = await interleave(
    { ...bench, processes: 1, base: peers[0]?.name ?? '' },
    { ...staticAnswer, name: 'deployed' },
    peers,
  );
  const starts = await measureStarts(bench, peers);
  const costs = sizes.map((size) => inProcess(bench, size));
  return {
    ...request,
    divided: 'others',
    peers: request.peers.map(({ peer, series }) => {
      const index = peers.findIndex(({ name }) => name === peer);
      return { peer, series: [...series.slice(0, 1), ...(starts[index] ?? []), ...(costs[index] ?? [])] };
    }),
  };
}

/** Time to the first answer and memory after it, in turns, three times. */
async function measureStarts(bench: Bench, peers: readonly Peer[]): Promise<Series[][]> {
  const found = peers.map(() => ({ time: [] as number[], memory: [] as number[] }));
  for (let round = 0; round < Math.min(3, bench.rounds); round++) {
    for (const peer of rotated(peers, round)) {
      bench.say(`deployed: start with ${peer.name}, round ${round + 1}`);
      const server = await peer.start({ kind: 'static' }, bench.ground);
      const into = found[peers.indexOf(peer)];
      into?.time.push(server.startMilliseconds);
      into?.memory.push(residentBytes(server.pids) / mebibyte);
      await server.stop();
    }
  }
  return found.map(({ time, memory }) => [
    { metric: 'to first answer', unit: 'ms', values: time },
    { metric: 'resident', unit: 'MB', values: memory },
  ]);
}

/** Written at the first start, then used for all. */
function bundleFolder({ ground }: Bench, others: number): string {
  return join(ground.folder, `deployed-${others}`);
}

/** Heap of the deployment after garbage collection, and the cost of finding a proxy by path. */
function inProcess(bench: Bench, others: number): Series[] {
  bench.say(`deployed: heap and lookup with ${others} proxies`);
  const folder = bundleFolder(bench, others);
  const step = Math.max(1, Math.floor(others / 1000));
  const paths = Array.from(
    { length: Math.min(others, 1000) },
    (_, index) => `${otherBasePath(index * step)}/products/42`,
  );
  const findings = runInProcess<DeployedFindings>(bench, { kind: 'deployed', folder, paths });
  return [
    { metric: 'heap', unit: 'MB', values: [findings.heapBytes / mebibyte] },
    { metric: 'lookup', unit: 'µs', values: [findings.lookupMicroseconds] },
  ];
}
