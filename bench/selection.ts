import { isChosen, type Options } from './options.ts';
import type { Peer } from './peers/peer.ts';
import { quick, type Scenario, scenarios } from './scenarios.ts';
import { sessionScenarios } from './sessions.ts';

/** Scenarios that are more than load on a server. */
export const otherScenarios = ['start', 'deployed', 'policies', ...sessionScenarios] as const;

const scenarioNames: readonly string[] = [...scenarios.map(({ name }) => name), ...otherScenarios];

/** What a run measures, and with whom. */
export interface Selection {
  readonly loads: readonly { readonly scenario: Scenario; readonly peers: readonly Peer[] }[];
  readonly others: readonly string[];
  /** Everybody who takes part anywhere. */
  readonly peers: readonly Peer[];
}

/** @param added peers that take part beside those asked for, where they can */
export function select(options: Options, peers: readonly Peer[], added: readonly Peer[]): Selection {
  const chosen = options.scenarios.length > 0 ? options.scenarios : options.quick ? Object.keys(quick) : ['*'];
  // Measuring one commit against another is about the two of them, unless peers are named.
  const asked = options.peers.length > 0 ? options.peers : options.against !== undefined ? [options.base] : ['*'];
  const wanted = [...peers.filter(({ name }) => isChosen(name, asked)), ...added];
  const loads = scenarios
    .filter(({ name }) => isChosen(name, chosen))
    .map((scenario) => ({ scenario, peers: wanted.filter((peer) => takesPart(peer, scenario, options, added)) }))
    .filter((one) => one.peers.length > 0);
  const others = otherScenarios.filter((name) => isChosen(name, chosen));
  const taking = others.includes('start')
    ? wanted
    : wanted.filter((peer) => loads.some((one) => one.peers.includes(peer)));
  return { loads, others, peers: taking };
}

function takesPart(peer: Peer, { name, workload }: Scenario, options: Options, added: readonly Peer[]): boolean {
  if (!peer.serves(workload)) return false;
  const narrowed = options.quick && options.peers.length === 0 && !added.includes(peer);
  return !narrowed || (quick[name]?.includes(peer.name) ?? true);
}

/** What is wrong with the names that were given. */
export function strangers(options: Options, peers: readonly Peer[]): string | undefined {
  const scenario = options.scenarios.find((pattern) => !scenarioNames.some((name) => isChosen(name, [pattern])));
  if (scenario !== undefined) return `There is no scenario "${scenario}"; --list shows them.`;
  const peer = options.peers.find((pattern) => !peers.some(({ name }) => isChosen(name, [pattern])));
  if (peer !== undefined) return `There is no peer "${peer}"; --list shows them.`;
  return undefined;
}

export function listText(peers: readonly Peer[]): string {
  const rows = peers.map(({ name, what }) => `  ${name.padEnd(20)}${what}`);
  return `scenarios\n  ${scenarioNames.join(', ')}\n\npeers\n${rows.join('\n')}\n`;
}
