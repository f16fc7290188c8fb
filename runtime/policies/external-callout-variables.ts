import { SetVariableError } from '../language/variable.ts';
import type { Exchange } from '../message/exchange.ts';
import { Message } from '../message/message.ts';
import type { Fields, FlowVariable, MessageContext } from './message-context.ts';
import type { Compiler } from './policy.ts';

/** Parts of the context that mirror built-in flow variables: field, and variable. Apigee: external_callout.proto. */
const mirrored = {
  api_proxy: { name: 'apiproxy.name', revision: 'apiproxy.revision' },
  client: {
    cn: 'client.cn',
    country: 'client.country',
    email_address: 'client.email.address',
    host: 'client.host',
    ip: 'client.ip',
    locality: 'client.locality',
    organization: 'client.organization',
    organization_unit: 'client.organization.unit',
    port: 'client.port',
    scheme: 'client.scheme',
    state: 'client.state',
    ssl_enabled: 'client.ssl.enabled',
  },
  current_flow: { name: 'current.flow.name', description: 'current.flow.description' },
  proxy: {
    endpoint_name: 'proxy.name',
    client_ip: 'proxy.client.ip',
    base_path: 'proxy.basepath',
    path_suffix: 'proxy.pathsuffix',
    url: 'proxy.url',
  },
  route: { name: 'route.name', target: 'route.target' },
  target: {
    base_path: 'target.basepath',
    copy_path_suffix: 'target.copy.pathsuffix',
    copy_query_params: 'target.copy.queryparams',
    country: 'target.country',
    cn: 'target.cn',
    email_address: 'target.email.address',
    expected_cn: 'target.expectedcn',
    host: 'target.host',
    ip: 'target.ip',
    locality: 'target.locality',
    name: 'target.name',
    organization: 'target.organization',
    organization_unit: 'target.organization.unit',
    port: 'target.port',
    scheme: 'target.scheme',
    state: 'target.state',
    ssl_enabled: 'target.ssl.enabled',
    url: 'target.url',
  },
} as const;

type Part = keyof typeof mirrored;

/** Those of the target that a server may change; everything else is as it is. */
const writable = { copy_path_suffix: true, copy_query_params: true, expected_cn: true, url: true } as const;

const numbers: ReadonlySet<string> = new Set(['port']);
const flags: ReadonlySet<string> = new Set(['ssl_enabled', 'copy_path_suffix', 'copy_query_params']);

/** Reads the built-in variables into a context. */
export function contextReader(compiler: Compiler): (exchange: Exchange) => MessageContext {
  const parts = Object.entries(mirrored).map(([part, fields]) => {
    const readers = Object.entries(fields).map(([field, name]) => ({ field, read: compiler.reader(name) }));
    return { part: part as Part, readers };
  });
  return (exchange) => {
    const context: MessageContext = {
      message_id: exchange.id,
      organization_name: exchange.directory.organization,
      environment_name: exchange.directory.environment,
    };
    for (const { part, readers } of parts) {
      if (part === 'target' && exchange.target === undefined) continue;
      const fields: Record<string, string | number | boolean> = {};
      for (const { field, read } of readers) {
        const value = read(exchange);
        if (value === undefined || value === null || value === '') continue;
        if (numbers.has(field)) fields[field] = Number(value);
        else if (flags.has(field)) fields[field] = String(value) === 'true';
        else fields[field] = String(value);
      }
      context[part] = fields;
    }
    return context;
  };
}

/** Writes what the server changed of the target. A default value does not travel: absent is false, or empty. */
export function targetWriter(compiler: Compiler): (exchange: Exchange, before: Fields, after: Fields) => void {
  const writers = Object.keys(writable).map((field) => {
    const name = mirrored.target[field as keyof typeof writable];
    return { field, write: compiler.writer(name) };
  });
  return (exchange, before, after) => {
    for (const { field, write } of writers) {
      const usual = flags.has(field) ? false : '';
      const value = after[field] ?? usual;
      if (value !== (before[field] ?? usual) && value !== '') write(exchange, value);
    }
  };
}

/** Custom variables whose name is one of the given, or goes on below it. Messages are none. */
export function variablesBelow(exchange: Exchange, prefixes: readonly string[]): Record<string, FlowVariable> {
  const found = new Map<string, FlowVariable>();
  const add = (name: string, value: unknown): void => {
    if (value !== undefined && value !== null && !(value instanceof Message)) found.set(name, flowVariable(value));
  };
  for (const prefix of prefixes) add(prefix, exchange.read(prefix));
  for (const [name, value] of exchange.variables ?? []) {
    if (prefixes.some((prefix) => name.startsWith(`${prefix}.`))) add(name, value);
  }
  return Object.fromEntries(found);
}

function flowVariable(value: unknown): FlowVariable {
  if (typeof value === 'boolean') return { bool: value };
  if (typeof value !== 'number') return { string: String(value) };
  if (!Number.isSafeInteger(value)) return { double: value };
  return value === (value | 0) ? { int32: value } : { int64: value };
}

/**
 * Sets the variables that came back; one without a value is removed, and all below it. What is set takes the place of
 * variables above and below it; what nobody may set stays as it is. Apigee: external_callout.proto, additional_flow_variables.
 */
export function setVariables(exchange: Exchange, variables: Readonly<Record<string, FlowVariable>>): void {
  for (const [name, { int32, int64, string, bool, double }] of Object.entries(variables)) {
    const value = int32 ?? int64 ?? string ?? bool ?? double;
    if (value !== undefined && value === exchange.read(name)) continue;
    for (const [known, held] of [...(exchange.variables ?? [])]) {
      const isBelow = known.startsWith(`${name}.`);
      const isAbove = name.startsWith(`${known}.`) && !(held instanceof Message);
      if (isBelow || (value === undefined ? known === name : isAbove)) exchange.setVariable(known, undefined);
    }
    if (value !== undefined) write(exchange, name, value);
  }
}

function write(exchange: Exchange, name: string, value: unknown): void {
  try {
    exchange.write(name, value);
  } catch (error) {
    if (!(error instanceof SetVariableError)) throw error;
  }
}
