import { nearest, type Source } from '../diagnostic.ts';
import { type Mistake, notWellFormed } from './mistake.ts';
import { badReference } from './references.ts';
import { nameAt, readStartTag } from './start-tag.ts';

/** Deeper nesting is refused: no bundle needs it, and recursion over the tree stays safe. */
export const depthLimit = 256;

interface Open {
  readonly name: string;
  readonly at: number;
}

/**
 * The first thing that keeps a text from being well-formed XML. The parser's own validator accepts several roots, open
 * comments, `<` in attributes and unknown entities, and gives no usable place for several open tags.
 */
export function findMistake(source: Source): Mistake | undefined {
  const { text } = source;
  return illegalCharacter(text) ?? new Walk(source).mistake();
}

function illegalCharacter(text: string): Mistake | undefined {
  const at = text.search(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
  if (at === -1) return undefined;
  const shown = `U+${text.charCodeAt(at).toString(16).toUpperCase().padStart(4, '0')}`;
  return notWellFormed(at, 1, `The control character ${shown} is not allowed in XML.`, 'Remove it.');
}

class Walk {
  readonly #source: Source;
  readonly #text: string;
  readonly #open: Open[] = [];
  #root: string | undefined;
  #at = 0;

  constructor(source: Source) {
    this.#source = source;
    this.#text = source.text;
  }

  mistake(): Mistake | undefined {
    const text = this.#text;
    while (this.#at < text.length) {
      const tag = text.indexOf('<', this.#at);
      const mistake = this.#plainText(tag === -1 ? text.length : tag);
      if (mistake !== undefined) return mistake;
      if (tag === -1) break;
      this.#at = tag;
      const found = this.#markup(tag);
      if (found !== undefined) return found;
    }
    const open = this.#open.at(-1);
    if (open !== undefined) {
      const message = `<${open.name}> is opened at ${this.#position(open.at)} and never closed.`;
      return notWellFormed(open.at, open.name.length + 1, message, `Add </${open.name}> where it ends.`);
    }
    if (this.#root !== undefined) return undefined;
    return notWellFormed(0, 0, text.trim() === '' ? 'The file is empty.' : 'The file has no root element.');
  }

  #plainText(to: number): Mistake | undefined {
    const from = this.#at;
    if (this.#open.length > 0) {
      const end = this.#text.indexOf(']]>', from);
      if (end !== -1 && end < to) {
        return notWellFormed(end, 3, '"]]>" closes no CDATA section here.', 'For the text itself write ]]&gt;.');
      }
      return badReference(this.#text, from, to);
    }
    const outside = this.#text.slice(from, to);
    const stray = outside.search(/\S/);
    if (stray === -1) return undefined;
    const message =
      this.#root === undefined
        ? 'Text stands before the root element.'
        : `Text stands after the end of <${this.#root}>.`;
    return notWellFormed(from + stray, outside.trim().length, message, 'Remove it.');
  }

  #markup(at: number): Mistake | undefined {
    const text = this.#text;
    if (text.startsWith('<!--', at)) return this.#skipTo('-->', at, 4, 'comment');
    if (text.startsWith('<![CDATA[', at) && this.#open.length > 0) return this.#skipTo(']]>', at, 9, 'CDATA section');
    if (/^<!doctype\b/i.test(text.slice(at, at + 10))) return doctype(at);
    if (text.startsWith('<!', at)) return notWellFormed(at, 2, 'This is no comment, CDATA section or tag.');
    if (text.startsWith('<?', at)) {
      if (at > 0 && /^<\?xml\s/.test(text.slice(at, at + 6))) {
        const message = 'The XML declaration is allowed only at the very start of the file.';
        return notWellFormed(at, 5, message, 'Remove what stands before it, blank lines too.');
      }
      return this.#skipTo('?>', at, 2, 'processing instruction');
    }
    return text[at + 1] === '/' ? this.#endTag(at) : this.#startTag(at);
  }

  #skipTo(end: string, at: number, lead: number, what: string): Mistake | undefined {
    const found = this.#text.indexOf(end, at + lead);
    if (found === -1) return notWellFormed(at, lead, `This ${what} is not closed.`, `Add ${end} where it ends.`);
    this.#at = found + end.length;
    return undefined;
  }

  #startTag(at: number): Mistake | undefined {
    const tag = readStartTag(this.#text, at);
    if ('message' in tag) return tag;
    if (this.#open.length === 0 && this.#root !== undefined) {
      const message = `<${tag.name}> stands after the end of <${this.#root}>: a file has one root element.`;
      return notWellFormed(at, tag.name.length + 1, message, 'Put it into a file of its own, or remove it.');
    }
    if (this.#open.length >= depthLimit) {
      const message = `Elements are nested deeper than ${depthLimit} levels.`;
      return { code: 'ZH004', offset: at, length: tag.name.length + 1, message };
    }
    this.#root ??= tag.name;
    if (!tag.selfClosing) this.#open.push({ name: tag.name, at });
    this.#at = tag.end;
    return undefined;
  }

  #endTag(at: number): Mistake | undefined {
    const name = nameAt(this.#text, at + 2);
    const close = this.#text.indexOf('>', at);
    const length = name.length + 2;
    if (name === '' || close === -1 || this.#text.slice(at + length, close).trim() !== '') {
      return notWellFormed(at, length, 'This end tag is not finished.', `Write </${name === '' ? 'NAME' : name}>.`);
    }
    const open = this.#open.pop();
    if (open === undefined) {
      return notWellFormed(at, length + 1, `</${name}> closes nothing: no tag is open here.`, 'Remove it.');
    }
    this.#at = close + 1;
    return open.name === name ? undefined : this.#mismatch(name, at, open);
  }

  #mismatch(name: string, at: number, open: Open): Mistake {
    const outer = this.#open.findLast((one) => one.name === name);
    const message = `</${name}> stands where <${open.name}>, opened at ${this.#position(open.at)}, is still open.`;
    const misspelt = outer === undefined && nearest(name, [open.name]).length > 0;
    const hint = misspelt
      ? `Did you mean </${open.name}>?`
      : outer === undefined
        ? `Close it with </${open.name}>; there is no <${name}> around it.`
        : `Add </${open.name}> before </${name}>.`;
    return notWellFormed(at, name.length + 3, message, hint);
  }

  #position(offset: number): string {
    const { line, column } = this.#source.position(offset);
    return `line ${line}, column ${column}`;
  }
}

function doctype(at: number): Mistake {
  return {
    code: 'ZH002',
    offset: at,
    length: 9,
    message: 'A DOCTYPE is not allowed in a bundle.',
    hint: 'Remove it; entities and external subsets are not read.',
  };
}
