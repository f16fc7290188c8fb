import type { Place } from '../diagnostic.ts';
import type { XmlElement } from './element.ts';

/** The markup between an element's tags as it was written, so that a Payload goes out as its author formatted it. */
export function innerXml(element: XmlElement): string {
  const { source, offset, length } = element.inner;
  return source.text.slice(offset, offset + length);
}

/** Where `innerXml` stands. */
export function innerPlace(element: XmlElement): Place {
  return element.inner;
}
