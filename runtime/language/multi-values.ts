import type { Message } from '../message/message.ts';

/** Headers, query parameters or form parameters of a message: a name has any number of values. */
export interface Accessor {
  /** Whether they lie in the payload. */
  readonly inBody: boolean;
  /** The reader of a name's first value. */
  first(name: string): (message: Message) => string | undefined;
  /** All values, in a list of the caller's own. */
  all(message: Message, name: string): string[];
  text(message: Message, name: string): string | undefined;
  /** An empty list removes. */
  setAll(message: Message, name: string, values: readonly string[]): void;
  remove(message: Message, name: string): void;
}

export const headerAccessor: Accessor = {
  inBody: false,
  first: (name) => (message) => message.headers.value(name),
  all: (message, name) => message.headers.values(name),
  text: (message, name) => message.headers.text(name),
  setAll: (message, name, values) => {
    const only = values[0];
    if (only !== undefined && values.length === 1) message.headers.set(name, only);
    else message.headers.setAll(name, values);
  },
  remove: (message, name) => message.headers.remove(name),
};

export const queryAccessor: Accessor = {
  inBody: false,
  first: (name) => (message) => (message.kind === 'request' ? message.query.get(name) : undefined),
  all: (message, name) => (message.kind === 'request' ? message.query.all(name) : []),
  text: (message, name) => joined(queryAccessor.all(message, name)),
  setAll: (message, name, values) => {
    if (message.kind === 'request') message.query.setAll(name, values);
  },
  remove: (message, name) => {
    if (message.kind === 'request') message.query.remove(name);
  },
};

/** A payload that streams past has no form parameters, and none can be set. */
export const formAccessor: Accessor = {
  inBody: true,
  first: (name) => (message) => (message.body.inMemory ? message.form.get(name) : undefined),
  all: (message, name) => (message.body.inMemory ? message.form.all(name) : []),
  text: (message, name) => joined(formAccessor.all(message, name)),
  setAll: (message, name, values) => {
    if (!message.body.inMemory) return;
    message.form.setAll(name, values);
    message.writeForm();
  },
  remove: (message, name) => {
    if (!message.body.inMemory || !message.form.names().includes(name)) return;
    message.form.remove(name);
    message.writeForm();
  },
};

function joined(values: readonly string[]): string | undefined {
  return values.length === 0 ? undefined : values.join(',');
}
