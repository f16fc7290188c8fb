import { Diagnostics, Source } from '../diagnostic.ts';
import { elementsOf, type XmlElement } from '../xml/element.ts';
import { parseXml } from '../xml/parse.ts';

/** What MessageValidation takes out of a WSDL 1.1 file and those it imports. */
export interface Wsdl {
  /** Schemas by URL; the one at `main` draws in all others. */
  readonly schemas: ReadonlyMap<string, string>;
  readonly main: string;
  /** Elements that are the part of a message, as `{namespace}name`. */
  readonly elements: ReadonlySet<string>;
  /** Wrappers of operations in RPC style, which no schema describes. */
  readonly wrappers: ReadonlySet<string>;
}

/** A WSDL that cannot be used; the message says why. */
export class WsdlMistake extends Error {
  override readonly name = 'WsdlMistake';
}

/** Apigee: MessageValidation reference, imports may be nested up to 10 deep. */
const importDepth = 10;

const schemaNamespace = 'http://www.w3.org/2001/XMLSchema';
const wsdlNamespace = 'http://schemas.xmlsoap.org/wsdl/';

/** @throws WsdlMistake */
export function readWsdl(url: string, texts: ReadonlyMap<string, string>): Wsdl {
  const reader = new Reader(texts);
  reader.file(url, 0);
  const schemas = new Map(texts);
  const byNamespace = new Map<string, string[]>();
  for (const { namespace, beside, text } of reader.inline) {
    // Beside the file it stands in, so that relative places in it lead where they should.
    const name = `${beside}.${schemas.size}.xsd`;
    schemas.set(name, text);
    byNamespace.set(namespace, [...(byNamespace.get(namespace) ?? []), name]);
  }
  const imports: string[] = [];
  for (const [namespace, urls] of byNamespace) {
    const [only = ''] = urls;
    const target = urls.length === 1 ? only : `${url}.${schemas.size}.xsd`;
    if (urls.length > 1) {
      // A namespace is imported once: what several schemas say about it is brought together first.
      const includes = urls.map((one) => `<xs:include schemaLocation="${escaped(one)}"/>`);
      schemas.set(target, schemaOf(namespace, includes));
    }
    const attribute = namespace === '' ? '' : ` namespace="${escaped(namespace)}"`;
    imports.push(`<xs:import${attribute} schemaLocation="${escaped(target)}"/>`);
  }
  const main = `${url}.main.xsd`;
  // Its own namespace differs from all that it imports, as XML Schema demands.
  schemas.set(main, schemaOf('urn:zerohop:wsdl', imports));
  return { schemas, main, elements: reader.elements, wrappers: reader.wrappers };
}

function schemaOf(namespace: string, lines: readonly string[]): string {
  const target = namespace === '' ? '' : ` targetNamespace="${escaped(namespace)}"`;
  return `<xs:schema xmlns:xs="${schemaNamespace}"${target}>${lines.join('')}</xs:schema>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

type Namespaces = ReadonlyMap<string, string>;

class Reader {
  readonly inline: { readonly namespace: string; readonly beside: string; readonly text: string }[] = [];
  readonly elements = new Set<string>();
  readonly wrappers = new Set<string>();
  readonly #texts: ReadonlyMap<string, string>;
  readonly #read = new Set<string>();

  constructor(texts: ReadonlyMap<string, string>) {
    this.#texts = texts;
  }

  file(url: string, depth: number): void {
    if (depth > importDepth) throw new WsdlMistake(`Imports are nested deeper than ${importDepth} files`);
    if (this.#read.has(url)) return;
    this.#read.add(url);
    const text = this.#texts.get(url);
    if (text === undefined) throw new WsdlMistake(`There is no ${url}`);
    const diagnostics = new Diagnostics();
    const root = parseXml(new Source(url, text), diagnostics);
    if (root === undefined) throw new WsdlMistake(`${url}: ${diagnostics.list[0]?.message ?? 'not well-formed'}`);
    const namespaces = declared(root, new Map());
    if (localName(root) !== 'definitions' || namespaceOf(root.name, namespaces) !== wsdlNamespace) {
      throw new WsdlMistake(`${url} is no WSDL 1.1 file`);
    }
    this.#definitions(root, url, namespaces, depth);
  }

  #definitions(root: XmlElement, url: string, outer: Namespaces, depth: number): void {
    const target = attribute(root, 'targetNamespace') ?? '';
    for (const element of elementsOf(root)) {
      const namespaces = declared(element, outer);
      if (namespaceOf(element.name, namespaces) !== wsdlNamespace) continue;
      switch (localName(element)) {
        case 'import':
          this.file(resolved(attribute(element, 'location') ?? '', url), depth + 1);
          break;
        case 'types':
          for (const child of elementsOf(element)) this.#schema(child, url, declared(child, namespaces));
          break;
        case 'message':
          for (const part of elementsOf(element)) this.#part(part, declared(part, namespaces));
          break;
        case 'portType':
          for (const child of elementsOf(element)) this.#operation(child, target);
          break;
      }
    }
  }

  #schema(element: XmlElement, beside: string, namespaces: Namespaces): void {
    if (localName(element) !== 'schema' || namespaceOf(element.name, namespaces) !== schemaNamespace) return;
    if (elementsOf(element).length === 0) return;
    const namespace = attribute(element, 'targetNamespace') ?? '';
    this.inline.push({ namespace, beside, text: standalone(element, namespaces) });
  }

  #part(part: XmlElement, namespaces: Namespaces): void {
    const name = attribute(part, 'element');
    if (localName(part) !== 'part' || name === undefined) return;
    this.elements.add(`{${namespaceOf(name, namespaces)}}${name.slice(name.indexOf(':') + 1)}`);
  }

  #operation(operation: XmlElement, target: string): void {
    const name = attribute(operation, 'name');
    if (localName(operation) !== 'operation' || name === undefined) return;
    this.wrappers.add(`{${target}}${name}`).add(`{${target}}${name}Response`);
  }
}

/** The element as a document of its own, with the namespaces that it inherits. */
function standalone(element: XmlElement, namespaces: Namespaces): string {
  const { text } = element.place.source;
  const own = new Set(element.attributes.map((one) => one.name));
  let inherited = '';
  for (const [prefix, uri] of namespaces) {
    const name = prefix === '' ? 'xmlns' : `xmlns:${prefix}`;
    if (!own.has(name)) inherited += ` ${name}="${escaped(uri)}"`;
  }
  const { offset, length } = element.place;
  const end = element.inner.offset + element.inner.length;
  return `<${element.name}${inherited}${text.slice(offset + length, end)}</${element.name}>`;
}

function declared(element: XmlElement, outer: Namespaces): Namespaces {
  const own = element.attributes.filter((one) => one.name === 'xmlns' || one.name.startsWith('xmlns:'));
  if (own.length === 0) return outer;
  return new Map([...outer, ...own.map((one): [string, string] => [one.name.slice(6), one.value])]);
}

function namespaceOf(name: string, namespaces: Namespaces): string {
  const colon = name.indexOf(':');
  return namespaces.get(colon === -1 ? '' : name.slice(0, colon)) ?? '';
}

function localName(element: XmlElement): string {
  return element.name.slice(element.name.indexOf(':') + 1);
}

function attribute(element: XmlElement, name: string): string | undefined {
  return element.attributes.find((one) => one.name === name)?.value;
}

function resolved(location: string, base: string): string {
  return URL.canParse(location, base) ? new URL(location, base).href : location;
}
