import { Fault } from '../fault.ts';
import { bodyNeed, variableReader } from '../language/variables.ts';
import { Message } from '../message/message.ts';
import { type ConfigOf, element } from '../schema/declare.ts';
import { flag, text } from '../schema/values.ts';
import { type Action, type ActionContext, faultPrefix, isEmptyAction, type PlacedAction } from './action.ts';
import {
  type Fields,
  fieldLists,
  formFields,
  headerFields,
  namedLists,
  needsForm,
  queryFields,
} from './action-fields.ts';
import { type FieldName, fieldName } from './field-name.ts';

/** Takes over parts of another message, or all of it. Apigee: AssignMessage reference, Copy. */
export const copyAction = element({
  attributes: { source: text },
  children: {
    ...namedLists,
    Payload: flag,
    Path: flag,
    Verb: flag,
    Version: flag,
    StatusCode: flag,
    ReasonPhrase: flag,
  },
});

export type CopyConfig = ConfigOf<typeof copyAction>;

/** Whether the payload is among what is copied. */
export function copiesPayload(config: CopyConfig): boolean {
  return isWhole(config) || config.Payload?.text === true;
}

export function compileCopy(config: CopyConfig, context: ActionContext): PlacedAction[] {
  const { compiler, options, unresolved } = context;
  const source = config.source?.text || options.source;
  const read = variableReader(source);
  const copies = isWhole(config) ? [copyWhole] : copiesOf(config, source, context);
  if (copiesPayload(config)) compiler.needs(bodyNeed(source));
  const run: Action = (exchange, message) => {
    const value = read(exchange);
    if (value === message) return;
    if (value instanceof Message) for (const copy of copies) copy(value, message);
    else if (value !== undefined && value !== null) {
      const text = `${faultPrefix(compiler, options)}value of variable ${source} is not of type Message`;
      throw new Fault(options.faults.notMessage, text);
    } else unresolved?.(source);
  };
  return [{ offset: config.at.offset, run }];
}

type CopyPart = (from: Message, to: Message) => void;

function isWhole(config: CopyConfig): boolean {
  const { source: _source, ...children } = config;
  return isEmptyAction(children);
}

function copiesOf(config: CopyConfig, source: string, context: ActionContext): CopyPart[] {
  const copies: CopyPart[] = [];
  for (const { kind, list, entries } of fieldLists(config, context)) {
    if (list?.text?.toLowerCase() === 'false') continue;
    needsForm(kind, context, bodyNeed(source) | context.options.destination);
    if (entries.length === 0) copies.push(copyAll(kind));
    for (const entry of entries) copies.push(copyField(kind, fieldName(entry, context)));
  }
  for (const [name, copy] of parts) if (config[name]?.text === true) copies.push(copy);
  return copies;
}

function copyAll(kind: Fields): CopyPart {
  if (kind === headerFields) return copyHeaders;
  if (kind === queryFields) return copyQuery;
  return (from, to) => {
    if (!readable(kind, from) || !kind.writable(to)) return;
    for (const name of kind.names(from)) kind.setAll(to, name, kind.values(from, name));
  };
}

/** A name that the source does not have, or has fewer values of, copies nothing. */
function copyField(kind: Fields, { name, index }: FieldName): CopyPart {
  return (from, to) => {
    if (!readable(kind, from) || !kind.writable(to)) return;
    if (index !== undefined) {
      const value = kind.values(from, name)[index];
      if (value !== undefined) kind.set(to, name, value);
      return;
    }
    const values = kind === headerFields ? from.headers.lines(name) : kind.values(from, name);
    if (values.length > 0) kind.setAll(to, name, values);
  };
}

/** Apigee: AssignMessage reference, FormParams are copied from a message of the form content type. */
function readable(kind: Fields, from: Message): boolean {
  if (kind === headerFields) return true;
  if (from.kind !== 'request') return false;
  return kind !== formFields || (from.hasForm && from.body.inMemory);
}

function copyHeaders(from: Message, to: Message): void {
  if (to.headers.raw.length === 0) to.headers = from.headers.share();
  else for (const name of from.headers.names()) headerFields.setAll(to, name, from.headers.lines(name));
}

function copyQuery(from: Message, to: Message): void {
  if (from.kind !== 'request' || to.kind !== 'request') return;
  if (to.querystring === '') to.querystring = from.querystring;
  else for (const name of from.query.names()) to.query.setAll(name, from.query.all(name));
}

/**
 * A payload goes with what tells how to read it: its Content-Encoding always, its Content-Type unless there is one.
 * zerohop's choice. One that streams past stays where it is.
 */
function copyPayload(from: Message, to: Message): void {
  if (!from.body.inMemory) return;
  const encoding = from.headers.text('content-encoding');
  const type = from.headers.line('content-type');
  if (encoding === undefined) to.headers.remove('content-encoding');
  else to.headers.set('Content-Encoding', encoding);
  if (type !== undefined && !to.headers.has('content-type')) to.headers.set('Content-Type', type);
  to.adoptBody(from.body);
}

const between =
  (kind: Message['kind'], copy: CopyPart): CopyPart =>
  (from, to) => {
    if (from.kind === kind && to.kind === kind) copy(from, to);
  };

const parts: readonly (readonly ['Payload' | 'Path' | 'Verb' | 'Version' | 'StatusCode' | 'ReasonPhrase', CopyPart])[] =
  [
    // Last among what writes a payload: it is then the source's, byte for byte.
    ['Payload', copyPayload],
    [
      'Path',
      between('request', (from, to) => {
        to.path = from.path;
      }),
    ],
    [
      'Verb',
      between('request', (from, to) => {
        to.verb = from.verb;
      }),
    ],
    [
      'Version',
      between('request', (from, to) => {
        to.version = from.version;
      }),
    ],
    [
      'StatusCode',
      between('response', (from, to) => {
        to.status = from.status;
      }),
    ],
    [
      'ReasonPhrase',
      between('response', (from, to) => {
        to.reason = from.ownReason;
      }),
    ],
  ];

function copyWhole(from: Message, to: Message): void {
  copyHeaders(from, to);
  copyQuery(from, to);
  for (const [, copy] of parts) copy(from, to);
}
