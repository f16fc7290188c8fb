import { BodyNeed } from '../message/body-need.ts';
import { type Exchange, Phase } from '../message/exchange.ts';
import { Message } from '../message/message.ts';
import { messagePart, type Part } from './message-parts.ts';
import { toText } from './text.ts';
import { ignore, type Reader, SetVariableError, type Variable } from './variable.ts';

/** The messages every exchange has. Apigee: flow variables reference, message variables. */
interface Root {
  readonly name: string;
  readonly need: BodyNeed;
  get(exchange: Exchange): Message | undefined;
  /** Puts another message in its place. */
  replace(exchange: Exchange, message: Message): void;
}

/** Resolves `request`, `response`, `error`, `message` and their parts; undefined for any other name. */
export function messageVariable(name: string): Variable | undefined {
  const dot = name.indexOf('.');
  const root = roots.get(dot === -1 ? name : name.slice(0, dot));
  if (root === undefined) return undefined;
  if (dot === -1) return wholeMessage(root);
  const part = messagePart(name.slice(dot + 1), name);
  return part === undefined ? undefined : partOf(root, part, name);
}

const request: Root = {
  name: 'request',
  need: BodyNeed.request,
  get: (exchange) => exchange.request,
  replace: (exchange, message) => {
    const own = exchange.request;
    if (own === message) return;
    if (message.kind !== 'request') throw new SetVariableError('request', 'the value is not a request message');
    own.headers = message.headers.share();
    own.verb = message.verb;
    own.path = message.path;
    own.version = message.version;
    own.querystring = message.querystring;
    own.adoptBody(message.body);
  },
};

const response: Root = {
  name: 'response',
  need: BodyNeed.response,
  get: responseOf,
  replace: (exchange, message) => {
    if (message.kind !== 'response') throw new SetVariableError('response', 'the value is not a response message');
    // Before there is a response the name is a custom variable: a ServiceCallout may store its answer there.
    if (exchange.phase < Phase.targetResponse) exchange.setVariable('response', message);
    else {
      if (exchange.response !== message) exchange.response?.discardBody();
      exchange.response = message;
    }
  },
};

const error: Root = {
  name: 'error',
  need: BodyNeed.error,
  get: (exchange) => exchange.error,
  replace: (exchange, message) => {
    if (exchange.error !== undefined && message.kind === 'response') exchange.error = message;
  },
};

const current: Root = {
  name: 'message',
  need: BodyNeed.current,
  get: (exchange) => exchange.message,
  replace: (exchange, message) => {
    if (exchange.error !== undefined) error.replace(exchange, message);
    else if (exchange.response !== undefined) response.replace(exchange, message);
    else request.replace(exchange, message);
  },
};

const roots: ReadonlyMap<string, Root> = new Map([request, response, error, current].map((root) => [root.name, root]));

function responseOf(exchange: Exchange): Message | undefined {
  if (exchange.response !== undefined) return exchange.response;
  const stored = exchange.variables?.get('response');
  return stored instanceof Message ? stored : undefined;
}

function wholeMessage(root: Root): Variable {
  return {
    read: root.get,
    // zerohop's choice: text written to a message becomes its payload.
    write: (exchange, value) => {
      if (value instanceof Message) root.replace(exchange, value);
      else {
        const message = root.get(exchange);
        if (message !== undefined) message.content = toText(value);
      }
    },
    remove: ignore,
    readNeed: root.need,
    writeNeed: BodyNeed.none,
  };
}

function partOf(root: Root, part: Part, name: string): Variable {
  const { get } = root;
  const { read, write, remove } = part;
  return {
    read: (root === request ? requestReader(name) : undefined) ?? ((exchange) => readPart(get(exchange), read)),
    write: (exchange, value) => {
      const message = get(exchange);
      if (message !== undefined) write(message, value);
    },
    remove: (exchange) => {
      const message = get(exchange);
      if (message !== undefined) remove(message);
    },
    readNeed: part.readsBody ? root.need : BodyNeed.none,
    writeNeed: part.writesBody ? root.need : BodyNeed.none,
  };
}

function readPart(message: Message | undefined, read: Part['read']): unknown {
  return message === undefined ? undefined : read(message);
}

/** The names that conditions read most, without the step over a part: each is one property walk. */
function requestReader(name: string): Reader | undefined {
  if (name === 'request.verb') return (exchange) => exchange.request.verb;
  if (name === 'request.path') return (exchange) => exchange.request.path;
  const named = /^request\.(header|queryparam)\.([^.]+)$/s.exec(name);
  const key = named?.[2];
  if (key === undefined) return undefined;
  return named?.[1] === 'header'
    ? (exchange) => exchange.request.headers.value(key)
    : (exchange) => exchange.request.query.get(key);
}
