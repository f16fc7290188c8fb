import type { TreeNode } from '../../xml/tree.ts';
import type { ResultBuilder } from './result.ts';
import type { Run } from './run.ts';
import type { Value } from './values.ts';
import type { Context } from './xpath-context.ts';

/** What an instruction runs in: one for each template that runs. */
export interface Scope {
  readonly context: Context;
  readonly run: Run;
  output: ResultBuilder;
  /** The rule that runs, for apply-imports; none inside for-each. */
  rule: Rule | undefined;
  mode: string;
  readonly parameters: Parameters;
  /** A template to go on with, in place of the one that runs: a call in last place takes no stack. */
  pending: PendingCall | undefined;
}

/** By `{uri}local`. */
export type Parameters = ReadonlyMap<string, Value>;

export interface PendingCall {
  readonly template: Template;
  readonly parameters: Parameters;
}

export type Instruction = (scope: Scope) => void;

export interface Template {
  /** Set once the whole style sheet is read: templates call those that follow. */
  body: Instruction;
  /** Variables and parameters. */
  slots: number;
}

export interface Rule {
  readonly template: Template;
  readonly matches: (node: TreeNode, context: Context) => boolean;
  readonly priority: number;
  /** Of its module; higher wins. */
  readonly precedence: number;
  /** The lowest precedence among what its module imports. */
  readonly lowest: number;
  /** Place in the style sheet: of equal rules the last one wins. */
  readonly order: number;
}

export const noParameters: ReadonlyMap<string, Value> = new Map();

/** Runs a template for a node, and those that it goes on with. */
export function runTemplate(
  template: Template,
  parameters: Parameters,
  node: TreeNode,
  position: number,
  size: number,
  caller: Scope,
  rule: Rule | undefined,
  mode: string,
): void {
  const { run, output } = caller;
  run.enter();
  let next: PendingCall | undefined = { template, parameters };
  while (next !== undefined) {
    run.tick();
    const frame = new Array<Value>(next.template.slots).fill('');
    const context: Context = { node, position, size, current: node, frame, run };
    const scope: Scope = { context, run, output, rule, mode, parameters: next.parameters, pending: undefined };
    next.template.body(scope);
    next = scope.pending;
  }
  run.leave();
}

/** What an instruction makes, apart from the result. */
export function built(scope: Scope, make: Instruction, output: ResultBuilder): TreeNode {
  const outside = scope.output;
  scope.output = output;
  make(scope);
  scope.output = outside;
  return output.document;
}
