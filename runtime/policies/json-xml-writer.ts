import { depthLimit } from '../xml/well-formed.ts';
import { ConversionFailure } from './conversion.ts';

/** How JSON becomes XML. Apigee: JSONToXML reference, Options. An undefined name: no property has that meaning. */
export interface XmlWriterOptions {
  /** The name of an element or attribute for the name of a property. */
  readonly rename: (name: string) => string;
  /** A text that gives an empty element, as JSON's null does. */
  readonly nullValue: string;
  readonly namespaceBlockName: string | undefined;
  readonly defaultNamespaceNodeName: string | undefined;
  readonly namespaceSeparator: string | undefined;
  readonly textNodeName: string | undefined;
  readonly attributeBlockName: string | undefined;
  readonly attributePrefix: string | undefined;
  readonly objectRoot: string;
  readonly arrayRoot: string;
  readonly arrayItem: string;
  readonly omitsDeclaration: boolean;
  readonly indents: boolean;
}

/** Characters of a document. A long name over many items would otherwise make gigabytes of a small payload. */
const sizeLimit = 30 * 1024 * 1024;

export function tooDeep(): ConversionFailure {
  return new ConversionFailure(`The payload is nested deeper than ${depthLimit} levels`);
}

/** The value must not be nested deeper than 256 levels. @throws ConversionFailure when the document would be too long */
export function xmlDocument(value: object, options: XmlWriterOptions): string {
  const writer = new XmlWriter(options);
  if (Array.isArray(value)) writer.list(options.arrayRoot, value, 0);
  else {
    const [first, second] = Object.entries(value);
    const isRoot = first !== undefined && second === undefined && isOneElement(first[0], first[1], options);
    if (isRoot) writer.element(first[0], first[1], 0);
    else writer.object(options.objectRoot, value, 0);
  }
  return writer.text;
}

/** Whether the only property of the payload can be the root element. */
function isOneElement(name: string, value: unknown, options: XmlWriterOptions): boolean {
  if (Array.isArray(value) && (value.length !== 1 || Array.isArray(value[0]))) return false;
  const { namespaceBlockName, textNodeName, attributeBlockName, attributePrefix } = options;
  if (name === namespaceBlockName || name === textNodeName || name === attributeBlockName) return false;
  return attributePrefix === undefined || !name.startsWith(attributePrefix);
}

class XmlWriter {
  readonly #options: XmlWriterOptions;
  readonly #parts: string[] = [];
  #size = 0;

  constructor(options: XmlWriterOptions) {
    this.#options = options;
    if (!options.omitsDeclaration) this.#write('<?xml version="1.0" encoding="UTF-8"?>');
    if (!options.omitsDeclaration && options.indents) this.#write('\n');
  }

  get text(): string {
    return this.#parts.join('');
  }

  /** A property: an element, or one for each item of a list. */
  element(name: string, value: unknown, depth: number): void {
    const written = this.#elementName(name);
    if (!Array.isArray(value)) this.#single(written, value, depth);
    else for (const item of value) this.#item(written, item, depth);
  }

  /** A list with an element around it. */
  list(name: string, items: readonly unknown[], depth: number): void {
    this.#open(name, '', depth);
    for (const item of items) this.#item(this.#options.arrayItem, item, depth + 1);
    this.#close(name, items.length > 0, depth);
  }

  object(name: string, value: object, depth: number): void {
    const { attributes, texts, children } = this.#take(value);
    this.#open(name, attributes, depth);
    for (const text of texts) this.#write(escapeText(text));
    for (const [childName, child] of children) this.element(childName, child, depth + 1);
    this.#close(name, children.length > 0 && texts.length === 0, depth);
  }

  #item(name: string, value: unknown, depth: number): void {
    if (Array.isArray(value)) this.list(name, value, depth);
    else this.#single(name, value, depth);
  }

  #single(name: string, value: unknown, depth: number): void {
    if (typeof value === 'object' && value !== null) {
      this.object(name, value, depth);
      return;
    }
    this.#indent(depth);
    if (value === null || value === this.#options.nullValue) this.#write(`<${name}/>`);
    else this.#write(`<${name}>${escapeText(String(value))}</${name}>`);
  }

  /** Sorts the properties of an object by what they become. */
  #take(value: object): { attributes: string; texts: string[]; children: [string, unknown][] } {
    const { namespaceBlockName, attributeBlockName, attributePrefix, textNodeName } = this.#options;
    const attributes = new Map<string, string>();
    const texts: string[] = [];
    const children: [string, unknown][] = [];
    for (const [name, property] of Object.entries(value) as [string, unknown][]) {
      if (name === namespaceBlockName && isObject(property)) this.#namespaces(property, attributes);
      else if (name === attributeBlockName && isObject(property)) this.#attributes(property, attributes);
      else if (name === textNodeName && isText(property)) texts.push(...[property].flat().map(scalarText));
      else if (attributePrefix !== undefined && name.startsWith(attributePrefix) && isScalar(property)) {
        attributes.set(this.#elementName(name.slice(attributePrefix.length)), scalarText(property));
      } else children.push([name, property]);
    }
    let written = '';
    for (const [name, text] of attributes) written += ` ${name}="${escapeAttribute(text)}"`;
    return { attributes: written, texts, children };
  }

  #namespaces(block: object, attributes: Map<string, string>): void {
    for (const [prefix, uri] of Object.entries(block) as [string, unknown][]) {
      if (!isScalar(uri)) continue;
      const isDefault = prefix === this.#options.defaultNamespaceNodeName;
      attributes.set(isDefault ? 'xmlns' : `xmlns:${this.#options.rename(prefix)}`, scalarText(uri));
    }
  }

  /** zerohop's choice: a member that is no single value cannot be an attribute, and is written as JSON. */
  #attributes(block: object, attributes: Map<string, string>): void {
    const prefix = this.#options.attributePrefix ?? '';
    for (const [name, value] of Object.entries(block) as [string, unknown][]) {
      const own = prefix !== '' && name.startsWith(prefix) ? name.slice(prefix.length) : name;
      attributes.set(this.#elementName(own), isScalar(value) ? scalarText(value) : JSON.stringify(value));
    }
  }

  #elementName(name: string): string {
    const { namespaceSeparator, rename } = this.#options;
    const at = namespaceSeparator === undefined ? -1 : name.indexOf(namespaceSeparator);
    if (namespaceSeparator === undefined || at <= 0) return rename(name);
    return `${rename(name.slice(0, at))}:${rename(name.slice(at + namespaceSeparator.length))}`;
  }

  #open(name: string, attributes: string, depth: number): void {
    this.#indent(depth);
    this.#write(`<${name}${attributes}>`);
  }

  #close(name: string, isBlock: boolean, depth: number): void {
    if (isBlock) this.#indent(depth);
    this.#write(`</${name}>`);
  }

  #indent(depth: number): void {
    if (!this.#options.indents) return;
    const before = this.#parts.at(-1) ?? '';
    if (before !== '' && !before.endsWith('\n')) this.#write(`\n${'  '.repeat(depth)}`);
  }

  #write(text: string): void {
    this.#size += text.length;
    if (this.#size > sizeLimit) throw new ConversionFailure(`The result is longer than ${sizeLimit} characters`);
    this.#parts.push(text);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isScalar(value: unknown): value is string | number | boolean | null {
  return typeof value !== 'object' || value === null;
}

function isText(value: unknown): value is string | number | boolean | null | (string | number | boolean | null)[] {
  return isScalar(value) || (Array.isArray(value) && value.every(isScalar));
}

function scalarText(value: string | number | boolean | null): string {
  return value === null ? '' : String(value);
}

/** XML 1.0 section 2.2: characters that XML has no way to write become the replacement character. */
const notXml = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g;
const special = /[&<>\r]/g;
const specialInAttribute = /[&<>"\t\n\r]/g;

const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

const referenceOf = (character: string): string => references[character] ?? character;

function escapeText(text: string): string {
  return text.toWellFormed().replace(notXml, '\ufffd').replace(special, referenceOf);
}

function escapeAttribute(text: string): string {
  return text.toWellFormed().replace(notXml, '\ufffd').replace(specialInAttribute, referenceOf);
}

/** XML 1.0 section 2.3, productions NameStartChar and NameChar. */
const startCharacters =
  ':A-Z_a-z\\xC0-\\xD6\\xD8-\\xF6\\xF8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C\\u200D\\u2070-\\u218F' +
  '\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\u{10000}-\\u{EFFFF}';
const nameCharacters = `${startCharacters}\\-.0-9\\xB7\\u0300-\\u036F\\u203F\\u2040`;
const xmlName = new RegExp(`^[${startCharacters}][${nameCharacters}]*$`, 'u');
const notNameCharacter = new RegExp(`[^${nameCharacters}]`, 'gu');

export function isXmlName(name: string): boolean {
  return xmlName.test(name);
}

/** Makes names of elements: every character that cannot stand there is replaced. */
export function nameWriter(replacement: string): (name: string) => string {
  return (name) => {
    if (xmlName.test(name)) return name;
    const replaced = name.replace(notNameCharacter, replacement);
    return xmlName.test(replaced) ? replaced : `_${replaced}`;
  };
}
