import { type CallCountKeeper, type KeeperOptions, LoneCallCountKeeper } from './call-count-keeper.ts';
import { SharedCallCountKeeper } from './shared-call-counts.ts';

/** Goes on from what the store has, or adds to it where others do as well. */
export async function openCallCountKeeper(options: KeeperOptions): Promise<CallCountKeeper> {
  const { shared } = options.store;
  return shared === undefined ? LoneCallCountKeeper.open(options) : new SharedCallCountKeeper(options, shared);
}
