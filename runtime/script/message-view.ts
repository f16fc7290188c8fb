import { Diagnostics, Source } from '../diagnostic.ts';
import { type Exchange, Phase } from '../message/exchange.ts';
import type { Message } from '../message/message.ts';
import { elementsOf, type XmlElement } from '../xml/element.ts';
import { parseXml } from '../xml/parse.ts';
import type { Plain, XmlNode } from './host.ts';

/** Reading and writing messages by the names the object model uses. */

/** Fields of the request and response objects. */
export function readField(exchange: Exchange, message: Message, name: string): Plain {
  switch (name) {
    case 'kind':
      return message.kind;
    case 'method':
    case 'verb':
      return message.verb;
    case 'path':
      return message.path;
    case 'uri':
      return message.uri;
    case 'querystring':
      return message.querystring;
    case 'version':
      return message.version;
    case 'status':
      return message.status;
    case 'reason':
      return message.reason;
    case 'url':
      return urlOf(exchange, message);
    default:
      return urlPart(urlOf(exchange, message), name);
  }
}

export function writeField(exchange: Exchange, message: Message, name: string, text: string): void {
  if (name === 'method' || name === 'verb') message.verb = text;
  else if (name === 'version') message.version = text.replace(/^HTTP\//i, '');
  else if (name === 'reason') message.reason = text;
  else if (name === 'status') message.status = statusOf(text);
  else if (name === 'querystring') message.querystring = text;
  else if (name === 'path' || name === 'uri') setUri(message, text);
  else if (name === 'url') setUrl(exchange, message, text);
}

function statusOf(text: string): number {
  const status = Number(text);
  if (!Number.isInteger(status) || status < 100 || status > 999)
    throw new Error('A status is a number from 100 to 999');
  return status;
}

function setUri(message: Message, text: string): void {
  const question = text.indexOf('?');
  message.path = question === -1 ? text : text.slice(0, question);
  if (question !== -1) message.querystring = text.slice(question + 1);
}

/** In the target flow the URL is the target's. Before it, path and query count, as the host is the client's affair. */
function setUrl(exchange: Exchange, message: Message, text: string): void {
  if (exchange.phase === Phase.targetRequest && message === exchange.request) exchange.write('target.url', text);
  else setUri(message, text.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '') || '/');
}

function urlOf(exchange: Exchange, message: Message): string {
  const inTarget = exchange.phase === Phase.targetRequest || exchange.phase === Phase.targetResponse;
  const target = inTarget && message === exchange.request ? exchange.target?.urlOf(exchange) : undefined;
  if (target !== undefined) return target;
  const host = message.headers.line('host') ?? exchange.client.host;
  return `${exchange.client.scheme}://${host}${message.uri}`;
}

function urlPart(url: string, name: string): Plain {
  const match = /^([a-z][a-z0-9+.-]*):\/\/(\[[^\]]*\]|[^/?#:]*)(?::(\d+))?/i.exec(url);
  if (match === null) return undefined;
  const [, protocol = '', host = '', port] = match;
  if (name === 'protocol') return protocol;
  if (name === 'host') return host;
  return port === undefined ? (protocol === 'https' ? 443 : 80) : Number(port);
}

/** Names in a map of a message: `headers`, `queryParams`, `formParams`. */
export function namesIn(message: Message, map: string): string[] {
  if (map === 'headers') return message.headers.names();
  if (map === 'queryParams') return message.query.names();
  return message.body.inMemory ? message.form.names() : [];
}

export function valuesIn(message: Message, map: string, name: string): string[] {
  if (map === 'headers') return message.headers.values(name);
  if (map === 'queryParams') return message.query.all(name);
  return message.body.inMemory ? message.form.all(name) : [];
}

/** No value: the name is removed. @throws Fault for what no header can hold */
export function setValuesIn(message: Message, map: string, name: string, values: readonly string[]): void {
  const [first] = values;
  if (map === 'headers') {
    if (first === undefined) message.headers.remove(name);
    else if (values.length === 1) message.headers.set(name, first);
    else message.headers.setAll(name, values);
    return;
  }
  const parameters = map === 'queryParams' ? message.query : message.form;
  if (first === undefined) parameters.remove(name);
  else parameters.setAll(name, values);
  if (map !== 'queryParams') message.writeForm();
}

/** @throws Error when the text is not well-formed */
export function xmlTree(text: string): XmlNode {
  const diagnostics = new Diagnostics();
  const root = parseXml(new Source('content', text), diagnostics);
  if (root === undefined) throw new Error(`The content is not well-formed XML: ${diagnostics.list[0]?.message ?? ''}`);
  return nodeOf(root);
}

/** Blanks between elements are layout (ECMA-357 section 13.4.3, ignoreWhitespace). */
function nodeOf(element: XmlElement): XmlNode {
  const isMixed = elementsOf(element).length > 0;
  const children = element.children
    .filter((child) => child.kind === 'element' || !isMixed || child.text.trim() !== '')
    .map((child) => (child.kind === 'element' ? nodeOf(child) : child.text));
  return { n: element.name, a: element.attributes.map(({ name, value }) => [name, value]), c: children };
}
