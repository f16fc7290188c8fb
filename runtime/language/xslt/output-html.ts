import type { TreeNode } from '../../xml/tree.ts';
import type { OutputProperties } from './output-properties.ts';
import { declarations, escapeText, nameOf, Output, referenceWriter } from './output-text.ts';

/** The html method. XSLT 1.0 section 16.2; elements in a namespace are written as XML. */
export function writeHtml(document: TreeNode, properties: OutputProperties, limit: number): string {
  const output = new Output(limit);
  const writer = new HtmlWriter(output, properties);
  writer.document(document);
  return output.text;
}

const empty: ReadonlySet<string> = new Set([
  ...['area', 'base', 'basefont', 'br', 'col', 'embed', 'frame', 'hr', 'img', 'input', 'isindex', 'link', 'meta'],
  ...['param', 'source', 'track', 'wbr'],
]);
const raw: ReadonlySet<string> = new Set(['script', 'style']);
/** Attributes that are there or not. */
const switches: ReadonlySet<string> = new Set([
  ...['checked', 'compact', 'declare', 'defer', 'disabled', 'ismap', 'multiple', 'nohref', 'noresize', 'noshade'],
  ...['nowrap', 'readonly', 'selected'],
]);
const addresses: ReadonlySet<string> = new Set(['href', 'src', 'action', 'cite', 'longdesc', 'background']);
/** A line break beside any other element could be seen. */
const blocks: ReadonlySet<string> = new Set([
  ...['html', 'head', 'body', 'title', 'meta', 'link', 'base', 'script', 'style', 'div', 'p', 'ul', 'ol', 'li', 'dl'],
  ...['dt', 'dd', 'table', 'thead', 'tbody', 'tfoot', 'tr', 'td', 'th', 'caption', 'colgroup', 'col', 'form'],
  ...['fieldset', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'hr', 'blockquote', 'section', 'header', 'footer', 'nav'],
]);

class HtmlWriter {
  readonly #output: Output;
  readonly #properties: OutputProperties;
  readonly #references: (text: string) => string;
  readonly #indents: boolean;

  constructor(output: Output, properties: OutputProperties) {
    this.#output = output;
    this.#properties = properties;
    this.#references = referenceWriter(properties.encoding);
    this.#indents = properties.indents ?? true;
  }

  document(document: TreeNode): void {
    const { publicId, systemId } = this.#properties;
    const hasType = publicId !== undefined || systemId !== undefined;
    let typed = false;
    for (const child of document.children) {
      if (child.kind === 'element' && !typed && hasType) {
        typed = true;
        const id = publicId === undefined ? ' SYSTEM' : ` PUBLIC "${publicId}"`;
        this.#output.add(`<!DOCTYPE ${nameOf(child)}${id}${systemId === undefined ? '' : ` "${systemId}"`}>\n`);
      }
      this.#node(child, noNamespaces, 0, false);
    }
  }

  #node(node: TreeNode, inScope: ReadonlyMap<string, string>, level: number, isRaw: boolean): void {
    switch (node.kind) {
      case 'element':
        this.#element(node, inScope, level);
        return;
      case 'text':
        this.#output.add(isRaw || node.unescaped ? node.value : this.#references(escapeText(node.value)));
        return;
      case 'comment':
        this.#output.add(`<!--${node.value}-->`);
        return;
      case 'instruction':
        this.#output.add(`<?${node.local} ${node.value}>`);
        return;
      default:
        return;
    }
  }

  #element(element: TreeNode, inScope: ReadonlyMap<string, string>, level: number): void {
    const output = this.#output;
    const isHtml = element.uri === '';
    const kind = isHtml ? element.local.toLowerCase() : '';
    const name = nameOf(element);
    const { declared, inside } = declarations(element, inScope, output);
    let tag = `<${name}`;
    for (const [prefix, uri] of declared) tag += ` xmlns${prefix === '' ? '' : ':'}${prefix}="${quoted(uri)}"`;
    for (const attribute of element.attributes) tag += this.#attribute(attribute, isHtml);
    const { children } = element;
    if (!isHtml && children.length === 0) {
      output.add(`${tag}/>`);
      return;
    }
    output.add(`${tag}>`);
    if (empty.has(kind)) return;
    const laysOut = this.#indents && (children.length > 0 || kind === 'head') && children.every(isBlock);
    if (kind === 'head' && this.#properties.namesContentType) this.#contentType(element, laysOut ? level + 1 : -1);
    for (const child of children) {
      if (laysOut) output.add(`\n${' '.repeat((level + 1) * 3)}`);
      this.#node(child, inside, level + 1, raw.has(kind));
    }
    if (laysOut) output.add(`\n${' '.repeat(level * 3)}`);
    output.add(`</${name}>`);
  }

  /** XSLT 1.0 section 16.2: a head says what the text is encoded in. */
  #contentType(head: TreeNode, level: number): void {
    const isMeta = (child: TreeNode): boolean =>
      child.kind === 'element' &&
      child.local.toLowerCase() === 'meta' &&
      child.attributes.some(
        ({ local, value }) => /^(?:http-equiv|charset)$/i.test(local) && /content-type|utf/i.test(value),
      );
    if (head.children.some(isMeta)) return;
    const line = level < 0 ? '' : `\n${' '.repeat(level * 3)}`;
    this.#output.add(
      `${line}<meta http-equiv="Content-Type" content="text/html; charset=${this.#properties.encoding}">`,
    );
  }

  #attribute(attribute: TreeNode, isHtml: boolean): string {
    const name = nameOf(attribute);
    const kind = attribute.local.toLowerCase();
    if (isHtml && switches.has(kind) && attribute.value.toLowerCase() === kind) return ` ${name}`;
    const value = isHtml && addresses.has(kind) ? escapeAddress(attribute.value) : attribute.value;
    return ` ${name}="${this.#references(quoted(value))}"`;
  }
}

const noNamespaces: ReadonlyMap<string, string> = new Map();

function isBlock(node: TreeNode): boolean {
  return node.kind === 'element' && blocks.has(node.local.toLowerCase());
}

/** XSLT 1.0 section 16.2: `<` stays as it is in attributes, and so does `&` before a brace. */
function quoted(text: string): string {
  return text.replace(/&(?!\{)/g, '&amp;').replaceAll('"', '&quot;');
}

/** XSLT 1.0 section 16.2: what is not ASCII is escaped in addresses. */
function escapeAddress(text: string): string {
  return text.replace(/[^\u0000-\u007f]+/g, (part) => encodeURIComponent(part.toWellFormed()));
}
