import { PatternError } from './pattern.ts';

/** The text of a JSON path and the place in it. */
export interface Reader {
  readonly text: string;
  at: number;
  /** How many filters, groups and literals the place lies in. */
  depth: number;
}

/** Deeper nesting than any author writes; keeps hostile paths from exhausting the stack. */
const maximumDepth = 100;

export function skipBlanks(reader: Reader): void {
  while (/\s/.test(reader.text.charAt(reader.at))) reader.at++;
}

/** Steps over `token` (after blanks) when it is next. */
export function accept(reader: Reader, token: string): boolean {
  skipBlanks(reader);
  if (!reader.text.startsWith(token, reader.at)) return false;
  reader.at += token.length;
  return true;
}

export function expect(reader: Reader, token: string): void {
  if (!accept(reader, token)) throw new PatternError(`Expected ${token} in the JSON path`, reader.at);
}

/** Runs `read` one level deeper. */
export function nested<T>(reader: Reader, read: () => T): T {
  if (++reader.depth > maximumDepth) throw new PatternError('The JSON path is nested too deeply', reader.at);
  const result = read();
  reader.depth--;
  return result;
}

/** Steps over what the sticky expression matches at this place. */
export function take(reader: Reader, sticky: RegExp): RegExpExecArray | undefined {
  sticky.lastIndex = reader.at;
  const match = sticky.exec(reader.text);
  if (match === null) return undefined;
  reader.at += match[0].length;
  return match;
}

/** A text in single or double quotes; a backslash escapes as in JSON, and either quote. */
export function quotedText(reader: Reader): string | undefined {
  skipBlanks(reader);
  const start = reader.at;
  const quote = reader.text.charAt(start);
  if (quote !== "'" && quote !== '"') return undefined;
  let value = '';
  for (let at = start + 1; at < reader.text.length; at++) {
    const character = reader.text.charAt(at);
    if (character === quote) {
      reader.at = at + 1;
      return value;
    }
    if (character !== '\\') {
      value += character;
      continue;
    }
    at++;
    const escaped = reader.text.charAt(at);
    const hex = escaped === 'u' ? /^[0-9a-fA-F]{4}$/.exec(reader.text.slice(at + 1, at + 5)) : null;
    if (hex !== null) {
      value += String.fromCharCode(Number.parseInt(hex[0], 16));
      at += 4;
    } else {
      value += controlCharacters.get(escaped) ?? escaped;
    }
  }
  throw new PatternError('The quote is not closed', start);
}

const controlCharacters: ReadonlyMap<string, string> = new Map([
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

/** A JSON value written in a path (single quotes too); undefined when none starts here. */
export function literal(reader: Reader): { readonly value: unknown } | undefined {
  const text = quotedText(reader);
  if (text !== undefined) return { value: text };
  const number = take(reader, /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y);
  if (number !== undefined) return { value: Number(number[0]) };
  const word = take(reader, /(?:true|false|null)(?![\w$])/y);
  if (word !== undefined) return { value: word[0] === 'null' ? null : word[0] === 'true' };
  if (accept(reader, '[')) return { value: nested(reader, () => members(reader, ']', () => required(reader))) };
  if (!accept(reader, '{')) return undefined;
  const entries = nested(reader, () =>
    members(reader, '}', (): [string, unknown] => {
      const name = quotedText(reader);
      if (name === undefined) throw new PatternError('Expected a quoted name', reader.at);
      expect(reader, ':');
      return [name, required(reader)];
    }),
  );
  return { value: Object.fromEntries(entries) };
}

function required(reader: Reader): unknown {
  const found = literal(reader);
  if (found === undefined) throw new PatternError('Expected a JSON value', reader.at);
  return found.value;
}

function members<T>(reader: Reader, end: string, read: () => T): T[] {
  const list: T[] = [];
  if (accept(reader, end)) return list;
  do list.push(read());
  while (accept(reader, ','));
  expect(reader, end);
  return list;
}
