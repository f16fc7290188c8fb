import type { Exchange } from '../../runtime/message/exchange.ts';
import type { Message } from '../../runtime/message/message.ts';
import { createScriptEngine } from '../../runtime/script/create.ts';
import type { PreparedScript, ScriptEngine, ScriptSource } from '../../runtime/script/engine.ts';
import { type ExchangeOptions, exchangeOf, responseOf } from './exchange.ts';

export const engineKinds = ['quickjs', 'vm'] as const;
export type EngineKind = (typeof engineKinds)[number];

const engines = new Map<EngineKind, Promise<ScriptEngine>>();

/** One engine of each kind for a test file. */
export function engineOf(kind: EngineKind): Promise<ScriptEngine> {
  let engine = engines.get(kind);
  if (engine === undefined) {
    engine = createScriptEngine(kind);
    engines.set(kind, engine);
  }
  return engine;
}

export interface ScriptOptions extends Partial<ScriptSource> {
  readonly kind?: EngineKind;
}

export async function scriptOf(text: string, options: ScriptOptions = {}): Promise<PreparedScript> {
  const engine = await engineOf(options.kind ?? 'quickjs');
  return engine.prepare({
    policy: 'JS-1',
    bundle: 'weather',
    files: [{ name: 'main.js', text }],
    timeLimit: 2000,
    properties: new Map(),
    send: answerer(),
    ...options,
  });
}

/** The variable `out` after a script ran. */
export async function outOf(
  text: string,
  exchange: ExchangeOptions = {},
  options: ScriptOptions = {},
): Promise<unknown> {
  const run = await ran(text, exchange, options);
  return run.read('out');
}

export async function ran(
  text: string,
  exchange: ExchangeOptions = {},
  options: ScriptOptions = {},
): Promise<Exchange> {
  const script = await scriptOf(text, options);
  const made = exchangeOf(exchange);
  await script.run(made);
  return made;
}

export interface Sent {
  readonly url: string;
  readonly request: Message;
}

/** A sender that answers what the path says: `/slow` late, `/status/N` with that status, `/down` not at all. */
export function answerer(
  sent: Sent[] = [],
  unreachable: () => Error = () => new Error('refused'),
): ScriptSource['send'] {
  return async (_, request, url) => {
    sent.push({ url, request });
    await new Promise((resolve) => setTimeout(resolve, url.includes('/slow') ? 30 : 2));
    if (url.includes('/down')) throw unreachable();
    const status = Number(/\/status\/(\d+)/.exec(url)?.[1] ?? 200);
    const body = JSON.stringify({ url, verb: request.verb, body: request.content });
    return responseOf({ status, headers: { 'Content-Type': 'application/json', 'X-Up': 'yes' }, body });
  };
}
