import type { TreeNode } from '../../xml/tree.ts';
import type { OutputProperties } from './output-properties.ts';
import {
  checkCharacters,
  declarations,
  escapeAttribute,
  escapeText,
  holdsNoText,
  nameOf,
  Output,
  referenceWriter,
} from './output-text.ts';

/** The xml method. XSLT 1.0 section 16.1. */
export function writeXml(document: TreeNode, properties: OutputProperties, limit: number): string {
  const output = new Output(limit);
  const { version = '1.0', standalone, encoding } = properties;
  // XSLT 1.0 section 16.1: a document type and standalone need the declaration and a well-formed document.
  if (properties.omitsDeclaration !== true) {
    const alone = standalone === undefined ? '' : ` standalone="${standalone}"`;
    output.add(`<?xml version="${version}" encoding="${encoding}"${alone}?>`);
  }
  const writer = new XmlWriter(output, properties);
  writer.document(document);
  return output.text;
}

class XmlWriter {
  readonly #output: Output;
  readonly #properties: OutputProperties;
  readonly #references: (text: string) => string;

  constructor(output: Output, properties: OutputProperties) {
    this.#output = output;
    this.#properties = properties;
    this.#references = referenceWriter(properties.encoding);
  }

  document(document: TreeNode): void {
    const indents = this.#properties.indents === true && holdsNoText(document);
    let typed = false;
    for (const child of document.children) {
      if (indents && this.#output.text !== '') this.#output.add('\n');
      if (child.kind === 'element' && !typed) {
        typed = true;
        this.#documentType(child);
      }
      this.#node(child, noNamespaces, indents ? 0 : -1, false);
    }
  }

  #documentType(root: TreeNode): void {
    const { publicId, systemId } = this.#properties;
    if (systemId === undefined) return;
    const id = publicId === undefined ? 'SYSTEM' : `PUBLIC "${publicId}"`;
    this.#output.add(`<!DOCTYPE ${nameOf(root)} ${id} "${systemId}">\n`);
  }

  /** @param level of indentation; below 0: none */
  #node(node: TreeNode, inScope: ReadonlyMap<string, string>, level: number, cdata: boolean): void {
    switch (node.kind) {
      case 'element':
        this.#element(node, inScope, level);
        return;
      case 'text':
        this.#text(node, cdata);
        return;
      case 'comment':
        this.#output.add(`<!--${checkCharacters(node.value)}-->`);
        return;
      case 'instruction':
        this.#output.add(`<?${node.local}${node.value === '' ? '' : ' '}${checkCharacters(node.value)}?>`);
        return;
      default:
        return;
    }
  }

  #element(element: TreeNode, inScope: ReadonlyMap<string, string>, level: number): void {
    const output = this.#output;
    const name = nameOf(element);
    const { declared, inside } = declarations(element, inScope, output);
    let tag = `<${name}`;
    for (const [prefix, uri] of declared) tag += ` xmlns${prefix === '' ? '' : ':'}${prefix}="${escapeAttribute(uri)}"`;
    for (const attribute of element.attributes) {
      tag += ` ${nameOf(attribute)}="${this.#references(escapeAttribute(checkCharacters(attribute.value)))}"`;
    }
    const { children } = element;
    if (children.length === 0) {
      output.add(`${tag}/>`);
      return;
    }
    output.add(`${tag}>`);
    const cdata = this.#properties.cdataElements.has(`{${element.uri}}${element.local}`);
    const inner = level >= 0 && holdsNoText(element) && !preserves(element) ? level + 1 : -1;
    for (const child of children) {
      if (inner > 0) output.add(`\n${' '.repeat(inner * 3)}`);
      this.#node(child, inside, inner, cdata);
    }
    if (inner > 0) output.add(`\n${' '.repeat(level * 3)}`);
    output.add(`</${name}>`);
  }

  #text({ value, unescaped }: TreeNode, cdata: boolean): void {
    checkCharacters(value);
    if (unescaped) this.#output.add(value);
    else if (cdata) this.#output.add(`<![CDATA[${value.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`);
    else this.#output.add(this.#references(escapeText(value)));
  }
}

const noNamespaces: ReadonlyMap<string, string> = new Map();

function preserves(element: TreeNode): boolean {
  return element.attributes.some((one) => one.prefix === 'xml' && one.local === 'space' && one.value === 'preserve');
}
