/** XPath 1.0 over XML texts, by libxml2, whose memory has to be given back by hand. */
import type { XmlDocument, XmlNode, XmlXPath } from 'libxml2-wasm';
import { PatternError } from './pattern.ts';

/** `nodeset`: all nodes as XML text; `node`: the first of them; the others as XPath's functions of these names convert. */
export type XPathType = 'nodeset' | 'node' | 'string' | 'number' | 'boolean';

export interface XPathEngine {
  /** @throws PatternError for a wrong expression, an unknown function or a prefix that is not among the namespaces. */
  compile(expression: string, namespaces: ReadonlyMap<string, string>): XPath;
}

export interface XPath {
  /**
   * Undefined when the expression selects nothing (`boolean` gives false then). Attributes and texts of a node set are
   * given as their values. Relative paths start at the document, as in Java.
   * @throws XmlMalformed when `xml` is not well-formed, holds a document type, or is nested deeper than 256 elements
   * @throws PatternError when the expression fails on this document
   */
  evaluate(xml: string, type: XPathType): string | number | boolean | undefined;
  /** Gives its memory back. A compiled expression that lives as long as its deployment need not call this. */
  dispose(): void;
}

/** A text that is not well-formed XML, or that is refused for safety. */
export class XmlMalformed extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'XmlMalformed';
  }
}

/** Loads the WebAssembly module on first use. */
export async function loadXPath(): Promise<XPathEngine> {
  const library = await import('libxml2-wasm');
  const toDocument = library.XmlXPath.compile('/');

  const parse = documentParser(library);

  /** Evaluates at the document node; the result is valid while `document` is. */
  const select = (document: XmlDocument, expression: XmlXPath): XmlNode[] | string | number | boolean => {
    try {
      const start = document.root.get(toDocument);
      return start === null ? [] : start.eval(expression);
    } catch (error) {
      if (error instanceof library.XmlError) throw new PatternError(reason(error.message), 0);
      throw error;
    }
  };

  const serialize = (node: XmlNode): string => {
    if (node instanceof library.XmlElement) return elementText(node);
    const { root } = node.doc;
    const document = root.get(toDocument);
    return document?.isSameNode(node) ? elementText(root) : node.content;
  };

  // A prefix or a function that does not exist only shows when the expression runs.
  const sample = parse('<sample/>');

  return {
    compile(expression, namespaces) {
      if (expression.includes('\0')) throw new PatternError('Not an XPath expression', expression.indexOf('\0'));
      let compiled: XmlXPath;
      try {
        compiled = library.XmlXPath.compile(expression, Object.fromEntries(namespaces));
      } catch (error) {
        if (error instanceof library.XmlError) throw new PatternError('Not an XPath expression', 0);
        throw error;
      }
      try {
        select(sample, compiled);
      } catch (error) {
        compiled.dispose();
        throw error;
      }
      return {
        evaluate(xml, type) {
          const document = parse(xml);
          try {
            return convert(select(document, compiled), type, serialize);
          } finally {
            document.dispose();
          }
        },
        dispose: () => compiled.dispose(),
      };
    },
  };
}

/** Reads a text into a document that has to be disposed of. @throws XmlMalformed */
export function documentParser(library: typeof import('libxml2-wasm')): (xml: string) => XmlDocument {
  const { ParseOption } = library;
  const option =
    ParseOption.XML_PARSE_NONET |
    ParseOption.XML_PARSE_NO_XXE |
    ParseOption.XML_PARSE_NO_SYS_CATALOG |
    // The text is decoded already, whatever its declaration says about the bytes it came in.
    ParseOption.XML_PARSE_IGNORE_ENC;
  return (xml) => {
    if (hasDocumentType(xml)) throw new XmlMalformed('A document type declaration is not allowed');
    try {
      return library.XmlDocument.fromString(xml, { option });
    } catch (error) {
      if (error instanceof library.XmlError) throw new XmlMalformed(firstLine(error.message));
      throw error;
    }
  };
}

function convert(
  result: readonly XmlNode[] | string | number | boolean,
  type: XPathType,
  serialize: (node: XmlNode) => string,
): string | number | boolean | undefined {
  if (typeof result !== 'object') {
    if (type === 'number') return Number(result);
    if (type !== 'boolean') return String(result);
    return typeof result === 'number' ? result !== 0 && !Number.isNaN(result) : Boolean(result);
  }
  const [first] = result;
  if (type === 'boolean') return first !== undefined;
  if (first === undefined) return undefined;
  switch (type) {
    case 'nodeset':
      return result.map(serialize).join('');
    case 'node':
      return serialize(first);
    case 'string':
      return first.content;
    case 'number':
      return xpathNumber(first.content);
  }
}

/** XPath 1.0, section 4.4: no exponents, no plus sign, and an empty text is no number. */
function xpathNumber(text: string): number {
  return /^[ \t\r\n]*-?(?:\d+(?:\.\d*)?|\.\d+)[ \t\r\n]*$/.test(text) ? Number(text) : Number.NaN;
}

interface ElementNode {
  readonly namespaces: Readonly<Record<string, string>>;
  readonly nsDeclarations: Readonly<Record<string, string>>;
  addNsDeclaration(uri: string, prefix?: string): void;
  toString(options: { readonly format: boolean; readonly noDeclaration: boolean }): string;
}

/** Declares the namespaces that the element inherits and uses, so that the text can be read on its own. */
export function elementText(element: ElementNode): string {
  const options = { format: false, noDeclaration: true };
  const text = element.toString(options);
  const declared = element.nsDeclarations;
  let added = false;
  for (const [prefix, uri] of Object.entries(element.namespaces)) {
    if (prefix === 'xml' || Object.hasOwn(declared, prefix)) continue;
    if (prefix !== '' && !text.includes(`${prefix}:`)) continue;
    if (prefix === '') element.addNsDeclaration(uri);
    else element.addNsDeclaration(uri, prefix);
    added = true;
  }
  return added ? element.toString(options) : text;
}

/** Whether the prolog (XML 1.0, production 22) holds a document type declaration. */
function hasDocumentType(xml: string): boolean {
  let at = 0;
  for (;;) {
    at = xml.indexOf('<', at);
    if (at === -1) return false;
    const end = xml.startsWith('<!--', at) ? '-->' : xml.startsWith('<?', at) ? '?>' : undefined;
    if (end === undefined) return xml.startsWith('<!', at);
    const closed = xml.indexOf(end, at + 2);
    if (closed === -1) return false;
    at = closed + end.length;
  }
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? message;
}

/** libxml2-wasm puts the expression in front of libxml2's own words. */
function reason(message: string): string {
  const own = /: ((?:Undefined|Unregistered|Invalid)[^\n]*)/.exec(message);
  return own?.[1] ?? 'The XPath expression fails';
}
