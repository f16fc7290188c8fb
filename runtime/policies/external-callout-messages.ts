import { Body } from '../message/body.ts';
import type { Message } from '../message/message.ts';
import type { Parameters } from '../message/query.ts';
import type { RequestPart, ResponsePart, Strings, StringsByName } from './message-context.ts';

/** Which parts of a message the server gets. */
export interface Sent {
  readonly content: boolean;
  readonly headers: boolean;
}

/** A payload that streams is neither sent nor changed. */
export function requestPart(message: Message, sent: Sent): RequestPart {
  const withContent = sent.content && message.body.inMemory;
  return {
    uri: message.uri,
    verb: message.verb,
    http_version: message.version,
    ...(sent.headers ? { headers: headersOf(message) } : {}),
    query_params: parametersOf(message.query),
    ...(withContent ? { form_params: parametersOf(message.form), content: message.content } : {}),
  };
}

export function responsePart(message: Message, sent: Sent): ResponsePart {
  return {
    status_code: message.status,
    reason_phrase: message.reason,
    ...(sent.headers ? { headers: headersOf(message) } : {}),
    ...(sent.content && message.body.inMemory ? { content: message.content } : {}),
  };
}

/** Takes over what came back: parts that are not named stay as they are. */
export function applyRequest(message: Message, before: RequestPart, after: RequestPart, sent: Sent): void {
  applyHeaders(message, before.headers, after.headers);
  if (applyParameters(message.query, before.query_params, after.query_params))
    message.querystring = String(message.query);
  if (before.content !== undefined && applyParameters(message.form, before.form_params, after.form_params))
    message.writeForm();
  else applyContent(message, before.content, after.content, sent);
}

export function applyResponse(message: Message, before: ResponsePart, after: ResponsePart, sent: Sent): void {
  applyHeaders(message, before.headers, after.headers);
  applyContent(message, before.content, after.content, sent);
}

/** An empty content takes the payload away, if the server has seen it. */
function applyContent(message: Message, before: string | undefined, content: string | undefined, sent: Sent): void {
  const text = content ?? '';
  if (!message.body.inMemory || text === (before ?? '') || (text === '' && !sent.content)) return;
  message.body = text === '' ? Body.empty : Body.ofText(text);
}

function applyHeaders(message: Message, before: StringsByName = {}, after: StringsByName = {}): void {
  for (const [name, { strings = [] }] of Object.entries(after)) {
    if (isSame(before, name, strings)) continue;
    message.headers.remove(name);
    for (const value of strings) message.headers.add(name, value);
  }
}

function applyParameters(parameters: Parameters, before: StringsByName = {}, after: StringsByName = {}): boolean {
  let changed = false;
  for (const [name, { strings = [] }] of Object.entries(after)) {
    if (isSame(before, name, strings)) continue;
    changed = true;
    if (strings.length === 0) parameters.remove(name);
    else parameters.setAll(name, strings);
  }
  return changed;
}

function isSame(before: StringsByName, name: string, strings: readonly string[]): boolean {
  const known = Object.hasOwn(before, name) ? (before[name]?.strings ?? []) : undefined;
  return known?.length === strings.length && known.every((value, at) => value === strings[at]);
}

function headersOf({ headers }: Message): StringsByName {
  const found = new Map<string, { strings: string[] }>();
  for (let at = 0; at < headers.raw.length; at += 2) {
    const name = headers.raw[at] ?? '';
    const value = headers.raw[at + 1] ?? '';
    const known = found.get(name);
    if (known === undefined) found.set(name, { strings: [value] });
    else known.strings.push(value);
  }
  return Object.fromEntries(found);
}

function parametersOf(parameters: Parameters): StringsByName {
  return Object.fromEntries(
    parameters.names().map((name): [string, Strings] => [name, { strings: parameters.all(name) }]),
  );
}
