import type { Place } from '../diagnostic.ts';
import { Fault, type FaultKind } from '../fault.ts';
import type { BodyNeed } from '../message/body-need.ts';
import type { Exchange, Outcome } from '../message/exchange.ts';
import type { Message } from '../message/message.ts';
import type { Compiler, TemplateRequest } from './policy.ts';

/** One thing that AssignMessage and its kin do to a message, or to the flow variables. */
export type Action = (exchange: Exchange, message: Message) => Outcome;

/** An action and where its element stands: actions run in document order. */
export interface PlacedAction {
  readonly offset: number;
  readonly run: Action;
}

/** Faults of the policy that the actions belong to. */
export interface ActionFaults {
  /** A variable that is read has no value. */
  readonly unresolvedVariable: FaultKind;
  /** A variable that should hold a message holds something else. */
  readonly notMessage: FaultKind;
  /** A variable, a status or a verb cannot be set to this value. */
  readonly setVariableFailed: FaultKind;
}

export interface ActionOptions {
  /** The policy's element, as fault texts begin: `AssignMessage[NAME]: ...`. */
  readonly element: string;
  readonly faults: ActionFaults;
  /** Whether a variable without value is an empty text instead of a fault. */
  readonly ignoreUnresolved: boolean;
  /** The variable a Copy without `source` copies from. */
  readonly source: string;
  /** Stands for the payload of the message that is written to; `none` when that is always in memory. */
  readonly destination: BodyNeed;
}

/** What the compiling functions of all actions are given. */
export interface ActionContext {
  readonly compiler: Compiler;
  readonly options: ActionOptions;
  /** Throws the policy's fault for a variable without value; undefined when those are ignored. */
  readonly unresolved: ((name: string) => never) | undefined;
  /** Whether the policy sets a verb: form parameters are then meant for that verb, not for the one before. */
  readonly setsVerb: boolean;
}

export function actionContext(compiler: Compiler, options: ActionOptions, setsVerb: boolean): ActionContext {
  const { faults, ignoreUnresolved } = options;
  const prefix = faultPrefix(compiler, options);
  const unresolved = (name: string): never => {
    throw new Fault(faults.unresolvedVariable, `${prefix}unable to resolve variable ${name}`);
  };
  return { compiler, options, unresolved: ignoreUnresolved ? undefined : unresolved, setsVerb };
}

/** Apigee's shape of such fault texts: `AssignMessage[NAME]: `. */
export function faultPrefix(compiler: Compiler, options: Pick<ActionOptions, 'element'>): string {
  return `${options.element}[${compiler.name}]: `;
}

/** Whether an action's element holds no child at all, not even an empty list. */
export function isEmptyAction(config: { readonly at: Place; readonly textAt: Place }): boolean {
  const { at: _at, textAt: _textAt, ...children } = config;
  return Object.values(children).every((child) => child === undefined || (Array.isArray(child) && child.length === 0));
}

export function warnOfEmpty(element: 'Add' | 'Set', at: Place, { compiler }: ActionContext): void {
  compiler.warning('PO034', at, `<${element}> is empty; it does nothing.`, `Fill it, or remove <${element}/>.`);
}

/** A text that is known now, or only in a call. */
export interface Text {
  readonly constant: string | undefined;
  readonly render: (exchange: Exchange) => string;
}

export function textOf(
  context: ActionContext,
  text: string,
  at: Place,
  delimiters?: Pick<TemplateRequest, 'prefix' | 'suffix'>,
): Text {
  return context.compiler.template(text, at, { ...delimiters, unresolved: context.unresolved });
}

/** One after the other; a single action stays what it is. */
export function inOrder(actions: readonly Action[]): Action {
  const [first, second] = actions;
  if (first === undefined) return () => undefined;
  if (second === undefined) return first;
  return (exchange, message) => runFrom(0, actions, exchange, message);
}

/** Almost all actions are done at once; the others are waited for. */
function runFrom(from: number, actions: readonly Action[], exchange: Exchange, message: Message): Outcome {
  for (let at = from; at < actions.length; at++) {
    const outcome = actions[at]?.(exchange, message);
    if (outcome !== undefined) return outcome.then(() => runFrom(at + 1, actions, exchange, message));
  }
}

/** The actions in document order. */
export function sorted(actions: readonly PlacedAction[]): Action[] {
  return actions.toSorted((a, b) => a.offset - b.offset).map((one) => one.run);
}
