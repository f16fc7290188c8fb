import type { TreeKind, TreeNode } from '../../xml/tree.ts';
import { XPathMistake } from './failure.ts';
import { inOrder, type NodeSet, toBoolean } from './values.ts';
import { isReverse, walk } from './xpath-axes.ts';
import { type Compiled, type Context, type Names, nodesOf } from './xpath-context.ts';
import type { Expression, NodeTest, PathStep } from './xpath-parse.ts';

/** Location paths. XPath 1.0 section 2. */

export type Test = (node: TreeNode) => boolean;
type CompileExpression = (expression: Expression, names: Names) => Compiled;

export function compilePath(
  path: Expression & { readonly kind: 'path' },
  names: Names,
  compile: CompileExpression,
): Compiled {
  const steps = joinDescents(path.steps).map((step) => compileStep(step, names, compile));
  const { from } = path;
  const walkFrom = (start: NodeSet, context: Context): NodeSet => {
    let nodes = start;
    for (const step of steps) {
      if (nodes.length === 0) return nodes;
      nodes = step(nodes, context);
    }
    return nodes;
  };
  if (from === 'context') {
    const [only] = steps;
    if (only !== undefined && steps.length === 1) {
      return { kind: 'nodes', positional: false, evaluate: (context) => only([context.node], context) };
    }
    return { kind: 'nodes', positional: false, evaluate: (context) => walkFrom([context.node], context) };
  }
  if (from === 'root') {
    return { kind: 'nodes', positional: false, evaluate: (context) => walkFrom([rootOf(context.node)], context) };
  }
  const start = compile(from, names);
  if (start.kind !== 'nodes' && start.kind !== 'any') {
    throw new XPathMistake('What stands before "/" is no node set.', 0, 0);
  }
  return {
    kind: 'nodes',
    positional: start.positional,
    evaluate: (context) => walkFrom(nodesOf(start.evaluate(context)), context),
  };
}

export function rootOf(node: TreeNode): TreeNode {
  let root = node;
  while (root.parent !== undefined) root = root.parent;
  return root;
}

/** `//name` is every descendant of that name, unless a predicate counts among siblings. */
function joinDescents(steps: readonly PathStep[]): PathStep[] {
  const joined: PathStep[] = [];
  for (const step of steps) {
    const before = joined.at(-1);
    const descends =
      before?.axis === 'descendant-or-self' && before.test.kind === 'node' && before.predicates.length === 0;
    if (descends && step.axis === 'child' && step.predicates.length === 0) {
      joined.pop();
      joined.push({ ...step, axis: 'descendant' });
    } else joined.push(step);
  }
  return joined;
}

type Walk = (nodes: NodeSet, context: Context) => NodeSet;

function compileStep(step: PathStep, names: Names, compile: CompileExpression): Walk {
  const { axis } = step;
  const test = compileTest(step.test, principalKind(step), names);
  const predicates = step.predicates.map((one) => compile(one, names));
  const reverse = isReverse(axis);
  const candidates = (node: TreeNode, context: Context, found: TreeNode[]): void => {
    const { run } = context;
    if (axis === 'child' || axis === 'attribute') {
      for (const one of axis === 'child' ? node.children : node.attributes) if (test(one)) found.push(one);
      run.tick();
      return;
    }
    walk(axis, node, run, (one) => {
      run.tick();
      if (test(one)) found.push(one);
    });
  };
  return (nodes, context) => {
    const [only] = nodes;
    if (only !== undefined && nodes.length === 1) {
      const found: TreeNode[] = [];
      candidates(only, context, found);
      const kept = filterAll(found, predicates, context);
      return reverse ? kept.toReversed() : kept;
    }
    const all: TreeNode[] = [];
    for (const node of nodes) {
      if (predicates.length === 0) {
        candidates(node, context, all);
        continue;
      }
      const found: TreeNode[] = [];
      candidates(node, context, found);
      for (const one of filterAll(found, predicates, context)) all.push(one);
    }
    return inOrder(all);
  };
}

function filterAll(nodes: NodeSet, predicates: readonly Compiled[], context: Context): NodeSet {
  let kept = nodes;
  for (const predicate of predicates) kept = filterNodes(kept, predicate, context);
  return kept;
}

/** XPath 1.0 section 2.4: a number is a position. */
export function filterNodes(nodes: NodeSet, predicate: Compiled, context: Context): NodeSet {
  const kept: TreeNode[] = [];
  const inner: Context = { ...context, size: nodes.length };
  let position = 0;
  for (const node of nodes) {
    inner.node = node;
    inner.position = ++position;
    context.run.tick();
    const value = predicate.evaluate(inner);
    if (typeof value === 'number' ? value === position : toBoolean(value)) kept.push(node);
  }
  return kept;
}

export function unionOf(one: NodeSet, other: NodeSet): NodeSet {
  if (one.length === 0) return other;
  if (other.length === 0) return one;
  return inOrder([...one, ...other]);
}

/** XPath 1.0 section 2.3: what a name means on an axis. */
export function principalKind({ axis }: Pick<PathStep, 'axis'>): TreeKind {
  return axis === 'attribute' ? 'attribute' : axis === 'namespace' ? 'namespace' : 'element';
}

export function compileTest(test: NodeTest, principal: TreeKind, names: Names): Test {
  switch (test.kind) {
    case 'node':
      return () => true;
    case 'text':
    case 'comment': {
      const { kind } = test;
      return (node) => node.kind === kind;
    }
    case 'instruction': {
      const { target } = test;
      return (node) => node.kind === 'instruction' && (target === undefined || node.local === target);
    }
    case 'name': {
      const { uri, local } = resolveTest(test, principal, names);
      if (local === '*') {
        if (uri === undefined) return (node) => node.kind === principal;
        return (node) => node.kind === principal && node.uri === uri;
      }
      return (node) => node.local === local && node.kind === principal && node.uri === uri;
    }
  }
}

/** The parts of a name test; `uri` is undefined for `*` alone. */
export function resolveTest(
  test: NodeTest & { readonly kind: 'name' },
  principal: TreeKind,
  names: Names,
): { readonly uri: string | undefined; readonly local: string } {
  const colon = test.name.indexOf(':');
  if (colon === -1) {
    if (test.name === '*') return { uri: undefined, local: '*' };
    return { uri: principal === 'element' ? names.elementNamespace : '', local: test.name };
  }
  const prefix = test.name.slice(0, colon);
  const uri = names.uri(prefix);
  if (uri === undefined) throw new XPathMistake(`The prefix "${prefix}" is not declared.`, test.at, prefix.length);
  return { uri, local: test.name.slice(colon + 1) };
}
