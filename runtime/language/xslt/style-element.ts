import { type Place, placeWithin } from '../../diagnostic.ts';
import type { XmlAttribute, XmlElement, XmlText } from '../../xml/element.ts';
import { sourceOffset } from '../../xml/references.ts';
import { splitName, xmlNamespace } from '../../xml/tree.ts';

/** A style sheet's elements, with namespaces resolved and blanks stripped. XSLT 1.0 sections 2.4 and 3.4. */

export const xslNamespace = 'http://www.w3.org/1999/XSL/Transform';

export interface StyleElement {
  readonly kind: 'element';
  readonly prefix: string;
  readonly local: string;
  readonly uri: string;
  readonly attributes: readonly StyleAttribute[];
  readonly namespaces: ReadonlyMap<string, string>;
  /** Namespaces that are not copied into the result: excluded ones, and those of extensions. */
  readonly excluded: ReadonlySet<string>;
  /** Namespaces of instructions that other processors add. */
  readonly extensions: ReadonlySet<string>;
  /** What `version` says here; above 1, the parts of XSLT 2.0 that run are known. */
  readonly version: number;
  /** XSLT 2.0: of elements without prefix in paths. */
  readonly elementNamespace: string;
  readonly children: readonly (StyleElement | StyleText)[];
  readonly at: Place;
}

export interface StyleAttribute {
  readonly prefix: string;
  readonly local: string;
  readonly uri: string;
  readonly value: string;
  readonly at: Place;
}

export interface StyleText {
  readonly kind: 'text';
  readonly text: string;
  readonly at: Place;
}

export type Report = (message: string, at: Place, hint?: string) => void;

interface Inherited {
  readonly namespaces: ReadonlyMap<string, string>;
  readonly excluded: ReadonlySet<string>;
  readonly extensions: ReadonlySet<string>;
  readonly version: number;
  readonly elementNamespace: string;
  readonly preserves: boolean;
}

const outermost: Inherited = {
  namespaces: new Map([['xml', xmlNamespace]]),
  excluded: new Set([xslNamespace]),
  extensions: new Set(),
  version: 1,
  elementNamespace: '',
  preserves: false,
};

/** Reads the root element of a style sheet, or of a simplified one. */
export function readStyle(root: XmlElement, report: Report): StyleElement {
  return read(root, outermost, report);
}

export function isXsl(element: StyleElement, local?: string): boolean {
  return element.uri === xslNamespace && (local === undefined || element.local === local);
}

/** An attribute without namespace. */
export function attributeOf(element: StyleElement, local: string): StyleAttribute | undefined {
  return element.attributes.find((one) => one.local === local && one.uri === '');
}

/** The place of a stretch of an attribute's value. */
export function placeInValue(attribute: StyleAttribute, offset: number, length: number): Place {
  const { source, offset: start, length: written } = attribute.at;
  const raw = source.text.slice(start, start + written);
  const from = sourceOffset(raw, offset);
  return placeWithin(attribute.at, from, Math.max(length === 0 ? 0 : 1, sourceOffset(raw, offset + length) - from));
}

function read(element: XmlElement, parent: Inherited, report: Report): StyleElement {
  const namespaces = declare(element, parent.namespaces);
  const uriOf = (prefix: string, at: Place): string => {
    const uri = namespaces.get(prefix);
    if (uri === undefined)
      report(`The namespace prefix "${prefix}" is not declared.`, at, `Add xmlns:${prefix}="...".`);
    return uri ?? '';
  };
  const { prefix, local } = splitName(element.name);
  const uri = prefix === '' ? (namespaces.get('') ?? '') : uriOf(prefix, element.place);
  const attributes = element.attributes
    .filter(({ name }) => !isDeclaration(name))
    .map((one) => {
      const name = splitName(one.name);
      return { ...name, uri: name.prefix === '' ? '' : uriOf(name.prefix, one.place), value: one.value, at: one.place };
    });
  const inherited = inherit(attributes, uri, namespaces, parent, report);
  const keepsBlanks = inherited.preserves || (uri === xslNamespace && local === 'text');
  return {
    kind: 'element',
    prefix,
    local,
    uri,
    attributes,
    namespaces,
    excluded: inherited.excluded,
    extensions: inherited.extensions,
    version: inherited.version,
    elementNamespace: inherited.elementNamespace,
    children: joinTexts(element).flatMap((child): (StyleElement | StyleText)[] => {
      if (child.kind === 'element') return [read(child, inherited, report)];
      return keepsBlanks || /[^ \t\r\n]/.test(child.text) ? [child] : [];
    }),
    at: element.place,
  };
}

/** Attributes that mean the same on elements of XSLT and, with its prefix, on those of the result. */
function inherit(
  attributes: readonly StyleAttribute[],
  uri: string,
  namespaces: ReadonlyMap<string, string>,
  parent: Inherited,
  report: Report,
): Inherited {
  const own = uri === xslNamespace ? '' : xslNamespace;
  const find = (local: string) => attributes.find((one) => one.local === local && one.uri === own);
  const version = Number(find('version')?.value ?? parent.version);
  const urisOf = (name: string): string[] => {
    const list = find(name);
    return list === undefined ? [] : listedUris(list, namespaces, report);
  };
  const extensions = urisOf('extension-element-prefixes');
  const space = attributes.find((one) => one.local === 'space' && one.uri === xmlNamespace)?.value;
  return {
    namespaces,
    excluded: new Set([...parent.excluded, ...urisOf('exclude-result-prefixes'), ...extensions]),
    extensions: new Set([...parent.extensions, ...extensions]),
    version: Number.isNaN(version) ? 1 : version,
    elementNamespace: find('xpath-default-namespace')?.value ?? parent.elementNamespace,
    preserves: space === undefined ? parent.preserves : space === 'preserve',
  };
}

function listedUris(list: StyleAttribute, namespaces: ReadonlyMap<string, string>, report: Report): string[] {
  return list.value.split(/\s+/).flatMap((prefix) => {
    if (prefix === '') return [];
    if (prefix === '#all') return [...namespaces.values()];
    const uri = namespaces.get(prefix === '#default' ? '' : prefix);
    if (uri === undefined) report(`The namespace prefix "${prefix}" is not declared.`, list.at);
    return uri ?? [];
  });
}

function declare(element: XmlElement, inScope: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const declarations = element.attributes.filter(({ name }) => isDeclaration(name));
  if (declarations.length === 0) return inScope;
  const namespaces = new Map(inScope);
  for (const { name, value } of declarations) {
    if (value === '') namespaces.delete(name.slice(6));
    else namespaces.set(name.slice(6), value);
  }
  return namespaces;
}

function isDeclaration(name: XmlAttribute['name']): boolean {
  return name === 'xmlns' || name.startsWith('xmlns:');
}

/** Text and CDATA sections beside each other are one text; a comment stands between two. */
function joinTexts(element: XmlElement): (XmlElement | StyleText)[] {
  const joined: (XmlElement | StyleText)[] = [];
  let last: XmlText | undefined;
  for (const child of element.children) {
    const before = joined.at(-1);
    if (child.kind === 'element') joined.push(child);
    else if (last !== undefined && before?.kind === 'text' && touches(last, child)) {
      joined.splice(-1, 1, { ...before, text: before.text + child.text });
    } else joined.push({ kind: 'text', text: child.text, at: child.place });
    last = child.kind === 'text' ? child : undefined;
  }
  return joined;
}

function touches(one: XmlText, next: XmlText): boolean {
  const { source, offset, length } = one.place;
  return /^(?:\]\]>)?(?:<!\[CDATA\[)?$/.test(source.text.slice(offset + length, next.place.offset));
}
