import type { Mistake } from './mistake.ts';

/** Character and entity references. Only the five entities of XML itself exist: a DOCTYPE could define more, and is refused. */

const predefined: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

const reference = /&(?:#x([0-9A-Fa-f]+)|#([0-9]+)|([A-Za-z_][\w.-]*));/g;

const referenceAtStart = new RegExp(`^${reference.source}`);

/** Resolves the references of a text known to hold no bad ones. */
export function resolveReferences(raw: string): string {
  if (!raw.includes('&')) return raw;
  return raw.replace(reference, (whole, hex?: string, decimal?: string, name?: string) =>
    name === undefined ? String.fromCodePoint(codePoint(hex, decimal)) : (predefined.get(name) ?? whole),
  );
}

/** The offset in `raw` of the character at `offset` of the resolved text. */
export function sourceOffset(raw: string, offset: number): number {
  let shift = 0;
  for (const match of raw.matchAll(reference)) {
    const resolved = resolveReferences(match[0]).length;
    if (match.index - shift + resolved > offset) return Math.min(offset + shift, match.index);
    shift += match[0].length - resolved;
  }
  return offset + shift;
}

/** The first reference between two offsets that XML does not allow. */
export function badReference(text: string, from: number, to: number): Mistake | undefined {
  for (let at = text.indexOf('&', from); at !== -1 && at < to; at = text.indexOf('&', at + 1)) {
    const match = referenceAtStart.exec(text.slice(at, Math.min(to, at + 64)));
    if (match === null) return strayAmpersand(text, at, to);
    const [whole, hex, decimal, name] = match;
    if (name === undefined) {
      if (!isXmlCharacter(codePoint(hex, decimal))) {
        return { code: 'BN011', offset: at, length: whole.length, message: `${whole} is not a character XML allows.` };
      }
    } else if (!predefined.has(name)) return undefinedEntity(at, whole, name);
  }
  return undefined;
}

function strayAmpersand(text: string, at: number, to: number): Mistake {
  const unfinished = /^&(?:amp|lt|gt|quot|apos)\b/.exec(text.slice(at, Math.min(to, at + 6)));
  return {
    code: 'BN011',
    offset: at,
    length: unfinished?.[0].length ?? 1,
    message: unfinished === null ? 'A bare "&" is not allowed in XML.' : `"${unfinished[0]}" lacks its semicolon.`,
    hint:
      unfinished === null
        ? 'Write &amp;, or put the text into <![CDATA[ ]]>; "and" works in conditions too.'
        : `Write ${unfinished[0]};`,
  };
}

function undefinedEntity(at: number, whole: string, name: string): Mistake {
  const character = namedCharacters.get(name);
  return {
    code: 'ZH003',
    offset: at,
    length: whole.length,
    message: `The entity ${whole} is not defined.`,
    hint:
      character === undefined
        ? `XML knows &amp; &lt; &gt; &quot; &apos; only. For the text "${whole}" itself write &amp;${name};`
        : `It is an entity of HTML. In XML write ${character}`,
  };
}

/** Entities of HTML that end up in XML most often. */
const namedCharacters: ReadonlyMap<string, string> = new Map([
  ['nbsp', '&#160;'],
  ['copy', '&#169;'],
  ['reg', '&#174;'],
  ['euro', '&#8364;'],
  ['ndash', '&#8211;'],
  ['mdash', '&#8212;'],
  ['hellip', '&#8230;'],
  ['lsquo', '&#8216;'],
  ['rsquo', '&#8217;'],
  ['ldquo', '&#8220;'],
  ['rdquo', '&#8221;'],
]);

function codePoint(hex: string | undefined, decimal: string | undefined): number {
  return hex === undefined ? Number.parseInt(decimal ?? '', 10) : Number.parseInt(hex, 16);
}

/** XML 1.0 section 2.2, production Char. */
export function isXmlCharacter(code: number): boolean {
  return (
    code === 0x9 ||
    code === 0xa ||
    code === 0xd ||
    (code >= 0x20 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    (code >= 0x10000 && code <= 0x10ffff)
  );
}
