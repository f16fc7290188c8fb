import { type Environment, emptyEnvironment, type TargetServer } from '../../runtime/bundle/environment.ts';
import { targetEndpoint } from '../../runtime/bundle/target.ts';
import { type Diagnostic, Diagnostics, Source } from '../../runtime/diagnostic.ts';
import { Fault } from '../../runtime/fault.ts';
import type { ConnectionCompiler } from '../../runtime/flow/connections.ts';
import type { Target } from '../../runtime/flow/target.ts';
import { compileTemplate } from '../../runtime/language/template.ts';
import type { BodySource } from '../../runtime/message/body.ts';
import { type Exchange, Phase } from '../../runtime/message/exchange.ts';
import type { Message } from '../../runtime/message/message.ts';
import { checkElement } from '../../runtime/schema/check.ts';
import { createConnections, type OwnedConnections } from '../../runtime/target/connections.ts';
import { parseXml } from '../../runtime/xml/parse.ts';
import { type ExchangeOptions, exchangeOf } from './exchange.ts';

export interface TargetUnderTest {
  readonly target: Target;
  readonly connections: OwnedConnections;
  readonly diagnostics: readonly Diagnostic[];
}

/** What connections are compiled with, around plain data in place of a bundle. */
export function connectionCompiler(environment: Partial<Environment> = {}): ConnectionCompiler {
  const diagnostics = new Diagnostics();
  return {
    environment: { ...emptyEnvironment('test'), ...environment },
    diagnostics,
    template: (text, _at, options = {}) => compileTemplate(text, { ...options, xpath: undefined }),
  };
}

/** Diagnostics of a TargetEndpoint with this inside, and its target if it has one. */
export function compileTarget(
  inner: string,
  environment: Partial<Environment> = {},
  connections: OwnedConnections = createConnections(),
): { readonly target: Target | undefined; readonly connections: OwnedConnections; readonly diagnostics: Diagnostic[] } {
  const compiler = connectionCompiler(environment);
  const source = new Source('targets/default.xml', `<TargetEndpoint name="default">${inner}</TargetEndpoint>`);
  const root = parseXml(source, compiler.diagnostics);
  const config = root === undefined ? undefined : checkElement(root, targetEndpoint, compiler.diagnostics);
  if (root === undefined || config === undefined) throw new Error(compiler.diagnostics.list[0]?.message);
  const target = connections.target({ name: 'default', config, at: root.place }, compiler);
  return { target, connections, diagnostics: compiler.diagnostics.list };
}

/** A target that must compile without errors. */
export function targetOf(
  inner: string,
  environment: Partial<Environment> = {},
  connections: OwnedConnections = createConnections(),
): TargetUnderTest {
  const made = compileTarget(inner, environment, connections);
  if (made.target === undefined) throw new Error(made.diagnostics.map((one) => one.message).join(' '));
  return { ...made, target: made.target };
}

/** An HTTPTargetConnection with a URL. */
export function http(url: string, properties: Readonly<Record<string, string>> = {}, more = ''): string {
  const list = Object.entries(properties).map(([name, value]) => `<Property name="${name}">${value}</Property>`);
  return `<HTTPTargetConnection><Properties>${list.join('')}</Properties><URL>${url}</URL>${more}</HTTPTargetConnection>`;
}

/** One call as the flow makes it: `prepare` is the target request flow. */
export async function callTarget(
  target: Target,
  options: ExchangeOptions = {},
  prepare: (exchange: Exchange) => void = () => undefined,
): Promise<Exchange & { response: Message }> {
  const exchange = exchangeOf({ now: Date.now(), ...options });
  exchange.phase = Phase.targetRequest;
  target.begin(exchange);
  prepare(exchange);
  await target.connect(exchange);
  exchange.phase = Phase.targetResponse;
  const { response } = exchange;
  if (response === undefined) throw new Error('The target gave no response');
  return Object.assign(exchange, { response });
}

/** The fault that a call ends in. */
export async function faultOfCall(call: Promise<unknown>): Promise<Fault> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error('The call raised no fault');
}

/** The whole payload of a response, as text. */
export async function textOf(message: Message): Promise<string> {
  await message.body.buffer();
  return message.content;
}

export function targetServer(name: string, port: number, more: Partial<TargetServer> = {}): [string, TargetServer] {
  const server = { name, host: '127.0.0.1', port, isEnabled: true, protocol: 'HTTP', sSLInfo: undefined, ...more };
  return [name, server];
}

/** Takes a payload chunk by chunk; rejects with what the source reports. */
export function readAll(source: BodySource): Promise<string> {
  const chunks: Uint8Array[] = [];
  return new Promise((resolve, reject) => {
    source.start({
      data: (chunk) => chunks.push(chunk),
      end: () => resolve(Buffer.concat(chunks).toString()),
      error: reject,
    });
  });
}
