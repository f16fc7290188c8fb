import { TransformationFailure } from './failure.ts';
import {
  childElements,
  type InstructionKind,
  neededExpression,
  nothing,
  refuseContent,
  textOf,
  yes,
} from './instruction.ts';
import type { Instruction, Scope } from './scope.ts';
import { compileSort } from './sort.ts';
import { Locals, type StyleCompiler, selectOf } from './style-compiler.ts';
import { isXsl, type StyleElement } from './style-element.ts';
import { toBoolean, toText } from './values.ts';
import { type Compiled, type Context, nodesOf } from './xpath-context.ts';

/** Instructions that decide what runs. XSLT 1.0 sections 8, 9 and 13. */

function compileIf(element: StyleElement, locals: Locals, compiler: StyleCompiler, tail: boolean): Instruction {
  const test = neededExpression(element, 'test', locals, compiler);
  const then = compiler.body(element.children, new Locals(locals), tail);
  if (test === undefined) return nothing;
  return (scope) => {
    if (toBoolean(test.evaluate(scope.context))) then(scope);
  };
}

function compileChoose(element: StyleElement, locals: Locals, compiler: StyleCompiler, tail: boolean): Instruction {
  refuseContent(element, compiler, 'when', 'otherwise');
  const branches: { readonly test: Compiled | undefined; readonly run: Instruction }[] = [];
  for (const child of element.children) {
    if (child.kind !== 'element' || !(isXsl(child, 'when') || isXsl(child, 'otherwise'))) continue;
    const test = isXsl(child, 'when') ? neededExpression(child, 'test', locals, compiler) : undefined;
    branches.push({ test, run: compiler.body(child.children, new Locals(locals), tail) });
  }
  if (!branches.some(({ test }) => test !== undefined)) compiler.mistake('xsl:choose has no xsl:when.', element.at);
  return (scope) => {
    for (const { test, run } of branches) {
      if (test !== undefined && !toBoolean(test.evaluate(scope.context))) continue;
      run(scope);
      return;
    }
  };
}

function compileForEach(element: StyleElement, locals: Locals, compiler: StyleCompiler): Instruction {
  const select = neededExpression(element, 'select', locals, compiler);
  const sort = compileSort(element, locals, compiler);
  const each = compiler.body(
    element.children.filter((child) => child.kind === 'text' || !isXsl(child, 'sort')),
    new Locals(locals),
  );
  if (select === undefined) return nothing;
  return (scope) => {
    const found = nodesOf(select.evaluate(scope.context));
    const nodes = sort === undefined ? found : sort(found, scope);
    const { context, rule } = scope;
    const before = { ...context };
    scope.rule = undefined;
    let position = 0;
    for (const node of nodes) {
      scope.run.tick();
      moveTo(context, { node, position: ++position, size: nodes.length, current: node });
      each(scope);
    }
    scope.rule = rule;
    moveTo(context, before);
  };
}

/** The context of a template is one object, so that what was compiled to use it need not be given another. */
function moveTo(context: Context, to: Pick<Context, 'node' | 'position' | 'size' | 'current'>): void {
  context.node = to.node;
  context.position = to.position;
  context.size = to.size;
  context.current = to.current;
}

function compileMessage(element: StyleElement, locals: Locals, compiler: StyleCompiler): Instruction {
  const terminates = yes(element, 'terminate', compiler);
  const select = selectOf(element, locals, compiler);
  const content = compiler.body(element.children, new Locals(locals));
  return (scope: Scope) => {
    const text = select === undefined ? textOf(content, scope) : toText(select.evaluate(scope.context));
    if (terminates) throw new TransformationFailure(text === '' ? 'The style sheet ended with xsl:message' : text);
  };
}

function compileSequence(element: StyleElement, locals: Locals, compiler: StyleCompiler): Instruction {
  refuseContent(element, compiler);
  const select = neededExpression(element, 'select', locals, compiler);
  if (select === undefined) return nothing;
  return (scope) => {
    const value = select.evaluate(scope.context);
    if (typeof value === 'object') for (const node of value) scope.output.copy(node);
    else scope.output.text(toText(value));
  };
}

export const flowInstructions: readonly (readonly [string, InstructionKind])[] = [
  ['if', { attributes: ['test'], compile: compileIf }],
  ['choose', { attributes: [], compile: compileChoose }],
  ['for-each', { attributes: ['select'], compile: compileForEach }],
  ['message', { attributes: ['terminate', 'select'], compile: compileMessage }],
  ['copy-of', { attributes: ['select', 'copy-namespaces'], compile: compileSequence }],
  ['sequence', { attributes: ['select'], compile: compileSequence }],
  ['fallback', { attributes: [], compile: () => nothing }],
];

/** What stands in for an instruction that does not run; undefined when nothing does. */
export function fallbackOf(element: StyleElement, locals: Locals, compiler: StyleCompiler): Instruction | undefined {
  const fallbacks = childElements(element, 'fallback');
  if (fallbacks.length === 0) return undefined;
  const bodies = fallbacks.map((one) => compiler.body(one.children, new Locals(locals)));
  return (scope) => {
    for (const body of bodies) body(scope);
  };
}
