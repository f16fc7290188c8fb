import type { Place } from '../diagnostic.ts';
import { Fault } from '../fault.ts';
import { variableReader, variableWriter } from '../language/variables.ts';
import { Body } from '../message/body.ts';
import { BodyNeed } from '../message/body-need.ts';
import type { Exchange } from '../message/exchange.ts';
import { Headers } from '../message/headers.ts';
import { Message, type MessageKind } from '../message/message.ts';
import { type ConfigOf, element } from '../schema/declare.ts';
import { boolean, text } from '../schema/values.ts';
import { type ActionFaults, faultPrefix } from './action.ts';
import type { Compiler } from './policy.ts';

/** Another word is a warning: public bundles say `message` here, where the type has no effect. */
const messageType = { ...text, xsd: ['request', 'response'], expects: 'request or response', empty: undefined };

/** The message that a policy writes to. Apigee: AssignMessage reference, AssignTo. */
export const assignTo = element({
  content: text,
  attributes: { createNew: boolean, type: messageType, transport: text },
});

export type AssignToConfig = ConfigOf<typeof assignTo>;

export interface Destination {
  /** @throws Fault when the name holds no message and none may be made */
  readonly find: (exchange: Exchange) => Message;
  /** Stands for the payload the message has when it is found. */
  readonly need: BodyNeed;
  /** Whether finding it changes something: a message may be made. */
  readonly makes: boolean;
}

export interface DestinationOptions {
  readonly element: string;
  readonly faults: Pick<ActionFaults, 'unresolvedVariable' | 'notMessage'>;
}

export function compileDestination(
  config: AssignToConfig | undefined,
  compiler: Compiler,
  options: DestinationOptions,
): Destination {
  const name = config?.text ?? '';
  const type = typeOf(config, compiler);
  const createNew = config?.createNew?.text;
  if (config !== undefined) warnOfType(name, type, createNew, config.at, compiler);
  if (createNew === true) return { find: maker(name, type), need: BodyNeed.none, makes: true };
  const ambient = ambients.get(name);
  if (ambient !== undefined) return { ...ambient, makes: false };
  const make = createNew === undefined ? maker(name, type) : undefined;
  const find = finder(name, make, compiler, options);
  return { find, need: needs.get(name) ?? BodyNeed.none, makes: make !== undefined };
}

/** Names that always stand for a message. In the error flow that is the pending error. Apigee: handling faults. */
const ambients: ReadonlyMap<string, Pick<Destination, 'find' | 'need'>> = new Map([
  ['', { find: (exchange: Exchange) => exchange.message, need: BodyNeed.current }],
  ['message', { find: (exchange: Exchange) => exchange.message, need: BodyNeed.current }],
  [
    'request',
    { find: (exchange: Exchange) => exchange.error ?? exchange.request, need: BodyNeed.request | BodyNeed.error },
  ],
]);

const needs: ReadonlyMap<string, BodyNeed> = new Map([
  ['response', BodyNeed.response | BodyNeed.error],
  ['error', BodyNeed.error],
]);

function finder(
  name: string,
  make: ((exchange: Exchange) => Message) | undefined,
  compiler: Compiler,
  options: DestinationOptions,
): (exchange: Exchange) => Message {
  const read = variableReader(name);
  const ofError = name === 'response';
  const prefix = faultPrefix(compiler, options);
  return (exchange) => {
    if (ofError && exchange.error !== undefined) return exchange.error;
    const value = read(exchange);
    if (value instanceof Message) return value;
    if (make !== undefined) return make(exchange);
    if (value === undefined || value === null) {
      throw new Fault(options.faults.unresolvedVariable, `${prefix}unable to resolve variable ${name}`);
    }
    throw new Fault(options.faults.notMessage, `${prefix}value of variable ${name} is not of type Message`);
  };
}

/** Makes a fresh message and puts it in the place of whatever the name held. */
function maker(name: string, type: MessageKind | undefined): (exchange: Exchange) => Message {
  const kind = kinds.get(name) ?? type;
  if (name === '' || name === 'message' || kinds.has(name)) {
    return (exchange) =>
      (kind ?? exchange.message.kind) === 'request' ? freshRequest(exchange) : freshResponse(exchange);
  }
  return (exchange) => {
    const made = (kind ?? exchange.message.kind) === 'request' ? Message.request() : Message.response();
    exchange.setVariable(name, made);
    return made;
  };
}

/** Names that only a message of one kind can have. */
const kinds: ReadonlyMap<string, MessageKind> = new Map([
  ['request', 'request'],
  ['response', 'response'],
  ['error', 'response'],
]);

/** zerohop's choice: the path stays, it tells where the call is, not what it asks for. */
function freshRequest(exchange: Exchange): Message {
  const { request } = exchange;
  request.headers = new Headers([]);
  request.querystring = '';
  request.verb = 'GET';
  request.adoptBody(Body.empty);
  return request;
}

const writeResponse = variableWriter('response');

function freshResponse(exchange: Exchange): Message {
  const made = Message.response();
  if (exchange.error !== undefined) {
    exchange.error.discardBody();
    exchange.error = made;
  } else writeResponse(exchange, made);
  return made;
}

function typeOf(config: AssignToConfig | undefined, compiler: Compiler): MessageKind | undefined {
  const written = config?.type;
  if (written === undefined) return undefined;
  const type = written.text.toLowerCase();
  if (type === 'request' || type === 'response') return type;
  const message = `"${written.text}" is no type of message; it has no effect.`;
  compiler.warning('ZH112', written.at, message, 'Write type="request" or type="response", or leave it out.');
  return undefined;
}

function warnOfType(
  name: string,
  type: MessageKind | undefined,
  createNew: boolean | undefined,
  at: Place,
  compiler: Compiler,
): void {
  const kind = kinds.get(name);
  if (createNew !== true || type === undefined || kind === undefined || kind === type) return;
  const message = `"${name}" is always a ${kind}; type="${type}" has no effect.`;
  compiler.warning('ZH112', at, message, `Write type="${kind}", or name another message.`);
}
