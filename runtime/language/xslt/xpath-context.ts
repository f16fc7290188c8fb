import type { TreeNode } from '../../xml/tree.ts';
import { TransformationFailure } from './failure.ts';
import type { Run } from './run.ts';
import { isNodes, type NodeSet, type Value } from './values.ts';

/** What an expression is evaluated in. XPath 1.0 section 1; `current` is XSLT's current node. */
export interface Context {
  node: TreeNode;
  position: number;
  size: number;
  current: TreeNode;
  /** The variables of the template that runs, by slot. */
  readonly frame: Value[];
  readonly run: Run;
}

/** The type that an expression always gives; `any`: known only when it runs. */
export type ValueKind = 'nodes' | 'text' | 'number' | 'boolean' | 'any';

export interface Compiled {
  readonly kind: ValueKind;
  /** Whether it asks for position() or last(). */
  readonly positional: boolean;
  evaluate(context: Context): Value;
}

/** What names in an expression stand for, where it is written. */
export interface Names {
  /** Whether the parts of XPath 2.0 that run here are known. */
  readonly newer: boolean;
  /** Of elements without prefix in paths (XSLT 2.0: xpath-default-namespace). */
  readonly elementNamespace: string;
  uri(prefix: string): string | undefined;
  /** Undefined when there is no such variable. */
  variable(name: string): ((context: Context) => Value) | undefined;
  /** The functions that are not of XPath itself, by `{uri}local`. */
  readonly functions: ReadonlyMap<string, XPathFunction>;
}

export interface XPathFunction {
  readonly kind: ValueKind;
  readonly least: number;
  readonly most: number;
  readonly positional?: boolean;
  /** Places of arguments that must be node sets. */
  readonly nodes?: readonly number[];
  readonly call: Call;
  /** Instead of `call`, for one that looks at its arguments as written. Throws XPathMistake's message. */
  readonly make?: (constants: readonly (string | undefined)[], names: Names) => Call | string;
}

export type Call = (context: Context, values: readonly Value[]) => Value;

export function nodesOf(value: Value | undefined): NodeSet {
  if (value !== undefined && isNodes(value)) return value;
  throw new TransformationFailure('A node set is expected, and the value is none');
}
