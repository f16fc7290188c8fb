import { type Diagnostics, placeWithin, type Source } from '../diagnostic.ts';

/**
 * The entries of a `.properties` file, in the syntax of java.util.Properties: `key=value`, `key: value`, `key value`,
 * comments after `#` or `!`, lines continued with a backslash, escapes. A repeated key: the last one counts.
 */
export function parseProperties(source: Source, diagnostics: Diagnostics): Map<string, string> {
  const entries = new Map<string, string>();
  for (const line of logicalLines(source.text)) {
    const split = splitEntry(line.text);
    const place = { source, offset: line.offset, length: split.key.length };
    const key = resolveEscapes(split.key);
    const value = resolveEscapes(split.value);
    if (key === undefined || value === undefined) {
      const at = /\\u(?![0-9A-Fa-f]{4})/.exec(source.text.slice(line.offset, line.end))?.index ?? 0;
      const message = 'The escape \\u needs four hexadecimal digits.';
      diagnostics.error('ZH065', placeWithin(place, at, 2), message, 'For a backslash itself write \\\\.');
      continue;
    }
    if (entries.has(key)) {
      diagnostics.warning('ZH066', place, `The key "${key}" stands in this file before; the last one counts.`);
    }
    entries.set(key, value);
  }
  return entries;
}

interface Line {
  /** Continuations joined, blanks at the start removed. */
  readonly text: string;
  readonly offset: number;
  readonly end: number;
}

function* logicalLines(text: string): Generator<Line> {
  let joined: string | undefined;
  let offset = 0;
  for (const match of text.matchAll(/([^\r\n]*)(\r\n|\r|\n|$)/g)) {
    const [whole, written = ''] = match;
    if (whole === '' && match.index >= text.length && joined === undefined) return;
    const trimmed = written.replace(/^[ \t\f]+/, '');
    const end = match.index + written.length;
    if (joined === undefined) {
      if (trimmed === '' || trimmed.startsWith('#') || trimmed.startsWith('!')) continue;
      offset = end - trimmed.length;
      joined = '';
    }
    joined += trimmed;
    // An odd number of backslashes at the end continues the line.
    if (match[2] !== '' && (/\\+$/.exec(trimmed)?.[0].length ?? 0) % 2 === 1) {
      joined = joined.slice(0, -1);
      continue;
    }
    yield { text: joined, offset, end };
    joined = undefined;
  }
}

function splitEntry(line: string): { key: string; value: string } {
  const key = /^(?:\\.|[^\\=: \t\f])*/s.exec(line)?.[0] ?? '';
  const rest = line.slice(key.length);
  const separator = /^[ \t\f]*[=:]?[ \t\f]*/.exec(rest)?.[0] ?? '';
  return { key, value: rest.slice(separator.length) };
}

const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

/** Undefined for a `\u` without four digits. A backslash before any other character vanishes. */
function resolveEscapes(text: string): string | undefined {
  if (!text.includes('\\')) return text;
  if (/^(?:[^\\]|\\[^u])*\\u(?![0-9A-Fa-f]{4})/s.test(text)) return undefined;
  return text.replace(/\\(?:u([0-9A-Fa-f]{4})|(.?))/gs, (_, code?: string, character?: string) =>
    code === undefined ? (escapes[character ?? ''] ?? character ?? '') : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
