import type { TreeKind, TreeNode } from '../../xml/tree.ts';
import { XPathMistake } from './failure.ts';
import { toBoolean, type Value } from './values.ts';
import { compileExpression } from './xpath-compile.ts';
import type { Compiled, Context, Names } from './xpath-context.ts';
import { type Expression, type NodeTest, type PathStep, parseXPath } from './xpath-parse.ts';
import { compileTest, principalKind, type Test } from './xpath-path.ts';

/** Patterns. XSLT 1.0 section 5.2. */

export type Matches = (node: TreeNode, context: Context) => boolean;

/** One alternative of a pattern. */
export interface Pattern {
  readonly matches: Matches;
  readonly priority: number;
  readonly kinds: ReadonlySet<TreeKind>;
  /** The local name it asks for; undefined: any. */
  readonly name: string | undefined;
}

/** The alternatives of a pattern. @throws XPathMistake */
export function compilePattern(text: string, names: Names): Pattern[] {
  const alternatives: Pattern[] = [];
  const add = (expression: Expression): void => {
    if (expression.kind === 'binary' && expression.operator === '|') {
      add(expression.left);
      add(expression.right);
    } else alternatives.push(compileAlternative(expression, names));
  };
  add(parseXPath(text, names.newer));
  return alternatives;
}

function compileAlternative(expression: Expression, names: Names): Pattern {
  if (expression.kind === 'call' && (expression.name === 'key' || expression.name === 'id')) {
    return { matches: memberOf(compileExpression(expression, names)), priority: 0.5, kinds: allKinds, name: undefined };
  }
  if (expression.kind !== 'path') throw notPattern;
  const { from, steps } = expression;
  const last = steps.at(-1);
  if (last === undefined) {
    return { matches: (node) => node.kind === 'document', priority: -0.5, kinds: documents, name: undefined };
  }
  const start = from === 'root' || from === 'context' ? from : fromCall(from, names);
  return {
    matches: matchSteps(start, steps, names),
    priority: steps.length === 1 && from === 'context' ? priorityOf(last) : 0.5,
    kinds: kindsOf(last.test, last.axis),
    name: last.test.kind === 'name' && !last.test.name.endsWith('*') ? last.test.name.replace(/^.*:/, '') : undefined,
  };
}

const notPattern = new XPathMistake('This is no pattern: steps are child, attribute or //.', 0, 0);

function fromCall(from: Expression, names: Names): Matches {
  if (from.kind !== 'call' || (from.name !== 'key' && from.name !== 'id')) throw notPattern;
  return memberOf(compileExpression(from, names));
}

function memberOf(compiled: Compiled): Matches {
  return (node, context) => {
    const value: Value = compiled.evaluate({ ...context, node, current: node });
    return typeof value === 'object' && value.includes(node);
  };
}

/** From the last step upwards. */
function matchSteps(start: Matches | 'root' | 'context', steps: readonly PathStep[], names: Names): Matches {
  let above: Matches | undefined =
    start === 'root' ? (node) => node.kind === 'document' : start === 'context' ? undefined : start;
  let anywhere = false;
  for (const step of steps) {
    if (step.axis === 'descendant-or-self' && step.test.kind === 'node' && step.predicates.length === 0) {
      anywhere = true;
      continue;
    }
    const own = matchStep(step, names);
    const outer = above;
    above =
      outer === undefined
        ? own
        : anywhere
          ? (node, context) => own(node, context) && someAncestor(node, context, outer)
          : (node, context) => own(node, context) && node.parent !== undefined && outer(node.parent, context);
    anywhere = false;
  }
  if (above === undefined) throw notPattern;
  return above;
}

function someAncestor(node: TreeNode, context: Context, matches: Matches): boolean {
  for (let at = node.parent; at !== undefined; at = at.parent) {
    context.run.tick();
    if (matches(at, context)) return true;
  }
  return false;
}

function matchStep(step: PathStep, names: Names): Matches {
  if (step.axis !== 'child' && step.axis !== 'attribute') throw notPattern;
  const base = compileTest(step.test, principalKind(step), names);
  const isAttribute = step.axis === 'attribute';
  // `node()` is any child; the document and attributes are none.
  const test: Test =
    step.test.kind === 'node'
      ? (node) => (node.kind === 'attribute') === isAttribute && node.kind !== 'document'
      : base;
  if (step.predicates.length === 0) return (node) => test(node);
  const predicates = step.predicates.map((one) => compileExpression(one, names));
  if (predicates.every(({ kind, positional }) => !positional && kind !== 'number' && kind !== 'any')) {
    return (node, context) => {
      if (!test(node)) return false;
      const inner: Context = { ...context, node, position: 1, size: 1, current: node };
      return predicates.every((one) => toBoolean(one.evaluate(inner)));
    };
  }
  return (node, context) => test(node) && keeps(node, test, predicates, context, isAttribute);
}

/** Predicates that count need to know the siblings. */
function keeps(
  node: TreeNode,
  test: Test,
  predicates: readonly Compiled[],
  context: Context,
  isAttribute: boolean,
): boolean {
  const siblings = isAttribute ? node.parent?.attributes : node.parent?.children;
  let nodes = (siblings ?? [node]).filter(test);
  for (const predicate of predicates) {
    const inner: Context = { ...context, size: nodes.length, current: node };
    const size = nodes.length;
    nodes = nodes.filter((one, index) => {
      context.run.tick();
      inner.node = one;
      inner.position = index + 1;
      inner.size = size;
      const value = predicate.evaluate(inner);
      return typeof value === 'number' ? value === index + 1 : toBoolean(value);
    });
    if (!nodes.includes(node)) return false;
  }
  return true;
}

/** XSLT 1.0 section 5.5. */
function priorityOf({ test, predicates }: PathStep): number {
  if (predicates.length > 0) return 0.5;
  if (test.kind === 'name') return test.name === '*' ? -0.5 : test.name.endsWith(':*') ? -0.25 : 0;
  return test.kind === 'instruction' && test.target !== undefined ? 0 : -0.5;
}

const allKinds: ReadonlySet<TreeKind> = new Set([
  'document',
  'element',
  'attribute',
  'text',
  'comment',
  'instruction',
] as const);
const documents: ReadonlySet<TreeKind> = new Set(['document'] as const);

function kindsOf(test: NodeTest, axis: PathStep['axis']): ReadonlySet<TreeKind> {
  if (axis === 'attribute') return new Set(['attribute']);
  switch (test.kind) {
    case 'name':
      return new Set(['element']);
    case 'node':
      return new Set(['element', 'text', 'comment', 'instruction']);
    case 'text':
    case 'comment':
    case 'instruction':
      return new Set([test.kind]);
  }
}
