import { parseDuration } from '../settings.ts';
import { Client, type ServerOptions, textMember } from './client.ts';
import { textTable } from './format/text-table.ts';
import { counted } from './terminal.ts';

export interface StatsOptions extends ServerOptions {
  readonly watch?: boolean;
  readonly interval: string;
}

/** Calls of one proxy since its counters began; the shape of `--json`. */
export interface ProxyCalls {
  readonly proxy: string;
  readonly external: number;
  readonly local: number;
  readonly total: number;
  /** Calls that answered 4xx or 5xx. */
  readonly clientErrors: number;
  readonly serverErrors: number;
}

/** Calls per proxy, those from outside and those in memory apart; with `--watch` again and again, until a signal comes. */
export async function stats(options: StatsOptions): Promise<void> {
  const client = new Client(options);
  const interval = parseDuration(options.interval, '--interval');
  let before = await callsOf(client);
  if (options.watch !== true) {
    write(options, before, undefined);
    return;
  }
  const stop = stopSignal();
  write(options, before, undefined);
  let seen = performance.now();
  while (!(await stop.within(interval))) {
    const now = await callsOf(client);
    const time = performance.now();
    write(options, now, { before, seconds: (time - seen) / 1000 });
    before = now;
    seen = time;
  }
}

async function callsOf(client: Client): Promise<ProxyCalls[]> {
  // Of several servers on one store this has the calls of all of them, /metrics those of one.
  return readCalls(await client.ask('GET', '/v1/emulator/analytics'));
}

interface Since {
  readonly before: readonly ProxyCalls[];
  readonly seconds: number;
}

function write(options: StatsOptions, calls: readonly ProxyCalls[], since: Since | undefined): void {
  if (options.json === true) {
    // A line a look for programs that follow; one document otherwise.
    process.stdout.write(`${options.watch === true ? JSON.stringify(calls) : JSON.stringify(calls, undefined, 2)}\n`);
    return;
  }
  if (options.watch === true && process.stdout.isTTY === true) process.stdout.write('\u001b[H\u001b[2J');
  process.stdout.write(statsTable(calls, since));
  if (options.watch === true && process.stdout.isTTY !== true) process.stdout.write('\n');
}

function statsTable(calls: readonly ProxyCalls[], since: Since | undefined): string {
  const head = ['PROXY', 'EXTERNAL', 'LOCAL', 'TOTAL', '4XX', '5XX', ...(since === undefined ? [] : ['PER SECOND'])];
  const rows = calls.map((one) => {
    const cells = [one.external, one.local, one.total, one.clientErrors, one.serverErrors].map(String);
    return [one.proxy, ...cells, ...(since === undefined ? [] : [rateOf(one, since)])];
  });
  const total = calls.reduce((sum, one) => sum + one.total, 0);
  const external = calls.reduce((sum, one) => sum + one.external, 0);
  const sum = `${counted(total, 'proxy call')}, ${external} of them from outside and ${total - external} in memory\n`;
  return calls.length === 0 ? 'No proxy has been called yet.\n' : textTable(head, rows) + sum;
}

function rateOf(now: ProxyCalls, { before, seconds }: Since): string {
  const old = before.find((one) => one.proxy === now.proxy)?.total ?? 0;
  return ((now.total - old) / seconds).toFixed(1);
}

/** Sums up the records of `GET /v1/emulator/analytics`. */
function readCalls(records: unknown): ProxyCalls[] {
  const sums = new Map<string, Map<string, number>>();
  for (const record of Array.isArray(records) ? (records as readonly unknown[]) : []) {
    const proxy = textMember(record, 'apiproxy') ?? '';
    const sum = sums.get(proxy) ?? new Map<string, number>();
    sums.set(proxy, sum);
    const count = (record as { readonly message_count?: unknown }).message_count;
    for (const name of ['caller', 'response_status_class']) {
      const key = textMember(record, name) ?? '';
      sum.set(key, (sum.get(key) ?? 0) + Number(count ?? 0));
    }
  }
  const calls = [...sums].map(([proxy, sum]) => {
    const of = (key: string): number => sum.get(key) ?? 0;
    const [external, local] = [of('external'), of('local')];
    return { proxy, external, local, total: external + local, clientErrors: of('4xx'), serverErrors: of('5xx') };
  });
  return calls.sort((one, other) => (one.proxy < other.proxy ? -1 : 1));
}

/** The first SIGTERM or SIGINT. */
function stopSignal(): { within: (milliseconds: number) => Promise<boolean> } {
  let stop = (): void => undefined;
  const stopped = new Promise<true>((resolve) => {
    stop = () => resolve(true);
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop);
  return {
    within: async (milliseconds) => {
      let timer: NodeJS.Timeout | undefined;
      const waited = new Promise<false>((resolve) => {
        timer = setTimeout(() => resolve(false), milliseconds);
      });
      const isStopped = await Promise.race([stopped, waited]);
      clearTimeout(timer);
      return isStopped;
    },
  };
}
