import { type Mistake, notWellFormed } from './mistake.ts';
import { badReference } from './references.ts';

/** A start tag as written; offsets into the text. */
export interface StartTag {
  readonly name: string;
  readonly attributes: readonly { readonly name: string; readonly from: number; readonly to: number }[];
  /** After its `>`. */
  readonly end: number;
  readonly selfClosing: boolean;
}

/** XML 1.0 section 2.3, production Name; everything beyond ASCII is let through. */
const namePattern = /[A-Za-z_:\u0080-\uffff][\w.\-:\u0080-\uffff]*/y;

/** The XML name at an offset; empty when there is none. */
export function nameAt(text: string, at: number): string {
  namePattern.lastIndex = at;
  return namePattern.exec(text)?.[0] ?? '';
}

/** Reads the start tag whose `<` is at an offset. */
export function readStartTag(text: string, at: number): StartTag | Mistake {
  const name = nameAt(text, at + 1);
  if (name === '') {
    const hint = 'For the character itself write &lt;, or put the text into <![CDATA[ ]]>.';
    return notWellFormed(at, 1, 'A tag name is expected after "<".', hint);
  }
  const attributes: { name: string; from: number; to: number }[] = [];
  let i = at + 1 + name.length;
  for (;;) {
    const blank = skipBlanks(text, i);
    if (text[blank] === '>') return { name, attributes, end: blank + 1, selfClosing: false };
    if (text.startsWith('/>', blank)) return { name, attributes, end: blank + 2, selfClosing: true };
    if (blank >= text.length || text[blank] === '<') {
      return notWellFormed(at, name.length + 1, `The tag <${name}> has no closing ">".`, 'Add ">" to end it.');
    }
    const attribute = readAttribute(text, blank, name);
    if ('message' in attribute) return attribute;
    if (blank === i) return notWellFormed(i, attribute.name.length, `A blank is needed before "${attribute.name}".`);
    if (attributes.some((one) => one.name === attribute.name)) {
      const message = `<${name}> has the attribute "${attribute.name}" twice.`;
      return notWellFormed(blank, attribute.name.length, message, 'Remove one of them.');
    }
    attributes.push(attribute);
    i = attribute.to + 1;
  }
}

function readAttribute(text: string, at: number, tag: string): { name: string; from: number; to: number } | Mistake {
  const name = nameAt(text, at);
  if (name === '') return notWellFormed(at, 1, `"${text[at] ?? ''}" is not expected in the tag <${tag}>.`);
  const equals = skipBlanks(text, at + name.length);
  const quoteAt = skipBlanks(text, equals + 1);
  if (text[equals] !== '=') {
    return notWellFormed(at, name.length, `The attribute "${name}" has no value.`, `Write ${name}="...".`);
  }
  const quote = text[quoteAt];
  if (quote !== '"' && quote !== "'") {
    const hint =
      quote === '\u201c' || quote === '\u201d'
        ? 'Replace the typographic quotes with straight ones: ".'
        : `Write ${name}="...".`;
    return notWellFormed(quoteAt, 1, `The value of the attribute "${name}" is not in quotes.`, hint);
  }
  const from = quoteAt + 1;
  const to = text.indexOf(quote, from);
  const less = text.indexOf('<', from);
  if (to === -1 || (less !== -1 && less < to && /[\n>]/.test(text.slice(from, less)))) {
    const message = `The value of the attribute "${name}" has no closing quote.`;
    return notWellFormed(quoteAt, 1, message, `Add ${quote} after the value.`);
  }
  if (less !== -1 && less < to) {
    return notWellFormed(less, 1, `"<" is not allowed in the value of the attribute "${name}".`, 'Write &lt;.');
  }
  return badReference(text, from, to) ?? { name, from, to };
}

function skipBlanks(text: string, at: number): number {
  let i = at;
  while (text[i] === ' ' || text[i] === '\n' || text[i] === '\t' || text[i] === '\r') i++;
  return i;
}
