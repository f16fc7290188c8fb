import { checkFieldValue, isFieldName, isFieldValue } from '../message/headers.ts';
import type { Message } from '../message/message.ts';
import { type ConfigOf, element } from '../schema/declare.ts';
import {
  type Action,
  type ActionContext,
  isEmptyAction,
  type PlacedAction,
  type Text,
  textOf,
  warnOfEmpty,
} from './action.ts';
import {
  checkedHeaders,
  type FieldConfig,
  type Fields,
  fieldLists,
  formFields,
  headerFields,
  needsForm,
  valuedLists,
} from './action-fields.ts';

/** Appends values and keeps those that are there. Apigee: AssignMessage reference, Add. */
export const addAction = element({ children: valuedLists });

export type AddConfig = ConfigOf<typeof addAction>;

export function compileAdd(config: AddConfig, context: ActionContext): PlacedAction[] {
  if (isEmptyAction(config)) warnOfEmpty('Add', config.at, context);
  return compileValued(config, context, 'add');
}

/** The fields of Add and Set, each an action of its own, so that they stay in document order among all others. */
export function compileValued(config: AddConfig, context: ActionContext, operation: 'add' | 'set'): PlacedAction[] {
  return fieldLists(config, context).flatMap(({ kind, entries }) => {
    if (entries.length > 0) needsForm(kind, context, context.options.destination);
    return entries.map((entry) => {
      const value = textOf(context, entry.text ?? '', entry.textAt);
      const run =
        kind === headerFields
          ? headerAction(entry, value, operation, context)
          : parameterAction(kind, entry.name.text, value, operation, context);
      return { offset: entry.at.offset, run };
    });
  });
}

/** What is constant is checked here, once; a value from a template whenever it is written. */
function headerAction(entry: FieldConfig, value: Text, operation: 'add' | 'set', context: ActionContext): Action {
  const name = entry.name.text;
  const { constant, render } = value;
  const mistake = headerMistake(name, constant);
  if (mistake !== undefined) {
    const message = `${mistake}; the policy fails when it ${operation === 'add' ? 'adds' : 'sets'} it.`;
    context.compiler.warning(
      'ZH102',
      entry.name.at,
      message,
      'A name is letters, digits and hyphens, a value one line.',
    );
    const write = headerFields[operation];
    return (exchange, message) => write(message, name, render(exchange));
  }
  const write = checkedHeaders[operation];
  if (constant !== undefined) return (_, message) => write(message, name, constant);
  return (exchange, message) => {
    const text = render(exchange);
    checkFieldValue(name, text);
    write(message, name, text);
  };
}

function headerMistake(name: string, constant: string | undefined): string | undefined {
  if (!isFieldName(name)) return `"${name}" is no header name`;
  if (constant !== undefined && !isFieldValue(constant)) return `The value of ${name} holds a line break or the like`;
  return undefined;
}

function parameterAction(
  kind: Fields,
  name: string,
  { render }: Text,
  operation: 'add' | 'set',
  context: ActionContext,
): Action {
  const { writable } = kind;
  const write = kind[operation];
  const anyVerb = kind !== formFields || context.setsVerb;
  return (exchange, message) => {
    if (writable(message) && (anyVerb || takesPayload(message))) write(message, name, render(exchange));
  };
}

/** Form parameters make a payload: none for a verb that has none. zerohop's choice: every other verb, not POST alone. */
function takesPayload(message: Message): boolean {
  return message.verb !== 'GET' && message.verb !== 'HEAD';
}
