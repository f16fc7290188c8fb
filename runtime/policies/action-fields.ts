import type { Place } from '../diagnostic.ts';
import type { BodyNeed } from '../message/body-need.ts';
import type { Message } from '../message/message.ts';
import { element, type Leaf, many, requiredAttribute } from '../schema/declare.ts';
import { template, text } from '../schema/values.ts';
import type { ActionContext } from './action.ts';

/** Headers, query parameters and form parameters: what a message has lists of, and how their lists are written. */
export interface Fields {
  /** Whether a message can have them, and can have them changed, now. */
  writable(message: Message): boolean;
  names(message: Message): string[];
  values(message: Message, name: string): string[];
  add(message: Message, name: string, value: string): void;
  set(message: Message, name: string, value: string): void;
  /** An empty list removes. */
  setAll(message: Message, name: string, values: readonly string[]): void;
  remove(message: Message, name: string): void;
  clear(message: Message): void;
}

export const headerFields: Fields = {
  writable: () => true,
  names: (message) => message.headers.names(),
  values: (message, name) => message.headers.values(name),
  add: (message, name, value) => message.headers.add(name, value),
  set: (message, name, value) => message.headers.set(name, value),
  setAll: (message, name, values) => {
    // A single value keeps its place among the others.
    const [only] = values;
    if (only !== undefined && values.length === 1) message.headers.set(name, only);
    else message.headers.setAll(name, values);
  },
  remove: (message, name) => message.headers.remove(name),
  clear: (message) => message.headers.clear(),
};

/** Header fields whose name and value are known to be allowed. */
export const checkedHeaders: Pick<Fields, 'add' | 'set'> = {
  add: (message, name, value) => message.headers.addChecked(name, value),
  set: (message, name, value) => message.headers.setChecked(name, value),
};

/** Apigee: AssignMessage reference, QueryParams act on requests only. */
export const queryFields: Fields = {
  writable: (message) => message.kind === 'request',
  names: (message) => message.query.names(),
  values: (message, name) => message.query.all(name),
  add: (message, name, value) => message.query.add(name, value),
  set: (message, name, value) => message.query.set(name, value),
  setAll: (message, name, values) => message.query.setAll(name, values),
  remove: (message, name) => message.query.remove(name),
  clear: (message) => {
    message.querystring = '';
  },
};

/** Changing a form parameter writes the payload anew. A form that streams past cannot be changed. */
export const formFields: Fields = {
  writable: (message) => message.kind === 'request' && (message.body.inMemory || !message.hasForm),
  names: (message) => message.form.names(),
  values: (message, name) => message.form.all(name),
  add: (message, name, value) => {
    message.form.add(name, value);
    message.writeForm();
  },
  set: (message, name, value) => {
    message.form.set(name, value);
    message.writeForm();
  },
  setAll: (message, name, values) => {
    message.form.setAll(name, values);
    message.writeForm();
  },
  remove: (message, name) => {
    if (!message.hasForm) return;
    message.form.remove(name);
    message.writeForm();
  },
  clear: (message) => {
    if (!message.hasForm) return;
    message.form.clear();
    message.writeForm();
  },
};

/** A field of Add and Set. */
const valued = element({ content: template, attributes: { name: requiredAttribute(text) } });

/**
 * The lists of Add and Set. Fields without the list around them are a mistake of public bundles that the platform lets
 * pass. zerohop's choice: they count as if the list were there.
 */
export const valuedLists = {
  Headers: many(element({ children: { Header: many(valued) } })),
  QueryParams: many(element({ children: { QueryParam: many(valued) } })),
  FormParams: many(element({ children: { FormParam: many(valued) } })),
  Header: many(valued),
  QueryParam: many(valued),
  FormParam: many(valued),
};

const named = element({ content: text, attributes: { name: requiredAttribute(text) } });

/** The lists of Copy and Remove: an empty list means all fields, the text `false` none. */
export const namedLists = {
  Headers: many(element({ content: text, children: { Header: many(named) } })),
  QueryParams: many(element({ content: text, children: { QueryParam: many(named) } })),
  FormParams: many(element({ content: text, children: { FormParam: many(named) } })),
  Header: many(named),
  QueryParam: many(named),
  FormParam: many(named),
};

/** A field as written. */
export interface FieldConfig {
  readonly at: Place;
  readonly text: string | undefined;
  readonly textAt: Place;
  readonly name: Leaf<string>;
}

interface ListConfig {
  readonly at: Place;
  readonly text: string | undefined;
}

interface ListsConfig {
  readonly Headers: readonly (ListConfig & { readonly Header: readonly FieldConfig[] })[];
  readonly QueryParams: readonly (ListConfig & { readonly QueryParam: readonly FieldConfig[] })[];
  readonly FormParams: readonly (ListConfig & { readonly FormParam: readonly FieldConfig[] })[];
  readonly Header: readonly FieldConfig[];
  readonly QueryParam: readonly FieldConfig[];
  readonly FormParam: readonly FieldConfig[];
}

/** `list` is undefined for fields that stand without one. */
export interface FieldList {
  readonly kind: Fields;
  readonly list: ListConfig | undefined;
  readonly entries: readonly FieldConfig[];
}

/** All lists of an action, and the fields outside of them, reported. */
export function fieldLists(config: ListsConfig, context: ActionContext): FieldList[] {
  const outside = (kind: Fields, entries: readonly FieldConfig[], parent: string): FieldList[] => {
    const [first] = entries;
    if (first === undefined) return [];
    const message = `This stands outside <${parent}>; it is taken as if it stood inside.`;
    context.compiler.warning('PO034', first.at, message, `Put it into <${parent}>...</${parent}>.`);
    return [{ kind, list: undefined, entries }];
  };
  return [
    ...config.Headers.map((list) => ({ kind: headerFields, list, entries: list.Header })),
    ...config.QueryParams.map((list) => ({ kind: queryFields, list, entries: list.QueryParam })),
    ...config.FormParams.map((list) => ({ kind: formFields, list, entries: list.FormParam })),
    ...outside(headerFields, config.Header, 'Headers'),
    ...outside(queryFields, config.QueryParam, 'QueryParams'),
    ...outside(formFields, config.FormParam, 'FormParams'),
  ];
}

/** Marks the payloads that form parameters take. */
export function needsForm(kind: Fields, context: ActionContext, need: BodyNeed): void {
  if (kind === formFields) context.compiler.needs(need);
}
