import type { Place } from '../diagnostic.ts';
import { sourceOffset } from './references.ts';

/** A parsed element. Comments and processing instructions are not kept. */
export interface XmlElement {
  readonly kind: 'element';
  /** With its prefix, as written. */
  readonly name: string;
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly (XmlElement | XmlText)[];
  /** `<Name` of the start tag. */
  readonly place: Place;
  /** What stands between start tag and end tag. */
  readonly inner: Place;
}

export interface XmlAttribute {
  readonly name: string;
  readonly value: string;
  /** The value, without its quotes. */
  readonly place: Place;
}

/** A stretch of text or one CDATA section. */
export interface XmlText {
  readonly kind: 'text';
  /** Character and entity references resolved. */
  readonly text: string;
  readonly cdata: boolean;
  /** The text as written; of a CDATA section what is inside. */
  readonly place: Place;
}

export function elementsOf(element: XmlElement): XmlElement[] {
  return element.children.filter((child) => child.kind === 'element');
}

function textsOf(element: XmlElement): XmlText[] {
  return element.children.filter((child) => child.kind === 'text');
}

/** All text directly in the element, CDATA included. */
export function textOf(element: XmlElement): string {
  let text = '';
  for (const child of element.children) if (child.kind === 'text') text += child.text;
  return text;
}

/**
 * Where a stretch of `textOf(element)` was written. A place inside it is found with `placeWithin`, which knows that
 * `&amp;` is five characters in the file and one in the text.
 */
export function textPlace(element: XmlElement, offsetInText: number, length: number): Place {
  const texts = textsOf(element);
  if (texts.length === 0) return element.inner.length > 0 ? { ...element.inner, length: 0 } : element.place;
  const { source } = element.place;
  const offset = start(texts, offsetInText);
  const written = length === 0 ? 0 : Math.max(1, end(texts, offsetInText + length) - offset);
  // Almost every text stands as it is meant: its place then needs no element to be found in.
  if (texts.every(isVerbatim) && texts.length === 1) return { source, offset, length: written };
  return {
    source,
    offset,
    length: written,
    within: (inside, insideLength) => textPlace(element, offsetInText + inside, insideLength),
  };
}

/** Source offset of the character at an offset of the joined text. */
function start(texts: readonly XmlText[], offsetInText: number): number {
  let before = 0;
  let last = 0;
  for (const one of texts) {
    if (offsetInText < before + one.text.length) return inSource(one, offsetInText - before);
    before += one.text.length;
    last = one.place.offset + one.place.length;
  }
  return last;
}

/** Source offset after the character before an offset of the joined text. */
function end(texts: readonly XmlText[], offsetInText: number): number {
  let before = 0;
  let last = 0;
  for (const one of texts) {
    if (offsetInText <= before + one.text.length) return inSource(one, offsetInText - before);
    before += one.text.length;
    last = one.place.offset + one.place.length;
  }
  return last;
}

/** Without references what is written is what is meant. */
function isVerbatim(text: XmlText): boolean {
  return text.cdata || text.place.length === text.text.length;
}

function inSource(text: XmlText, offset: number): number {
  const { source, offset: at, length } = text.place;
  if (isVerbatim(text)) return at + offset;
  return at + sourceOffset(source.text.slice(at, at + length), offset);
}
