import type { TreeNode } from '../../xml/tree.ts';
import { type InstructionKind, refuseContent } from './instruction.ts';
import { formatNumbers, type Grouping } from './number-format.ts';
import type { Pattern } from './pattern.ts';
import type { Instruction, Scope } from './scope.ts';
import { expressionOf, type Locals, patternOf, type StyleCompiler, type TextOf, templateOf } from './style-compiler.ts';
import { attributeOf, type StyleElement } from './style-element.ts';
import { toNumber } from './values.ts';
import type { Context } from './xpath-context.ts';
import { round } from './xpath-functions.ts';

/** xsl:number. XSLT 1.0 section 7.7. */

type Matches = (node: TreeNode, context: Context) => boolean;

function compileNumber(element: StyleElement, locals: Locals, compiler: StyleCompiler): Instruction {
  refuseContent(element, compiler);
  const template = (name: string): TextOf | undefined => {
    const attribute = attributeOf(element, name);
    return attribute === undefined ? undefined : templateOf(attribute, element, locals, compiler);
  };
  const format = template('format') ?? (() => '1');
  const separator = template('grouping-separator');
  const size = template('grouping-size');
  const numbers = numbersOf(element, locals, compiler);
  return (scope) => {
    const grouping = groupingOf(separator?.(scope), size?.(scope));
    scope.output.text(formatNumbers(numbers(scope), format(scope), grouping));
  };
}

function groupingOf(separator: string | undefined, size: string | undefined): Grouping | undefined {
  const digits = Number(size);
  if (separator === undefined || separator === '' || !Number.isInteger(digits) || digits < 1) return undefined;
  return { separator, size: digits };
}

function numbersOf(
  element: StyleElement,
  locals: Locals,
  compiler: StyleCompiler,
): (scope: Scope) => readonly number[] {
  const value = attributeOf(element, 'value');
  if (value !== undefined) {
    const compiled = expressionOf(value, element, locals, compiler);
    return ({ context }) => [round(toNumber(compiled.evaluate(context)))];
  }
  const counted = matcher(element, 'count', locals, compiler);
  const from = matcher(element, 'from', locals, compiler);
  const level = attributeOf(element, 'level');
  const kind = level?.value.trim() ?? 'single';
  if (level !== undefined && !['single', 'multiple', 'any'].includes(kind)) {
    compiler.mistake(`"${kind}" is none of single, multiple, any.`, level.at);
  }
  return ({ context }) => {
    const { node } = context;
    const count = counted ?? ((one: TreeNode) => isAlike(one, node));
    if (kind === 'any') return countAny(node, count, from, context);
    const levels = levelsOf(node, count, from, context, kind === 'single');
    return levels.map((one) => place(one, count, context));
  };
}

function matcher(element: StyleElement, name: string, locals: Locals, compiler: StyleCompiler): Matches | undefined {
  const attribute = attributeOf(element, name);
  if (attribute === undefined) return undefined;
  const patterns: readonly Pattern[] = patternOf(attribute, element, locals, compiler);
  return (node, context) => patterns.some((one) => one.kinds.has(node.kind) && one.matches(node, context));
}

/** Without a pattern, nodes of the same kind and name are counted. */
function isAlike(one: TreeNode, other: TreeNode): boolean {
  return one.kind === other.kind && one.local === other.local && one.uri === other.uri;
}

/** The counted nodes among the node and its ancestors, outermost first. */
function levelsOf(
  node: TreeNode,
  count: Matches,
  from: Matches | undefined,
  context: Context,
  onlyOne: boolean,
): TreeNode[] {
  const levels: TreeNode[] = [];
  for (let at: TreeNode | undefined = node; at !== undefined; at = at.parent) {
    if (at !== node && from?.(at, context) === true) break;
    if (!count(at, context)) continue;
    levels.unshift(at);
    if (onlyOne) break;
  }
  return levels;
}

function place(node: TreeNode, count: Matches, context: Context): number {
  const siblings = node.parent?.children ?? [];
  let number = 1;
  for (let at = 0; at < node.index && at < siblings.length; at++) {
    context.run.tick();
    const sibling = siblings[at];
    if (sibling !== undefined && count(sibling, context)) number++;
  }
  return number;
}

/** All counted nodes up to this one, since the last that `from` matches. */
function countAny(node: TreeNode, count: Matches, from: Matches | undefined, context: Context): number[] {
  let number = 0;
  let done = false;
  const visit = (one: TreeNode): void => {
    if (done) return;
    context.run.tick();
    if (from?.(one, context) === true) done = true;
    else if (count(one, context)) number++;
  };
  const backwards = (one: TreeNode): void => {
    for (let at = one.children.length - 1; at >= 0 && !done; at--) {
      const child = one.children[at];
      if (child !== undefined) backwards(child);
    }
    visit(one);
  };
  for (let at: TreeNode | undefined = node; at !== undefined && !done; at = at.parent) {
    visit(at);
    const siblings = at.kind === 'attribute' ? [] : (at.parent?.children ?? []);
    for (let index = Math.min(at.index, siblings.length) - 1; index >= 0 && !done; index--) {
      const sibling = siblings[index];
      if (sibling !== undefined) backwards(sibling);
    }
  }
  return number === 0 ? [] : [number];
}

const attributes = [
  ...['level', 'count', 'from', 'value', 'format', 'lang', 'letter-value', 'grouping-separator', 'grouping-size'],
];

export const numberInstruction: InstructionKind = { attributes, compile: compileNumber };
