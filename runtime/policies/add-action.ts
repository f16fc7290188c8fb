import type { Place } from '../diagnostic.ts';
import type { Message } from '../message/message.ts';
import { type ConfigOf, element } from '../schema/declare.ts';
import { type Action, type ActionContext, type PlacedAction, type Text, textOf } from './action.ts';
import { type Fields, fieldLists, formFields, headerFields, needsForm, valuedLists } from './action-fields.ts';

/** Appends values and keeps those that are there. Apigee: AssignMessage reference, Add. */
export const addAction = element({ children: valuedLists });

export type AddConfig = ConfigOf<typeof addAction>;

export function compileAdd(config: AddConfig, context: ActionContext): PlacedAction[] {
  return compileValued(config, context, (kind) => kind.add);
}

type Write = (message: Message, name: string, value: string) => void;

/** The fields of Add and Set, each an action of its own, so that they stay in document order among all others. */
export function compileValued(
  config: AddConfig,
  context: ActionContext,
  writeOf: (kind: Fields) => Write,
): PlacedAction[] {
  return fieldLists(config, context).flatMap(({ kind, entries }) => {
    if (entries.length > 0) needsForm(kind, context, context.options.destination);
    return entries.map((entry) => {
      const name = entry.name.text;
      if (kind === headerFields) checkHeaderName(name, entry.name.at, context);
      const value = textOf(context, entry.text ?? '', entry.textAt);
      return { offset: entry.at.offset, run: valued(kind, writeOf(kind), name, value, context) };
    });
  });
}

function valued(kind: Fields, write: Write, name: string, value: Text, context: ActionContext): Action {
  const { constant, render } = value;
  if (kind === headerFields) {
    return constant === undefined
      ? (exchange, message) => write(message, name, render(exchange))
      : (_, message) => write(message, name, constant);
  }
  const { writable } = kind;
  const anyVerb = kind !== formFields || context.setsVerb;
  return (exchange, message) => {
    if (writable(message) && (anyVerb || takesPayload(message))) write(message, name, render(exchange));
  };
}

/** Form parameters make a payload: none for a verb that has none. zerohop's choice: every other verb, not POST alone. */
function takesPayload(message: Message): boolean {
  return message.verb !== 'GET' && message.verb !== 'HEAD';
}

/** RFC 9110 section 5.1: a field name is a token. */
function checkHeaderName(name: string, at: Place, context: ActionContext): void {
  if (/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) return;
  const message = `"${name}" is no header name; the policy fails when it sets it.`;
  context.compiler.warning('ZH102', at, message, 'Use letters, digits and hyphens only.');
}
