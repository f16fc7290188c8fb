import { SaxesParser } from 'saxes';
import { XmlRefused } from './events.ts';
import { depthLimit } from './well-formed.ts';

/** The tree of a payload, as XPath sees it. XPath 1.0 section 5. */

export type TreeKind = 'document' | 'element' | 'attribute' | 'text' | 'comment' | 'instruction' | 'namespace';

/** A node. All kinds have one shape, so that what walks over them stays fast. */
export interface TreeNode {
  readonly kind: TreeKind;
  readonly parent: TreeNode | undefined;
  readonly prefix: string;
  /** Without prefix; the target of an instruction; the prefix that a namespace node binds. */
  readonly local: string;
  readonly uri: string;
  /** Of what has no children. */
  value: string;
  readonly children: TreeNode[];
  readonly attributes: TreeNode[];
  /** All that are in scope of an element, by prefix. Shared with its parent when it declares none. */
  namespaces: ReadonlyMap<string, string>;
  /** Place in document order, over all trees that one counter numbers. */
  readonly order: number;
  /** Place among the parent's children. */
  readonly index: number;
  /** A text that is written as it is (XSLT: disable-output-escaping). */
  readonly unescaped: boolean;
}

/** Numbers nodes in document order. */
export interface NodeCounter {
  next: number;
}

export const xmlNamespace = 'http://www.w3.org/XML/1998/namespace';

const noNodes: readonly TreeNode[] = Object.freeze([]);
const onlyXml: ReadonlyMap<string, string> = new Map([['xml', xmlNamespace]]);

/** More nodes than this are refused: each takes some hundred bytes. zerohop's choice. */
const mostNodes = 1_000_000;

/** The entities of XML itself, and no property of objects: `&constructor;` is no entity. */
const entities = { __proto__: null, amp: '&', gt: '>', lt: '<', quot: '"', apos: "'" };

export function documentNode(counter: NodeCounter): TreeNode {
  return {
    kind: 'document',
    parent: undefined,
    prefix: '',
    local: '',
    uri: '',
    value: '',
    children: [],
    attributes: noNodes as TreeNode[],
    namespaces: onlyXml,
    order: counter.next++,
    index: 0,
    unescaped: false,
  };
}

/** An element, not yet among its parent's children. */
export function elementNode(
  counter: NodeCounter,
  parent: TreeNode,
  prefix: string,
  local: string,
  uri: string,
  namespaces: ReadonlyMap<string, string>,
): TreeNode {
  return {
    kind: 'element',
    parent,
    prefix,
    local,
    uri,
    value: '',
    children: [],
    attributes: [],
    namespaces,
    order: counter.next++,
    index: parent.children.length,
    unescaped: false,
  };
}

/** A node without children. */
export function leafNode(
  counter: NodeCounter,
  kind: TreeKind,
  parent: TreeNode | undefined,
  name: { readonly prefix: string; readonly local: string; readonly uri: string },
  value: string,
  unescaped = false,
): TreeNode {
  return {
    kind,
    parent,
    prefix: name.prefix,
    local: name.local,
    uri: name.uri,
    value,
    children: noNodes as TreeNode[],
    attributes: noNodes as TreeNode[],
    namespaces: onlyXml,
    order: counter.next++,
    index: parent === undefined ? 0 : kind === 'attribute' ? parent.attributes.length : parent.children.length,
    unescaped,
  };
}

export const unnamed = { prefix: '', local: '', uri: '' } as const;

/**
 * Reads a payload into a tree. Texts of nothing but blanks are dropped in elements for which `strips` says so.
 * @throws XmlRefused when it is not well-formed, holds a document type or too many nodes, or is nested deeper than 256 elements
 */
export function readTree(xml: string, counter: NodeCounter, strips?: (element: TreeNode) => boolean): TreeNode {
  const parser = new SaxesParser({ xmlns: false, position: true });
  parser.ENTITIES = entities as unknown as Record<string, string>;
  const document = documentNode(counter);
  const preserving: boolean[] = [false];
  let parent = document;
  let text = '';
  const first = counter.next;
  const tables: NamespaceBudget = { entries: 0 };

  const flush = (): void => {
    if (text === '') return;
    const blank = strips !== undefined && preserving.at(-1) !== true && !/[^ \t\r\n]/.test(text);
    if (!blank || !strips(parent)) parent.children.push(leafNode(counter, 'text', parent, unnamed, text));
    text = '';
  };
  parser.on('error', (error) => {
    throw new XmlRefused(error.message);
  });
  parser.on('doctype', () => {
    throw new XmlRefused('A document type declaration is not allowed');
  });
  parser.on('opentag', ({ name, attributes }) => {
    flush();
    if (preserving.length > depthLimit) throw new XmlRefused(`Elements are nested deeper than ${depthLimit} levels`);
    if (counter.next - first > mostNodes) throw new XmlRefused(`The document has more than ${mostNodes} nodes`);
    const element = elementOf(counter, parent, name, attributes, tables);
    parent.children.push(element);
    parent = element;
    const space = attributes['xml:space'];
    preserving.push(space === undefined ? preserving.at(-1) === true : space === 'preserve');
  });
  parser.on('closetag', () => {
    flush();
    preserving.pop();
    parent = parent.parent ?? document;
  });
  const append = (part: string): void => {
    if (parent !== document) text += part;
  };
  parser.on('text', append);
  parser.on('cdata', append);
  parser.on('comment', (comment) => {
    flush();
    parent.children.push(leafNode(counter, 'comment', parent, unnamed, comment));
  });
  parser.on('processinginstruction', ({ target, body }) => {
    flush();
    parent.children.push(leafNode(counter, 'instruction', parent, { ...unnamed, local: target }, body));
  });
  parser.write(xml).close();
  return document;
}

function elementOf(
  counter: NodeCounter,
  parent: TreeNode,
  name: string,
  attributes: Readonly<Record<string, string>>,
  tables: NamespaceBudget,
): TreeNode {
  let namespaces = parent.namespaces;
  let declared: Map<string, string> | undefined;
  for (const key in attributes) {
    if (!key.startsWith('xmlns') || (key.length > 5 && key[5] !== ':')) continue;
    declared ??= copied(namespaces, tables);
    const uri = attributes[key] ?? '';
    if (uri === '') declared.delete(key.slice(6));
    else declared.set(key.slice(6), uri);
  }
  namespaces = declared ?? namespaces;
  const { prefix, local } = splitName(name);
  const uri = prefix === '' ? (namespaces.get('') ?? '') : uriOf(prefix, namespaces);
  const element = elementNode(counter, parent, prefix, local, uri, namespaces);
  for (const key in attributes) {
    if (key.startsWith('xmlns') && (key.length === 5 || key[5] === ':')) continue;
    const own = splitName(key);
    const named = { ...own, uri: own.prefix === '' ? '' : uriOf(own.prefix, namespaces) };
    element.attributes.push(leafNode(counter, 'attribute', element, named, attributes[key] ?? ''));
  }
  return element;
}

/** Entries of all tables of namespaces: every element that declares one has a table of all that are in scope. */
interface NamespaceBudget {
  entries: number;
}

function copied(namespaces: ReadonlyMap<string, string>, tables: NamespaceBudget): Map<string, string> {
  tables.entries += namespaces.size;
  if (tables.entries > mostNodes) throw new XmlRefused('The document declares too many namespaces');
  return new Map(namespaces);
}

function uriOf(prefix: string, namespaces: ReadonlyMap<string, string>): string {
  const uri = namespaces.get(prefix);
  if (uri === undefined) throw new XmlRefused(`The namespace prefix "${prefix}" is not declared`);
  return uri;
}

/** `p:name` in its two parts. */
export function splitName(name: string): { readonly prefix: string; readonly local: string } {
  const colon = name.indexOf(':');
  return colon === -1 ? { prefix: '', local: name } : { prefix: name.slice(0, colon), local: name.slice(colon + 1) };
}
