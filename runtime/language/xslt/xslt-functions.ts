import { leafNode, type TreeNode, unnamed } from '../../xml/tree.ts';
import { formatNumber, standardFormat } from './decimal-format.ts';
import { TransformationFailure } from './failure.ts';
import { xslNamespace } from './style-element.ts';
import type { KeyDefinition, StyleTables } from './tables.ts';
import { inOrder, isNodes, type NodeSet, nodeText, toNumber, toText, type Value } from './values.ts';
import { knowsFunction } from './xpath-compile.ts';
import { type Call, type Context, type Names, nodesOf, type XPathFunction } from './xpath-context.ts';
import { rootOf } from './xpath-path.ts';

/** The functions that XSLT adds. XSLT 1.0 section 12 and 15. */

/** @param knowsElement whether an instruction of XSLT runs */
export function xsltFunctions(
  tables: StyleTables,
  knowsElement: (local: string) => boolean,
): ReadonlyMap<string, XPathFunction> {
  const nodeSet: XPathFunction = { kind: 'nodes', least: 1, most: 1, call: toNodes };
  const refused = (message: string): XPathFunction => ({ ...nodeSet, most: 2, make: () => message });
  return new Map<string, XPathFunction>([
    ['{}current', { kind: 'nodes', least: 0, most: 0, call: (context) => [context.current] }],
    ['{}key', named('nodes', 2, 2, (names) => keyCall(tables, names))],
    ['{}format-number', named('text', 2, 3, (names) => formatCall(tables, names))],
    ['{}generate-id', { kind: 'text', least: 0, most: 1, nodes: [0], call: generateId }],
    [
      '{}system-property',
      named(
        'text',
        1,
        1,
        (names) =>
          (_, [name = '']) =>
            systemProperty(toText(name), names),
      ),
    ],
    ['{}unparsed-entity-uri', { kind: 'text', least: 1, most: 1, call: () => '' }],
    [
      '{}element-available',
      named('boolean', 1, 1, (names) => (_, [name = '']) => {
        const { uri, local } = resolve(toText(name), names);
        return uri === xslNamespace && knowsElement(local);
      }),
    ],
    [
      '{}function-available',
      named('boolean', 1, 2, (names) => (_, [name = '']) => {
        const { uri, local } = resolve(toText(name), names);
        return local !== 'document' && knowsFunction(toText(name).includes(':') ? uri : '', local, names);
      }),
    ],
    ['{}document', refused('does not run here: a style sheet reads nothing but its message')],
    ['{http://exslt.org/common}node-set', nodeSet],
    ['{urn:schemas-microsoft-com:xslt}node-set', nodeSet],
    ['{http://xml.apache.org/xalan}nodeset', nodeSet],
  ]);
}

/** A function whose arguments may be names with prefixes. */
function named(kind: XPathFunction['kind'], least: number, most: number, make: (names: Names) => Call): XPathFunction {
  const call: Call = () => {
    throw new TransformationFailure('The function has no names to look in');
  };
  return { kind, least, most, call, make: (_, names) => make(names) };
}

function resolve(name: string, names: Names): { readonly uri: string; readonly local: string } {
  const colon = name.indexOf(':');
  if (colon === -1) return { uri: '', local: name };
  const uri = names.uri(name.slice(0, colon));
  if (uri === undefined) throw new TransformationFailure(`The prefix of "${name}" is not declared`);
  return { uri, local: name.slice(colon + 1) };
}

function resolvedKey(name: string, names: Names): string {
  const { uri, local } = resolve(name.trim(), names);
  return `{${uri}}${local}`;
}

function toNodes(context: Context, [value = '']: readonly Value[]): NodeSet {
  if (isNodes(value)) return value;
  return [leafNode(context.run.counter, 'text', undefined, unnamed, toText(value))];
}

function generateId(context: Context, [nodes]: readonly Value[]): string {
  const node = nodes === undefined ? context.node : nodesOf(nodes)[0];
  return node === undefined ? '' : `N${String(node.order).replace('.', 'x')}`;
}

function systemProperty(name: string, names: Names): string {
  const { uri, local } = resolve(name, names);
  if (uri !== xslNamespace) return '';
  if (local === 'version') return '1.0';
  if (local === 'vendor') return 'zerohop';
  return '';
}

function formatCall(tables: StyleTables, names: Names): Call {
  return (_, [value = '', pattern = '', name]) => {
    const key = name === undefined ? '{}' : resolvedKey(toText(name), names);
    const format = tables.formats.get(key) ?? (name === undefined ? standardFormat : undefined);
    if (format === undefined) throw new TransformationFailure(`There is no decimal format "${toText(name ?? '')}"`);
    return formatNumber(toNumber(value), toText(pattern), format);
  };
}

function keyCall(tables: StyleTables, names: Names): Call {
  return (context, [name = '', value = '']) => {
    const definitions = tables.keys.get(resolvedKey(toText(name), names));
    if (definitions === undefined) throw new TransformationFailure(`There is no key "${toText(name)}"`);
    const index = indexOf(definitions, rootOf(context.node), context);
    if (!isNodes(value)) return index.get(toText(value)) ?? [];
    return inOrder(value.flatMap((node) => index.get(nodeText(node)) ?? []));
  };
}

/** The nodes of a document by the values of a key, made when the key is first asked for. */
function indexOf(definitions: readonly KeyDefinition[], root: TreeNode, context: Context): Map<string, TreeNode[]> {
  const { keys } = context.run;
  let byRoot = keys.get(definitions);
  if (byRoot === undefined) {
    byRoot = new Map();
    keys.set(definitions, byRoot);
  }
  let index = byRoot.get(root);
  if (index === undefined) {
    index = new Map();
    byRoot.set(root, index);
    for (const definition of definitions) collect(definition, root, context, index);
    for (const [value, nodes] of index) index.set(value, inOrder(nodes));
  }
  return index;
}

function collect(
  { patterns, use }: KeyDefinition,
  root: TreeNode,
  outer: Context,
  index: Map<string, TreeNode[]>,
): void {
  const context: Context = { ...outer, node: root, position: 1, size: 1, current: root };
  const visit = (node: TreeNode): void => {
    outer.run.tick();
    if (patterns.some((one) => one.kinds.has(node.kind) && one.matches(node, context))) {
      context.node = node;
      context.current = node;
      const value = use.evaluate(context);
      for (const text of isNodes(value) ? new Set(value.map(nodeText)) : [toText(value)]) {
        const nodes = index.get(text);
        if (nodes === undefined) index.set(text, [node]);
        else nodes.push(node);
      }
    }
    for (const attribute of node.attributes) visit(attribute);
    for (const child of node.children) visit(child);
  };
  visit(root);
}
