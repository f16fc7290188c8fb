import { Source } from '../../diagnostic.ts';

/**
 * Style sheets often declare entities of HTML for themselves: `<!DOCTYPE xsl:stylesheet [<!ENTITY nbsp "&#160;">]>`. Such a
 * document type is blanked out, and what refers to it is written out. Any other stays, and is refused by the parser.
 */
export function withoutDocumentType(source: Source): Source {
  const { text } = source;
  const match =
    /<!DOCTYPE\s+[\w:.-]+\s*\[((?:\s|<!--[\s\S]*?-->|<!ENTITY\s+[\w.-]+\s+(?:"[^"<%]*"|'[^'<%]*')\s*>)*)\]\s*>/.exec(
      text,
    );
  if (match === null) return source;
  const entities = new Map<string, string>();
  for (const [, name = '', double, single] of (match[1] ?? '').matchAll(
    /<!ENTITY\s+([\w.-]+)\s+(?:"([^"]*)"|'([^']*)')\s*>/g,
  )) {
    const value = double ?? single ?? '';
    // Entities within entities could grow without end.
    if (/&(?!#)/.test(value)) return source;
    entities.set(name, value);
  }
  const blank = match[0].replace(/[^\n\r]/g, ' ');
  const before = text.slice(0, match.index);
  const after = text.slice(match.index + match[0].length);
  const written = after.replace(/&([A-Za-z_][\w.-]*);/g, (whole, name: string) => entities.get(name) ?? whole);
  return new Source(source.file, before + blank + written);
}
