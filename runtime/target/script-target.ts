import type { Resource } from '../bundle/bundle.ts';
import type { ScriptTargetConfig } from '../bundle/target.ts';
import { Fault, flowFaults } from '../fault.ts';
import type { ConnectionCompiler } from '../flow/connections.ts';
import type { LocalCall, Target } from '../flow/target.ts';
import { type Reader, SetVariableError, variableReader } from '../language/variables.ts';
import type { Log } from '../log.ts';
import { BodyNeed } from '../message/body-need.ts';
import type { Exchange } from '../message/exchange.ts';
import type { HttpConnection } from './http-connection.ts';
import { HttpTarget } from './http-target.ts';
import { NodeProcess } from './node-process.ts';
import { readChanges, variablesHeader, writeVariables } from './node-variables.ts';
import { readTargetProperties } from './target-properties.ts';

/** Variables that an application may read besides the custom ones; those it names in its own text are sent as well. */
const usualVariables = [
  'organization.name',
  'environment.name',
  'apiproxy.name',
  'apiproxy.revision',
  'proxy.basepath',
  'proxy.pathsuffix',
  'messageid',
  'client.ip',
  'request.verb',
  'request.uri',
  'request.path',
];

/**
 * ScriptTarget: a Node.js application of the bundle in a process of its own. Apigee Edge: adding Node.js to an API proxy.
 * @param plain a connection, whose URL is replaced
 */
export function compileScriptTarget(
  name: string,
  config: ScriptTargetConfig,
  plain: HttpConnection,
  log: Log,
  compiler: ConnectionCompiler,
): Target | undefined {
  const { diagnostics, bundle } = compiler;
  const { ResourceURL: url } = config;
  const script = /^node:\/\/(.+)$/.exec(url.text)?.[1];
  if (script === undefined || bundle?.resources.has(url.text) !== true) {
    const hint = 'Write node://FILE for a file below resources/node/.';
    diagnostics.error('ZH666', url.at, `There is no Node.js application "${url.text}" in the bundle.`, hint);
    return undefined;
  }
  const resources = [...bundle.resources.values()].filter((resource) => resource.type === 'node');
  const variables = config.EnvironmentVariables?.EnvironmentVariable ?? [];
  const application = new NodeProcess(
    {
      proxy: bundle.name,
      target: name,
      script,
      arguments: (config.Arguments?.Argument ?? []).map((one) => one.text),
      environment: Object.fromEntries(variables.map((one) => [one.name.text, one.text ?? ''])),
      resources,
    },
    log,
  );
  const connection: HttpConnection = {
    ...plain,
    properties: readTargetProperties(config.Properties, diagnostics),
    url: {
      render: () => `http://127.0.0.1:${application.port ?? 0}`,
      needs: BodyNeed.none,
      constant: undefined,
      reads: [],
      usesXPath: false,
      warnings: [],
    },
  };
  return new ScriptTarget(new HttpTarget(name, connection), application, readersOf(resources));
}

class ScriptTarget implements Target {
  readonly needs: BodyNeed = BodyNeed.none;
  readonly calls: readonly LocalCall[] = [];
  readonly #http: HttpTarget;
  readonly #application: NodeProcess;
  readonly #readers: readonly (readonly [name: string, read: Reader])[];

  constructor(http: HttpTarget, application: NodeProcess, readers: readonly (readonly [string, Reader])[]) {
    this.#http = http;
    this.#application = application;
    this.#readers = readers;
  }

  begin(exchange: Exchange): void {
    this.#http.begin(exchange);
  }

  async connect(exchange: Exchange): Promise<void> {
    if ((await this.#application.ready()) === undefined) throw new Fault(flowFaults.serviceUnavailable);
    const { headers } = exchange.request;
    headers.set(variablesHeader, writeVariables(this.#variables(exchange)));
    try {
      await this.#http.connect(exchange);
    } finally {
      headers.remove(variablesHeader);
    }
    takeChanges(exchange);
  }

  isError(status: number): boolean {
    return this.#http.isError(status);
  }

  close(): void {
    this.#application.close();
  }

  *#variables(exchange: Exchange): Generator<readonly [string, unknown]> {
    for (const [name, read] of this.#readers) yield [name, plainOf(read(exchange))];
    if (exchange.variables !== undefined) yield* exchange.variables;
  }
}

/** A list is its items with commas, as a text shows it. */
function plainOf(value: unknown): unknown {
  return Array.isArray(value) ? value.join(',') : value;
}

/** What the application did to flow variables before it answered. */
function takeChanges(exchange: Exchange): void {
  const { response } = exchange;
  const text = response?.headers.line(variablesHeader);
  if (response === undefined || text === undefined) return;
  response.headers.remove(variablesHeader);
  for (const [name, value] of readChanges(text)) {
    try {
      exchange.write(name, value);
    } catch (error) {
      // A variable that cannot be set is not worth the answer that came with it. zerohop's choice.
      if (!(error instanceof SetVariableError)) throw error;
    }
  }
}

/** Names that stand in the text of the application as `getVariable(request, 'NAME')`. */
function readersOf(resources: readonly Resource[]): (readonly [string, Reader])[] {
  const names = new Set(usualVariables);
  for (const { name, bytes } of resources) {
    if (!name.endsWith('.js')) continue;
    const text = Buffer.from(bytes).toString('utf8');
    for (const [, , found = ''] of text.matchAll(/getVariable\(\s*[\w.]+\s*,\s*(['"])([^'"]+)\1/g)) names.add(found);
  }
  return [...names].map((name) => [name, variableReader(name)]);
}
