import { type ScenarioResult, seriesOf } from './results.ts';

/** What one more proxy in a chain costs: the difference between the longest and the shortest chain, per hop. */
export function extraHops(results: readonly ScenarioResult[]): ScenarioResult[] {
  return (['static', 'backend'] as const).flatMap((end) => {
    const chains = results
      .filter((one) => one.scenario.startsWith(`chain-${end}-`))
      .toSorted((a, b) => depthOf(a) - depthOf(b));
    const [short, long] = [chains.at(0), chains.at(-1)];
    if (short === undefined || long === undefined || short === long) return [];
    const hops = depthOf(long) - depthOf(short);
    const peers = short.peers.flatMap(({ peer }) => {
      const [few, many] = [seriesOf(short, peer, 'CPU'), seriesOf(long, peer, 'CPU')];
      if (few === undefined || many === undefined) return [];
      const values = many.values.slice(0, few.values.length).map((value, at) => (value - (few.values[at] ?? 0)) / hops);
      return [{ peer, series: [{ metric: 'CPU', unit: 'µs per extra hop', values }] }];
    });
    return [{ scenario: `extra-hop-${end}`, base: short.base, divided: 'base', peers }];
  });
}

function depthOf({ scenario }: ScenarioResult): number {
  return Number(scenario.slice(scenario.lastIndexOf('-') + 1));
}
