import type { Deployments } from '../deployment/deployments.ts';
import type { Log } from '../log.ts';
import type { CallCountKeeper } from '../state/call-count-keeper.ts';
import type { CallCounts } from '../state/call-counts.ts';
import type { Store } from '../state/store.ts';
import type { Metrics } from './metrics.ts';

/** What the handlers of the management port work on. */
export interface ApiContext {
  readonly deployments: Deployments;
  /** Where key value maps live. */
  readonly store: Store;
  readonly counts: CallCounts;
  readonly keeper: CallCountKeeper;
  readonly metrics: Metrics;
  /** Of zerohop. */
  readonly version: string;
  readonly log: Log;
  /** Port that traffic is served on. */
  readonly trafficPort: number;
  /** Whether traffic is served; false while the server shuts down. */
  ready(): boolean;
}
