import { type ConfigOf, element, many } from '../schema/declare.ts';
import { type Action, type ActionOptions, actionContext, inOrder, sorted } from './action.ts';
import { addAction, compileAdd } from './add-action.ts';
import { assignVariable, compileAssignVariable } from './assign-variable.ts';
import { compileCopy, copiesPayload, copyAction } from './copy-action.ts';
import { compileRemove, removeAction } from './remove-action.ts';
import { compileSet, setAction } from './set-action.ts';

export type { Action, ActionFaults, ActionOptions } from './action.ts';
export { addAction, assignVariable, copyAction, removeAction, setAction };

/** The actions that AssignMessage, RaiseFault and ServiceCallout share, any number of each. */
export const messageActions = {
  Add: many(addAction),
  Copy: many(copyAction),
  Remove: many(removeAction),
  Set: many(setAction),
  AssignVariable: many(assignVariable),
};

const holder = element({ children: messageActions });

/** Any of the kinds may be missing in a policy's declaration. */
export type ActionsConfig = Partial<Pick<ConfigOf<typeof holder>, keyof typeof messageActions>>;

/**
 * The actions of one policy as one function: all five kinds in one document order (zerohop's choice; Apigee documents
 * document order for Add, Copy, Remove and Set, and for AssignVariable among themselves).
 * The function throws a Fault of the kinds in `options`, or `protocol.http.HeaderWithInvalidChar`.
 */
export function compileActions(
  config: ActionsConfig,
  compiler: Parameters<typeof actionContext>[0],
  options: ActionOptions,
): Action {
  const setsVerb = config.Set?.some((one) => one.Verb !== undefined) ?? false;
  const context = actionContext(compiler, options, setsVerb);
  const blocks = [
    ...(config.Add ?? []).map((one) => ({ offset: one.at.offset, actions: compileAdd(one, context) })),
    ...(config.Copy ?? []).map((one) => ({ offset: one.at.offset, actions: compileCopy(one, context) })),
    ...(config.Remove ?? []).map((one) => ({ offset: one.at.offset, actions: compileRemove(one, context) })),
    ...(config.Set ?? []).map((one) => ({ offset: one.at.offset, actions: compileSet(one, context) })),
    ...(config.AssignVariable ?? []).map((one) => ({
      offset: one.at.offset,
      actions: compileAssignVariable(one, context),
    })),
  ];
  return inOrder(sorted(blocks.flatMap((block) => block.actions)));
}

/** Whether there is any action at all. */
export function acts(config: ActionsConfig): boolean {
  return writesMessage(config) || (config.AssignVariable?.length ?? 0) > 0;
}

/** Whether anything but flow variables is written. */
export function writesMessage(config: ActionsConfig): boolean {
  return [config.Add, config.Copy, config.Remove, config.Set].some((list) => (list?.length ?? 0) > 0);
}

/** Whether the actions give the message a payload, be it an empty one. */
export function givesPayload(config: ActionsConfig): boolean {
  return (config.Set?.some((one) => one.Payload !== undefined) ?? false) || (config.Copy?.some(copiesPayload) ?? false);
}
