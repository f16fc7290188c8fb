import { Body } from '../message/body.ts';
import { type ConfigOf, element, ignored } from '../schema/declare.ts';
import { flag } from '../schema/values.ts';
import { type Action, type ActionContext, isEmptyAction, type PlacedAction } from './action.ts';
import { type Fields, fieldLists, namedLists, needsForm } from './action-fields.ts';
import { type FieldName, fieldName } from './field-name.ts';

/** Takes parts out of a message. Apigee: AssignMessage reference, Remove. */
export const removeAction = element({
  children: {
    ...namedLists,
    Payload: flag,
    // Written by people who mean Copy. Known here, so that such a Remove is not taken for an empty one.
    Path: ignored,
    Verb: ignored,
    Version: ignored,
    StatusCode: ignored,
    ReasonPhrase: ignored,
  },
});

export type RemoveConfig = ConfigOf<typeof removeAction>;

export function compileRemove(config: RemoveConfig, context: ActionContext): PlacedAction[] {
  if (isEmptyAction(config)) return [{ offset: config.at.offset, run: (_, message) => message.clear() }];
  warnOfParts(config, context);
  const actions: PlacedAction[] = [];
  for (const { kind, list, entries } of fieldLists(config, context)) {
    if (list?.text?.toLowerCase() === 'false') continue;
    needsForm(kind, context, context.options.destination);
    if (list !== undefined && entries.length === 0) {
      actions.push({ offset: list.at.offset, run: removeAll(kind) });
    }
    for (const entry of entries) {
      actions.push({ offset: entry.at.offset, run: removeField(kind, fieldName(entry, context)) });
    }
  }
  const { Payload } = config;
  if (Payload?.text === true) actions.push({ offset: Payload.at.offset, run: removePayload });
  return actions;
}

function warnOfParts(config: RemoveConfig, context: ActionContext): void {
  const { Path, Verb, Version, StatusCode, ReasonPhrase } = config;
  for (const [name, part] of Object.entries({ Path, Verb, Version, StatusCode, ReasonPhrase })) {
    if (part === undefined) continue;
    const hint = 'Remove takes away headers, parameters and the payload.';
    context.compiler.warning('PO034', part.at, `<${name}> cannot be removed; it has no effect here.`, hint);
  }
}

function removeAll(kind: Fields): Action {
  return (_, message) => {
    if (kind.writable(message)) kind.clear(message);
  };
}

function removeField(kind: Fields, { name, index }: FieldName): Action {
  if (index === undefined) {
    return (_, message) => {
      if (kind.writable(message)) kind.remove(message, name);
    };
  }
  return (_, message) => {
    if (!kind.writable(message)) return;
    const values = kind.values(message, name);
    if (index >= values.length) return;
    values.splice(index, 1);
    kind.setAll(message, name, values);
  };
}

const removePayload: Action = (_, message) => {
  message.body = Body.empty;
};
