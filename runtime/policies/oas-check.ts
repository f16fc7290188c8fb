import { isNestedDeeper } from '../json-depth.ts';
import type { Exchange } from '../message/exchange.ts';
import { type Message, mediaType } from '../message/message.ts';
import type { OasApi, OasBody, OasOperation } from './oas-operation.ts';
import type { OasParameter } from './oas-parameters.ts';
import { isDecoded } from './payload-text.ts';

export interface OasOptions {
  readonly allowsUnspecified: Readonly<Record<'query' | 'header' | 'cookie', boolean>>;
}

/** Why a message is not what the document specifies; undefined when it is. Apigee: OASValidation policy reference. */
export function checkMessage(
  exchange: Exchange,
  message: Message,
  api: OasApi,
  options: OasOptions,
): string | undefined {
  const { request } = exchange;
  const isRequest = message.kind === 'request';
  const asked = isRequest ? message : request;
  // The client's path without the base path; what the document says about servers does not count.
  const path = asked === request ? exchange.pathSuffix || '/' : asked.path;
  const verb = isRequest ? message.verb : exchange.arrivedVerb;
  const found = api.paths.find(path);
  if (found === undefined) return `No API path found that matches request '${path}'.`;
  const operation = found.value.get(verb.toUpperCase());
  if (operation === undefined) return `${verb} operation not allowed on path '${path}'.`;
  if (!isRequest) return checkResponse(message, operation, verb);
  return (
    checkParameters(message, operation, found.parameters) ??
    checkUnspecified(message, operation, options) ??
    (operation.body === undefined ? undefined : checkBody(message, operation.body, 'request'))
  );
}

function checkParameters(
  message: Message,
  { parameters }: OasOperation,
  inPath: ReadonlyMap<string, string>,
): string | undefined {
  let cookies: ReadonlyMap<string, string[]> | undefined;
  for (const parameter of parameters) {
    const read = (name: string): readonly string[] => {
      switch (parameter.place) {
        case 'path':
          return [inPath.get(name) ?? []].flat();
        case 'query':
          return message.query.all(name);
        case 'header':
          return message.headers.lines(name);
        case 'cookie':
          cookies ??= cookiesOf(message);
          return cookies.get(name) ?? [];
      }
    };
    const reason = checkParameter(parameter, read);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function checkParameter(parameter: OasParameter, read: (name: string) => readonly string[]): string | undefined {
  const { name, place, required, names } = parameter;
  if (required && names.every((one) => read(one).length === 0)) {
    return `${kinds[place]} parameter '${name}' is required on this operation but not found.`;
  }
  const reason = parameter.check(read);
  return reason === undefined ? undefined : `${kinds[place]} parameter '${name}': ${reason}`;
}

const kinds = { path: 'Path', query: 'Query', header: 'Header', cookie: 'Cookie' } as const;

function checkUnspecified(
  message: Message,
  { known }: OasOperation,
  { allowsUnspecified }: OasOptions,
): string | undefined {
  const refused = (place: 'query' | 'header' | 'cookie', names: Iterable<string>): string | undefined => {
    if (allowsUnspecified[place]) return undefined;
    for (const name of names) {
      if (!known[place].has(name.toLowerCase())) return `${kinds[place]} parameter '${name}' is not specified.`;
    }
    return undefined;
  };
  return (
    refused('query', message.query.names()) ??
    refused('header', allowsUnspecified.header ? [] : message.headers.names().filter((name) => !isOfHttp(name))) ??
    refused('cookie', allowsUnspecified.cookie ? [] : cookiesOf(message).keys())
  );
}

/** zerohop's choice: headers of HTTP itself, and of proxies, are no parameters of an API. */
function isOfHttp(name: string): boolean {
  const lower = name.toLowerCase();
  return ofHttp.has(lower) || /^(?:accept-|access-control-|content-|if-|proxy-|sec-|x-forwarded-)/.test(lower);
}

const ofHttp: ReadonlySet<string> = new Set([
  'accept',
  'authorization',
  'cache-control',
  'cdn-loop',
  'connection',
  'cookie',
  'date',
  'expect',
  'forwarded',
  'host',
  'keep-alive',
  'origin',
  'pragma',
  'range',
  'referer',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'via',
]);

/** RFC 6265 section 4.2.1. */
function cookiesOf(message: Message): Map<string, string[]> {
  const cookies = new Map<string, string[]>();
  for (const part of (message.headers.text('cookie') ?? '').split(';')) {
    const equals = part.indexOf('=');
    if (equals === -1) continue;
    const name = part.slice(0, equals).trim();
    const value = part.slice(equals + 1).trim();
    const known = cookies.get(name);
    if (known === undefined) cookies.set(name, [value]);
    else known.push(value);
  }
  return cookies;
}

function checkResponse(message: Message, operation: OasOperation, verb: string): string | undefined {
  const response = operation.response(message.status);
  // zerohop's choice: a status that the document does not list is no mistake of the response.
  if (response === undefined) return undefined;
  for (const header of response.headers) {
    const reason = checkParameter(header, (name) => message.headers.lines(name));
    if (reason !== undefined) return reason;
  }
  return verb.toUpperCase() === 'HEAD' ? undefined : checkBody(message, response.body, 'response');
}

/** Levels of a JSON payload: its schema may be recursive. */
const depthLimit = 256;

function checkBody(message: Message, { required, schema }: OasBody, kind: 'request' | 'response'): string | undefined {
  if (message.body.isEmpty) return required ? `A ${kind} body is required but none found.` : undefined;
  if (schema === undefined || mediaType(message.headers.line('content-type')) !== 'application/json') return undefined;
  const { content } = message;
  if (!isDecoded(message, content)) return `Unable to parse JSON: the ${kind} body is not UTF-8 text.`;
  if (isNestedDeeper(content, depthLimit)) return `The ${kind} body is nested deeper than ${depthLimit} levels.`;
  try {
    return schema(message.body.json(content))?.text;
  } catch (error) {
    if (error instanceof SyntaxError) return 'Unable to parse JSON.';
    throw error;
  }
}
