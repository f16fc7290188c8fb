import { type Bench, interleave } from './interleave.ts';
import type { Peer } from './peers/peer.ts';
import { zerohop } from './peers/zerohop.ts';
import type { ScenarioResult } from './results.ts';
import { scenarios } from './scenarios.ts';

/** What debug sessions cost: with none, with one on another proxy, and with one on the proxy that is called. */
export const sessionScenarios = ['sessions-pass-through', 'sessions-chain-3'] as const;

/** The scenario of the same load, and the proxy that it calls. */
const loads = {
  'sessions-pass-through': { scenario: 'pass-through', proxy: 'bench' },
  'sessions-chain-3': { scenario: 'chain-backend-3', proxy: 'hop-3' },
} as const;

export async function measureSessions(bench: Bench, name: (typeof sessionScenarios)[number]): Promise<ScenarioResult> {
  const load = loads[name];
  const scenario = scenarios.find((one) => one.name === load.scenario);
  if (scenario === undefined) throw new Error(`There is no scenario ${load.scenario}`);
  const peer = (title: string, session: string | undefined): Peer =>
    zerohop({ name: title, what: '', hops: 'LocalTargetConnection', others: 1, ...(session && { session }) });
  const peers = [
    peer('no session', undefined),
    peer('one on another proxy', 'other-0'),
    peer('one on this proxy', load.proxy),
  ];
  const result = await interleave({ ...bench, base: 'no session' }, { ...scenario, name }, peers);
  return { ...result, divided: 'others' };
}
