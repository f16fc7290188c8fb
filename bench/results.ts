/** Values of one quantity, one per round. */
export interface Series {
  readonly metric: string;
  readonly unit: string;
  readonly values: readonly number[];
}

export interface PeerResult {
  readonly peer: string;
  /** The first one is what the scenario is about. */
  readonly series: readonly Series[];
}

export interface ScenarioResult {
  readonly scenario: string;
  /** Whose values are divided by those of the others. */
  readonly base: string;
  readonly peers: readonly PeerResult[];
}

/** Somebody who was asked for and is not in the table. */
export interface Skipped {
  readonly scenario: string | undefined;
  readonly peer: string;
  readonly reason: string;
}

export interface Results {
  readonly about: Readonly<Record<string, string | number>>;
  readonly scenarios: readonly ScenarioResult[];
  readonly skipped: readonly Skipped[];
}

export function seriesOf(result: ScenarioResult, peer: string, metric?: string): Series | undefined {
  const series = result.peers.find((one) => one.peer === peer)?.series;
  return metric === undefined ? series?.[0] : series?.find((one) => one.metric === metric);
}
