import type { TraceCall } from '../debug/trace.ts';
import { CommandFailure, parseDuration, parseWholeNumber, UsageError } from '../settings.ts';
import { Client, listMember, member, type ServerOptions, textMember } from './client.ts';
import { differenceOf, differenceText } from './format/trace-difference.ts';
import { traceTree } from './format/trace-tree.ts';
import { counted, hasColor, painter } from './terminal.ts';
import { isCall, isFile, readTrace, saveTrace, type TraceFormat, traceText } from './trace-file.ts';

export interface TraceOptions extends ServerOptions {
  readonly filter?: string;
  readonly count: string;
  readonly timeout: string;
  readonly recent?: boolean;
  readonly variables?: boolean;
  readonly save?: string;
  readonly format?: TraceFormat;
  readonly diff?: boolean;
}

const sessions = '/v1/zerohop/debugsessions';

/** Shows calls: live ones of a running server, those it has kept, or those of a file. @returns the exit code */
export async function trace(names: readonly string[], options: TraceOptions): Promise<number> {
  if (options.diff === true) return compare(names, options);
  const [name, ...more] = names;
  if (more.length > 0) throw new UsageError('Name one proxy or one file; two calls are compared with --diff.');
  const output = new Output(options);
  if (name !== undefined && isFile(name)) for (const call of readTrace(name)) output.add(call);
  else if (options.recent === true) for (const call of await recentCalls(new Client(options), name)) output.add(call);
  else {
    try {
      await follow(new Client(options), name, options, output);
    } catch (error) {
      // What came before it broke off is not lost.
      if (!output.isEmpty) await output.end();
      throw error;
    }
  }
  await output.end();
  return 0;
}

async function follow(client: Client, proxy: string | undefined, options: TraceOptions, output: Output): Promise<void> {
  const session = await client.askWith('POST', sessions, {
    ...(proxy === undefined ? {} : { proxy }),
    filter: options.filter ?? '',
    count: parseWholeNumber(options.count, '--count', 1, 1000),
    timeout: Math.max(1, Math.round(parseDuration(options.timeout, '--timeout') / 1000)),
  });
  const id = textMember(session, 'id') ?? '';
  output.session = id;
  const stop = new AbortController();
  const stopped = (): void => stop.abort();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stopped);
  try {
    process.stderr.write(`Records calls of ${proxy ?? 'all proxies'}; Ctrl-C ends.\n`);
    for await (const { type, data } of await client.events(`${sessions}/${id}/events`, stop.signal)) {
      const call = member(data, 'call');
      if (type === 'call' && isCall(call)) output.add(call);
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error instanceof TypeError ? new CommandFailure('The server has gone.') : error;
  } finally {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.removeListener(signal, stopped);
    // A server that has gone has no session either.
    await client.ask('DELETE', `${sessions}/${id}`).catch((error: unknown) => {
      if (!(error instanceof Error)) throw error;
    });
  }
}

/** What sessions of the server have kept, such as the one of `zerohop dev`, oldest first. */
async function recentCalls(client: Client, proxy: string | undefined): Promise<TraceCall[]> {
  const found = new Map<string, TraceCall>();
  for (const session of listMember(await client.ask('GET', sessions), 'sessions')) {
    const path = `${sessions}/${textMember(session, 'id') ?? ''}/calls`;
    for (const summary of listMember(await client.ask('GET', path), 'calls')) {
      const id = textMember(summary, 'id') ?? '';
      const isWanted =
        proxy === undefined || listMember(summary, 'chain').some((one) => textMember(one, 'proxy') === proxy);
      if (!isWanted || found.has(id)) continue;
      const call = await client.ask('GET', `${path}/${id}`);
      if (isCall(call)) found.set(id, call);
    }
  }
  return [...found.values()].sort((one, other) => one.startedAt - other.startedAt);
}

/** Says where two calls part. @returns 1 when they do */
async function compare(names: readonly string[], options: TraceOptions): Promise<number> {
  const [a, b, ...more] = names;
  if (a === undefined || b === undefined || more.length > 0) {
    throw new UsageError(
      '--diff takes two calls: files, FILE#2 for the second call of one, or ids of calls on the server.',
    );
  }
  const difference = differenceOf(await callNamed(a, options), await callNamed(b, options));
  const isJson = options.json === true || options.format === 'json';
  process.stdout.write(isJson ? `${JSON.stringify(difference, undefined, 2)}\n` : differenceText(difference));
  return difference.parting === undefined ? 0 : 1;
}

async function callNamed(name: string, options: TraceOptions): Promise<TraceCall> {
  if (isFile(name)) {
    const [call] = readTrace(name);
    if (call !== undefined) return call;
  }
  const calls = await recentCalls(new Client(options), undefined);
  const found = calls.find(({ id }) => id === name || (name.length >= 6 && id.startsWith(name)));
  if (found !== undefined) return found;
  throw new CommandFailure(`"${name}" is no file, and no call that the server has kept.`);
}

/** Where calls go: to the terminal as they come, to a file in the end. */
class Output {
  session = '';
  readonly #options: TraceOptions;
  readonly #format: TraceFormat;
  readonly #calls: TraceCall[] = [];

  constructor(options: TraceOptions) {
    this.#options = options;
    this.#format = options.format ?? (options.json === true ? 'json' : 'tree');
  }

  get isEmpty(): boolean {
    return this.#calls.length === 0;
  }

  add(call: TraceCall): void {
    this.#calls.push(call);
    if (this.#format !== 'tree') return;
    const when = new Date(call.startedAt).toISOString().slice(11, 23);
    const paint = painter(hasColor(process.stdout));
    process.stdout.write(`${paint('dim', `${when}  ${call.id}`)}\n`);
    process.stdout.write(`${traceTree(call, paint, this.#options.variables === true)}\n`);
  }

  async end(): Promise<void> {
    const { save } = this.#options;
    if (save !== undefined) {
      await saveTrace(save, traceText(this.#calls, this.#format === 'edge-xml' ? 'edge-xml' : 'json', this.session));
      process.stderr.write(`${counted(this.#calls.length, 'call')} saved in ${save}\n`);
    } else if (this.#format !== 'tree') {
      process.stdout.write(traceText(this.#calls, this.#format, this.session));
    } else if (this.#calls.length === 0) process.stderr.write('No call was recorded.\n');
  }
}
