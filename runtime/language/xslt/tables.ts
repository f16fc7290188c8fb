import type { DecimalFormat } from './decimal-format.ts';
import { TransformationFailure } from './failure.ts';
import type { Pattern } from './pattern.ts';
import { ResultBuilder } from './result.ts';
import type { Run } from './run.ts';
import { type Instruction, noParameters, type Scope, type Template } from './scope.ts';
import type { Value } from './values.ts';
import type { Compiled, Context } from './xpath-context.ts';

/** What a style sheet declares at its top, by `{uri}local`. */
export interface StyleTables {
  readonly keys: Map<string, KeyDefinition[]>;
  readonly formats: Map<string, DecimalFormat>;
  readonly templates: Map<string, NamedTemplate>;
  readonly globals: Map<string, Global>;
  readonly attributeSets: Map<string, Instruction[]>;
  /** Namespaces of the style sheet that are others in the result. */
  readonly aliases: Map<string, { readonly prefix: string; readonly uri: string }>;
}

export interface NamedTemplate {
  readonly template: Template;
  readonly precedence: number;
}

export interface KeyDefinition {
  readonly patterns: readonly Pattern[];
  readonly use: Compiled;
}

/** A variable or parameter outside of templates. */
export interface Global {
  readonly slot: number;
  readonly precedence: number;
  /** Its name when the policy can give its value. */
  readonly parameter: string | undefined;
  /** Set once all names are known. */
  value: ((scope: Scope) => Value) | undefined;
  slots: number;
}

export function emptyTables(): StyleTables {
  return {
    keys: new Map(),
    formats: new Map(),
    templates: new Map(),
    globals: new Map(),
    attributeSets: new Map(),
    aliases: new Map(),
  };
}

/** A global's value: the policy's, or computed when it is first asked for. */
export function readGlobal(global: Global, name: string, { run }: Context): Value {
  const known = run.globals[global.slot];
  if (known !== undefined) return known;
  if (run.computing.has(global.slot)) throw new TransformationFailure(`The variable "${name}" needs its own value`);
  run.computing.add(global.slot);
  const given = global.parameter === undefined ? undefined : run.parameters.get(global.parameter);
  const value = given ?? global.value?.(topScope(run, global.slots)) ?? '';
  run.computing.delete(global.slot);
  run.globals[global.slot] = value;
  return value;
}

/** A scope outside of templates: the source document is the current node. */
export function topScope(run: Run, slots: number, output: ResultBuilder = new ResultBuilder(run)): Scope {
  const node = run.source;
  const context: Context = { node, position: 1, size: 1, current: node, frame: new Array<Value>(slots).fill(''), run };
  return { context, run, output, rule: undefined, mode: '', parameters: noParameters, pending: undefined };
}
