import { SaxesParser } from 'saxes';
import { depthLimit } from './well-formed.ts';

/** What a payload is made of, in the order in which it is read. */
export interface XmlEvents {
  open(name: string, attributes: Readonly<Record<string, string>>): void;
  /** References resolved. Comments and CDATA sections can split a text into several. */
  text(text: string): void;
  close(name: string): void;
}

/** A text that is not well-formed XML, or that is refused for safety. */
export class XmlRefused extends Error {
  override readonly name = 'XmlRefused';
}

/** The entities of XML itself, and no property of objects: `&constructor;` is no entity. */
const entities = { __proto__: null, amp: '&', gt: '>', lt: '<', quot: '"', apos: "'" };

/**
 * Reads a payload in one pass, without a tree and without recursion. Prefixes need not be declared.
 * @throws XmlRefused when it is not well-formed, holds a document type, or is nested deeper than 256 elements
 */
export function readXml(xml: string, events: XmlEvents): void {
  const parser = new SaxesParser({ xmlns: false, position: true });
  parser.ENTITIES = entities as unknown as Record<string, string>;
  let depth = 0;
  parser.on('error', (error) => {
    throw new XmlRefused(error.message);
  });
  parser.on('doctype', () => {
    throw new XmlRefused('A document type declaration is not allowed');
  });
  parser.on('opentag', ({ name, attributes }) => {
    if (++depth > depthLimit) throw new XmlRefused(`Elements are nested deeper than ${depthLimit} levels`);
    events.open(name, attributes);
  });
  parser.on('text', (text) => {
    if (depth > 0) events.text(text);
  });
  parser.on('cdata', (text) => events.text(text));
  parser.on('closetag', ({ name }) => {
    depth--;
    events.close(name);
  });
  parser.write(xml).close();
}
