import { parseArgs } from 'node:util';

export interface Options {
  readonly quick: boolean;
  /** Scenario names, `*` stands for any text; empty: all. */
  readonly scenarios: readonly string[];
  /** Peer names; empty: all. */
  readonly peers: readonly string[];
  readonly rounds: number;
  readonly processes: number;
  /** Share of the usual requests. */
  readonly scale: number;
  readonly base: string;
  readonly compare: string | undefined;
  readonly against: string | undefined;
  readonly out: string | undefined;
  readonly list: boolean;
  readonly mayInstall: boolean;
  readonly serverCpu: number;
  readonly loadCpu: number;
}

export const usage = `npm run bench -- [options]

  --quick             chains in memory against loopback, pass-through against node:http + undici; about 3 minutes
  --scenario NAMES    comma-separated, * stands for any text; default all
  --peers NAMES       comma-separated; default all
  --rounds N          measured rounds of each peer (default 9, --quick 6)
  --processes N       how often each peer is started afresh within them (default 3)
  --scale SHARE       share of the usual requests, 0.05 to see whether everything works (default 1)
  --base NAME         whose numbers are divided by the others' (default zerohop)
  --against REF       also build that commit and measure it as zerohop@REF
  --compare FILE      show the ratios beside those of an earlier run
  --out FILE          where the JSON goes (default bench/results/TIME.json)
  --no-install        skip peers that are not installed
  --server-cpu N, --load-cpu N   the two cores (default 0 and 1)
  --list              names of scenarios and peers
`;

/** @throws Error for an unknown option or a number that is none */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      scenario: { type: 'string', multiple: true, default: [] },
      peers: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      processes: { type: 'string', default: '3' },
      scale: { type: 'string', default: '1' },
      base: { type: 'string', default: 'zerohop' },
      against: { type: 'string' },
      compare: { type: 'string' },
      out: { type: 'string' },
      'no-install': { type: 'boolean', default: false },
      'server-cpu': { type: 'string', default: '0' },
      'load-cpu': { type: 'string', default: '1' },
      list: { type: 'boolean', default: false },
    },
  });
  const rounds = wholeNumber('--rounds', values.rounds ?? (values.quick ? '6' : '9'), 1);
  return {
    quick: values.quick,
    scenarios: namesOf(values.scenario),
    peers: namesOf(values.peers),
    rounds,
    processes: Math.min(rounds, wholeNumber('--processes', values.processes, 1)),
    scale: shareOf(values.scale),
    base: values.base,
    compare: values.compare,
    against: values.against,
    out: values.out,
    list: values.list,
    mayInstall: !values['no-install'],
    serverCpu: wholeNumber('--server-cpu', values['server-cpu'], 0),
    loadCpu: wholeNumber('--load-cpu', values['load-cpu'], 0),
  };
}

function namesOf(lists: readonly string[]): string[] {
  return lists.flatMap((list) => list.split(',')).filter((name) => name !== '');
}

function wholeNumber(option: string, text: string, least: number): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < least)
    throw new Error(`${option} takes a whole number from ${least} on, not "${text}"`);
  return number;
}

function shareOf(text: string): number {
  const share = Number(text);
  if (!(share > 0 && share <= 10)) throw new Error(`--scale takes a number above 0, up to 10, not "${text}"`);
  return share;
}

/** Whether a name is one of those asked for. */
export function isChosen(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => {
    const parts = pattern.split('*').map((part) => part.replace(/[.+?^{}()|[\]\\$]/g, '\\$&'));
    return new RegExp(`^${parts.join('.*')}$`).test(name);
  });
}
