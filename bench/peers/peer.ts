import type { Running } from '../process.ts';
import type { Workload } from '../scenarios.ts';

/** What every peer is given. */
export interface Ground {
  /** Scratch folder of this run. */
  readonly folder: string;
  /** Kept between runs: what peers install. */
  readonly cache: string;
  readonly serverCpu: number;
  readonly backendPort: number;
  /** Whether missing peers may be installed. */
  readonly mayInstall: boolean;
}

/** A contestant. */
export interface Peer {
  readonly name: string;
  /** One line for the reader of the table. */
  readonly what: string;
  serves(workload: Workload): boolean;
  /** Gets ready; tells the reason when that cannot be. */
  install(ground: Ground): Promise<string | undefined>;
  start(workload: Workload, ground: Ground): Promise<Running>;
}

/** The path that is asked to see whether a server serves. */
export function probePath(workload: Workload): string {
  if (workload.kind === 'realistic') return '/bench/products/42?fields=name,price';
  return workload.kind === 'chain' ? `/hop-${workload.depth}/products/42` : '/bench/products/42';
}
