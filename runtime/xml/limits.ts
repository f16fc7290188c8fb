import { SaxesParser } from 'saxes';

/** Limits of an XML text; Infinity where there is none. Lengths in UTF-16 units. */
export interface XmlLimits {
  readonly elementName: number;
  readonly attributeName: number;
  readonly prefix: number;
  readonly instructionTarget: number;
  readonly depth: number;
  readonly attributes: number;
  readonly namespaces: number;
  readonly children: number;
  readonly countsComments: boolean;
  readonly countsElements: boolean;
  readonly countsInstructions: boolean;
  readonly countsTexts: boolean;
  readonly text: number;
  readonly attributeValue: number;
  readonly namespaceUri: number;
  readonly comment: number;
  readonly instructionData: number;
}

/** A text that is not well-formed, or goes beyond a limit. The message ends in the place. */
export class XmlExceeds extends Error {
  override readonly name = 'XmlExceeds';
  readonly exceeds: boolean;

  constructor(message: string, exceeds: boolean) {
    super(message);
    this.exceeds = exceeds;
  }
}

/** Deeper nesting is refused without a limit too: each open element takes memory. zerohop's choice. */
const deepest = 10_000;

/** The entities of XML itself, and no property of objects: `&constructor;` is no entity. */
const entities = { __proto__: null, amp: '&', gt: '>', lt: '<', quot: '"', apos: "'" };

/**
 * Holds a text against the limits in one pass; the first that it goes beyond ends it. A document type is refused, so that
 * no entity is ever defined. @throws XmlExceeds
 */
export function checkXml(xml: string, limits: XmlLimits): void {
  const parser = new SaxesParser({ xmlns: false, position: true });
  parser.ENTITIES = entities as unknown as Record<string, string>;
  const place = (): string => `at line ${parser.line}(possibly around char ${parser.column})`;
  const within = (value: number, limit: number, what: string): void => {
    if (value > limit) throw new XmlExceeds(`${what} exceeded ${limit} ${place()}`, true);
  };
  const refuse = (message: string): never => {
    throw new XmlExceeds(`${message} ${place()}`, false);
  };
  const counts = new ChildCounts((count) => within(count, limits.children, 'Children count'));
  let attributes = 0;
  let namespaces = 0;
  const child = (counted: boolean): void => {
    if (counted) counts.add();
  };

  parser.on('error', (error) => refuse(error.message.replace(/^\d+:\d+: /, '').replace(/\.$/, '')));
  parser.on('doctype', () => refuse('A document type declaration is not allowed'));
  parser.on('opentagstart', ({ name }) => {
    const [prefix, local] = qualified(name);
    within(local.length, limits.elementName, 'Element name length');
    within(prefix.length, limits.prefix, 'Namespace prefix length');
    child(limits.countsElements);
    counts.enter();
    within(counts.depth, Math.min(limits.depth, deepest), 'Node depth');
    attributes = 0;
    namespaces = 0;
  });
  parser.on('attribute', ({ name, value }) => {
    const [prefix, local] = qualified(name);
    if (name === 'xmlns' || prefix === 'xmlns') {
      within(++namespaces, limits.namespaces, 'Namespace count');
      if (prefix !== '') within(local.length, limits.prefix, 'Namespace prefix length');
      within(value.length, limits.namespaceUri, 'Namespace uri length');
      return;
    }
    within(++attributes, limits.attributes, 'Attribute count');
    within(local.length, limits.attributeName, 'Attribute name length');
    within(prefix.length, limits.prefix, 'Namespace prefix length');
    within(value.length, limits.attributeValue, 'Attribute value length');
  });
  const text = (part: string): void => {
    if (counts.depth === 0) return;
    if (counts.addText(part)) child(limits.countsTexts);
    within(counts.textLength, limits.text, 'Text length');
  };
  parser.on('text', text);
  parser.on('cdata', text);
  parser.on('comment', (comment) => {
    within(comment.length, limits.comment, 'Comment length');
    child(limits.countsComments);
  });
  parser.on('processinginstruction', ({ target, body }) => {
    within(target.length, limits.instructionTarget, 'Processing instruction target length');
    within(body.length, limits.instructionData, 'Processing instruction data length');
    child(limits.countsInstructions);
  });
  parser.on('closetag', () => counts.leave());
  parser.write(xml).close();
}

/** Children of the elements that are open. */
class ChildCounts {
  readonly #exceeded: (count: number) => void;
  readonly #counts: number[] = [];
  /** Of the text that is being read. Comments and CDATA sections do not end it: who reads it sees one. zerohop's choice. */
  textLength = 0;
  #inText = false;

  constructor(check: (count: number) => void) {
    this.#exceeded = check;
  }

  get depth(): number {
    return this.#counts.length;
  }

  add(): void {
    const last = this.#counts.length - 1;
    if (last === -1) return;
    const count = (this.#counts[last] ?? 0) + 1;
    this.#counts[last] = count;
    this.#exceeded(count);
  }

  /** Whether a text begins that is more than blanks, which only lay a document out. */
  addText(part: string): boolean {
    this.textLength += part.length;
    if (this.#inText || part.trim() === '') return false;
    this.#inText = true;
    return true;
  }

  enter(): void {
    this.#counts.push(0);
    this.#endText();
  }

  leave(): void {
    this.#counts.pop();
    this.#endText();
  }

  #endText(): void {
    this.textLength = 0;
    this.#inText = false;
  }
}

function qualified(name: string): readonly [prefix: string, local: string] {
  const colon = name.indexOf(':');
  return colon === -1 ? ['', name] : [name.slice(0, colon), name.slice(colon + 1)];
}
