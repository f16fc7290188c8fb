import type { Message } from '../message/message.ts';
import { type Accessor, formAccessor, headerAccessor, queryAccessor } from './multi-values.ts';
import { toText } from './text.ts';
import { ignore, SetVariableError } from './variable.ts';

/** What follows a message's name in a variable's name, such as `header.accept` or `status.code`. */
export interface Part {
  read(message: Message): unknown;
  write(message: Message, value: unknown): void;
  remove(message: Message): void;
  /** Whether reading it takes the payload. */
  readonly readsBody: boolean;
  /** Whether writing it takes the payload as it was. */
  readonly writesBody: boolean;
}

/**
 * Apigee: flow variables reference, message variables.
 * @param name the part's name, without the message's
 * @param variable the whole name, for errors
 */
export function messagePart(name: string, variable: string): Part | undefined {
  const fixed = fixedParts.get(name);
  if (fixed !== undefined) return fixed;
  if (name === 'status.code') return statusCode(variable);
  if (name.startsWith('header.')) return valuePart(name.slice(7), headerAccessor);
  if (name.startsWith('queryparam.')) return valuePart(name.slice(11), queryAccessor);
  if (name.startsWith('formparam.')) return valuePart(name.slice(10), formAccessor);
  return undefined;
}

/** Places of the dots after which a part's name may begin: `a.b.header.x` gives the one before `header`. */
export function partDots(name: string): number[] {
  const dots: number[] = [];
  for (let dot = name.indexOf('.', 1); dot !== -1; dot = name.indexOf('.', dot + 1)) {
    if (messagePart(name.slice(dot + 1), name) !== undefined) dots.push(dot);
  }
  return dots;
}

function readOnlyPart(read: (message: Message) => unknown, readsBody = false): Part {
  return { read, write: ignore, remove: ignore, readsBody, writesBody: false };
}

function bodyPart(read: (message: Message) => unknown): Part {
  // A payload that streams past is not visible to policies.
  return readOnlyPart((message) => (message.body.inMemory ? read(message) : undefined), true);
}

const decodedBytes = (message: Message): Buffer => message.body.decoded(message.headers.line('content-encoding'));

const forRequests = (read: (message: Message) => unknown) => (message: Message) =>
  message.kind === 'request' ? read(message) : undefined;

const forResponses = (read: (message: Message) => unknown) => (message: Message) =>
  message.kind === 'response' ? read(message) : undefined;

const content: Part = {
  read: (message) => (message.body.inMemory ? message.content : undefined),
  write: (message, value) => {
    message.content = toText(value);
  },
  remove: (message) => {
    message.content = '';
  },
  readsBody: true,
  writesBody: false,
};

const path: Part = {
  ...readOnlyPart(forRequests((message) => message.path)),
  write: (message, value) => {
    if (message.kind !== 'request') return;
    const text = toText(value);
    const question = text.indexOf('?');
    message.path = question === -1 ? text : text.slice(0, question);
    if (question !== -1) message.querystring = text.slice(question + 1);
  },
};

const verb: Part = {
  ...readOnlyPart(forRequests((message) => message.verb)),
  write: (message, value) => {
    if (message.kind === 'request') message.verb = toText(value);
  },
};

const version: Part = {
  ...readOnlyPart((message) => (message.kind === 'request' ? message.version : `HTTP/${message.version}`)),
  write: (message, value) => {
    message.version = toText(value).replace(/^HTTP\//i, '');
  },
};

const reasonPhrase: Part = {
  ...readOnlyPart(forResponses((message) => message.reason)),
  write: (message, value) => {
    if (message.kind === 'response') message.reason = value === undefined || value === null ? undefined : toText(value);
  },
  remove: (message) => {
    if (message.kind === 'response') message.reason = undefined;
  },
};

function statusCode(variable: string): Part {
  return {
    ...readOnlyPart(forResponses((message) => message.status)),
    write: (message, value) => {
      if (message.kind !== 'response') return;
      const status = Number(toText(value));
      if (!Number.isInteger(status) || status < 100 || status > 999) {
        throw new SetVariableError(variable, 'a status is a number from 100 to 999');
      }
      message.status = status;
    },
  };
}

const fixedParts: ReadonlyMap<string, Part> = new Map([
  ['content', content],
  ['content.as.base64', bodyPart((message) => decodedBytes(message).toString('base64'))],
  ['content.as.url.safe.base64', bodyPart((message) => decodedBytes(message).toString('base64url'))],
  ['path', path],
  ['verb', verb],
  ['version', version],
  ['reason.phrase', reasonPhrase],
  ['uri', readOnlyPart(forRequests((message) => message.uri))],
  ['querystring', readOnlyPart(forRequests((message) => message.querystring))],
  ['transportid', readOnlyPart(() => 'http')],
  // The documentation says no more than "the transport message". zerohop's choice: it is the message itself.
  ['transport.message', readOnlyPart((message) => message, true)],
  ['headers.count', readOnlyPart((message) => message.headers.names().length)],
  ['headers.names', readOnlyPart((message) => message.headers.names())],
  ['headers.names.string', readOnlyPart((message) => message.headers.names().join(', '))],
  ['queryparams.count', readOnlyPart((message) => message.query.names().length)],
  ['queryparams.names', readOnlyPart((message) => message.query.names())],
  ['queryparams.names.string', readOnlyPart((message) => message.query.names().join(', '))],
  ['formparams.count', bodyPart((message) => message.form.names().length)],
  ['formparams.names', bodyPart((message) => message.form.names())],
  ['formparams.names.string', bodyPart((message) => message.form.names().join(', '))],
  ['formstring', bodyPart((message) => (message.hasForm ? message.content : undefined))],
]);

/** `NAME`, `NAME.N`, `NAME.values`, `NAME.values.count`, `NAME.values.string` of a header or parameter. */
function valuePart(text: string, accessor: Accessor): Part | undefined {
  if (text === '') return undefined;
  const body = { readsBody: accessor.inBody, writesBody: accessor.inBody };
  const form = /^(.+?)(\.values(?:\.count|\.string)?|\.\d+)$/s.exec(text);
  const name = form?.[1];
  const ending = form?.[2];
  if (name === undefined || ending === undefined) {
    return {
      ...body,
      read: accessor.first(text),
      write: (message, value) => accessor.setAll(message, text, textsOf(value)),
      remove: (message) => accessor.remove(message, text),
    };
  }
  if (ending === '.values.count') return { ...readOnlyPart((message) => accessor.all(message, name).length), ...body };
  if (ending === '.values.string') return { ...readOnlyPart((message) => accessor.text(message, name)), ...body };
  if (ending === '.values') {
    return {
      ...readOnlyPart((message) => {
        const values = accessor.all(message, name);
        return values.length === 0 ? undefined : values;
      }),
      ...body,
    };
  }
  const index = Number(ending.slice(1)) - 1;
  return {
    ...body,
    read: (message) => accessor.all(message, name)[index],
    write: (message, value) => {
      if (index < 0) return;
      const values = accessor.all(message, name);
      // Past the end is the end: a list has no holes.
      values[Math.min(index, values.length)] = toText(value);
      accessor.setAll(message, name, values);
    },
    remove: (message) => {
      const values = accessor.all(message, name);
      if (index < 0 || index >= values.length) return;
      values.splice(index, 1);
      accessor.setAll(message, name, values);
    },
  };
}

/** Values to set; none for null, which removes. */
function textsOf(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value.map(toText) : [toText(value)];
}
