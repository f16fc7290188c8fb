import { ratios, type Spread, spreadOf } from './statistics.ts';

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
  /** Whom all others are compared with. */
  readonly base: string;
  /** What is divided: the base by the others, or the others by the base. */
  readonly divided: 'base' | 'others';
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

/** Base and peer compared round by round, so that what slowed the machine for a while slowed both. */
export function ratioOf(result: ScenarioResult, peer: string, metric: string): Spread | undefined {
  const [base, other] = [seriesOf(result, result.base, metric)?.values, seriesOf(result, peer, metric)?.values];
  if (base === undefined || other === undefined || base.length === 0 || other.length === 0) return undefined;
  return spreadOf(result.divided === 'base' ? ratios(base, other) : ratios(other, base));
}

/** The heading of such ratios. */
export function ratioName({ base, divided }: ScenarioResult): string {
  return divided === 'base' ? `${base} ÷ it` : `it ÷ ${base}`;
}

export function seriesOf(result: ScenarioResult, peer: string, metric?: string): Series | undefined {
  const series = result.peers.find((one) => one.peer === peer)?.series;
  return metric === undefined ? series?.[0] : series?.find((one) => one.metric === metric);
}
