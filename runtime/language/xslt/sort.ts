import type { TreeNode } from '../../xml/tree.ts';
import { childElements } from './instruction.ts';
import type { Scope } from './scope.ts';
import { expressionOf, type Locals, type StyleCompiler, type TextOf, templateOf } from './style-compiler.ts';
import { attributeOf, type StyleElement } from './style-element.ts';
import { type NodeSet, nodeText, toNumber, toText } from './values.ts';
import type { Compiled, Context } from './xpath-context.ts';

/** xsl:sort. XSLT 1.0 section 10. */

export type Sort = (nodes: NodeSet, scope: Scope) => NodeSet;

interface SortKey {
  readonly select: Compiled | undefined;
  readonly dataType: TextOf | undefined;
  readonly order: TextOf | undefined;
  readonly language: TextOf | undefined;
  readonly caseOrder: TextOf | undefined;
}

type Compare = (one: string | number, other: string | number) => number;

/** Undefined when the element has no xsl:sort. */
export function compileSort(element: StyleElement, locals: Locals, compiler: StyleCompiler): Sort | undefined {
  const keys = childElements(element, 'sort').map((sort): SortKey => {
    const template = (name: string): TextOf | undefined => {
      const attribute = attributeOf(sort, name);
      return attribute === undefined ? undefined : templateOf(attribute, sort, locals, compiler);
    };
    const select = attributeOf(sort, 'select');
    return {
      select: select === undefined ? undefined : expressionOf(select, sort, locals, compiler),
      dataType: template('data-type'),
      order: template('order'),
      language: template('lang'),
      caseOrder: template('case-order'),
    };
  });
  if (keys.length === 0) return undefined;
  return (nodes, scope) => sortBy(nodes, scope, keys);
}

function sortBy(nodes: NodeSet, scope: Scope, keys: readonly SortKey[]): NodeSet {
  const numeric = keys.map((key) => key.dataType?.(scope) === 'number');
  const compares = keys.map((key, index) => comparison(key, scope, numeric[index] === true));
  const context: Context = { ...scope.context, size: nodes.length };
  const rows = nodes.map((node, index) => {
    scope.run.tick();
    context.node = node;
    context.current = node;
    context.position = index + 1;
    return { node, values: keys.map((key, at) => sortValue(node, key, context, numeric[at] === true)) };
  });
  rows.sort((one, other) => {
    scope.run.tick();
    for (const [at, compare] of compares.entries()) {
      const difference = compare(one.values[at] ?? '', other.values[at] ?? '');
      if (difference !== 0) return difference;
    }
    return 0;
  });
  return rows.map(({ node }) => node);
}

function sortValue(node: TreeNode, key: SortKey, context: Context, numeric: boolean): string | number {
  const value = key.select === undefined ? nodeText(node) : key.select.evaluate(context);
  return numeric ? toNumber(value) : toText(value);
}

function comparison(key: SortKey, scope: Scope, numeric: boolean): Compare {
  const sign = key.order?.(scope) === 'descending' ? -1 : 1;
  if (numeric) return (one, other) => sign * compareNumbers(Number(one), Number(other));
  const language = key.language?.(scope);
  const caseOrder = key.caseOrder?.(scope);
  // zerohop's choice, as Saxon's: without a language or an order of cases texts are compared by their characters.
  if (language === undefined && caseOrder === undefined) {
    return (one, other) => (one === other ? 0 : one < other ? -sign : sign);
  }
  const collator = collatorOf(language, caseOrder);
  return (one, other) => sign * collator.compare(String(one), String(other));
}

/** What is no number comes first. */
function compareNumbers(one: number, other: number): number {
  if (Number.isNaN(one)) return Number.isNaN(other) ? 0 : -1;
  return Number.isNaN(other) ? 1 : one - other;
}

function collatorOf(language: string | undefined, caseOrder: string | undefined): Intl.Collator {
  const caseFirst = caseOrder === 'upper-first' ? 'upper' : caseOrder === 'lower-first' ? 'lower' : 'false';
  try {
    return new Intl.Collator(language, { caseFirst });
  } catch (error) {
    // A language that nobody knows is no reason to fail. XSLT 1.0 section 10 leaves it to the processor.
    if (error instanceof RangeError) return new Intl.Collator('en', { caseFirst });
    throw error;
  }
}
