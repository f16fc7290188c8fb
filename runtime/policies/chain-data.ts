import { parseJson } from '../json-depth.ts';
import { Message } from '../message/message.ts';
import type { Parameters } from '../message/query.ts';
import { isDecoded } from './payload-text.ts';

/** What a chain has gathered: members of a JSON object. A map, so that a member `__proto__` is one like any other. */
export type ChainData = Map<string, unknown>;

export type MergeMode = 'shallow' | 'deep' | 'nest';

type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The payload as JSON; undefined: it is none. Bytes that are no UTF-8 are no JSON (RFC 8259 section 8.1). */
export function jsonOf(message: Message): { readonly value: unknown } | undefined {
  const { content } = message;
  if (!isDecoded(message, content)) return undefined;
  return attempt(() => message.body.json(content));
}

/** What a message or a text begins a chain with; undefined: it is not a JSON object. Nothing is an empty object. */
export function beginningOf(source: unknown): ChainData | undefined {
  if (source === undefined || source === null) return new Map();
  const isMessage = source instanceof Message;
  const text = isMessage ? source.content : String(source);
  if (text === '') return new Map();
  const json = isMessage ? jsonOf(source) : attempt(() => parseJson(text));
  return isJsonObject(json?.value) ? new Map(Object.entries(json.value)) : undefined;
}

function attempt(read: () => unknown): { readonly value: unknown } | undefined {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Query parameters win over members of the payload. A repeated one is a list, one without `=` is true. */
export function mergeQuery(data: ChainData, query: Parameters, limit: number): void {
  const own = new Map<string, unknown[]>();
  for (const [name, value = true] of query.entries().slice(0, limit)) {
    if (name === '') continue;
    const known = own.get(name);
    if (known === undefined) own.set(name, [value]);
    else known.push(value);
  }
  for (const [name, values] of own) data.set(name, values.length === 1 ? values[0] : values);
}

/** Later services win. */
export function mergeObject(data: ChainData, answer: JsonObject, mode: MergeMode): void {
  for (const [name, value] of Object.entries(answer)) {
    data.set(name, mode === 'deep' && data.has(name) ? merged(data.get(name), value) : value);
  }
}

function merged(before: unknown, value: unknown): unknown {
  if (!isJsonObject(before) || !isJsonObject(value)) return value;
  const all = new Map(Object.entries(before));
  for (const [name, one] of Object.entries(value)) all.set(name, all.has(name) ? merged(all.get(name), one) : one);
  return Object.fromEntries(all);
}

export function jsonTextOf(data: ChainData): string {
  return JSON.stringify(Object.fromEntries(data));
}

/** The member at a path of names; undefined when there is none. Objects and lists are given as JSON. */
export function memberAt(value: unknown, path: readonly string[]): unknown {
  let at = value;
  for (const name of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as JsonObject)[name];
  }
  return typeof at === 'object' && at !== null ? JSON.stringify(at) : at;
}

/** A GET has no payload: each member is a parameter, a list of simple values several, anything else its JSON. */
export function addToQuery(query: Parameters, data: ChainData): void {
  for (const [name, value] of data) {
    const isSimpleList = Array.isArray(value) && value.every((one) => typeof one !== 'object' || one === null);
    const values: readonly unknown[] = isSimpleList ? value : [value];
    for (const one of values) query.add(name, typeof one === 'string' ? one : JSON.stringify(one));
  }
}
