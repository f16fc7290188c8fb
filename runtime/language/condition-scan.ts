/** A mistake in a condition: a place in its text (UTF-16 units) and what to do about it. */
export interface ConditionProblem {
  readonly index: number;
  readonly length: number;
  readonly message: string;
  readonly hint: string | undefined;
}

export type TokenKind = 'word' | 'double' | 'single' | 'symbol' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** The text meant: without quotes for the quoted kinds. */
  readonly text: string;
  readonly index: number;
  readonly length: number;
}

/** A condition cannot be read. Caught by `compileCondition`, the first problem ends the reading. */
export class ConditionError extends Error {
  readonly problem: ConditionProblem;

  constructor(index: number, length: number, message: string, hint?: string) {
    super(message);
    this.problem = { index, length, message, hint };
  }
}

/** Longest first. `/~` is how published bundles also write `~/`. */
const symbols = [
  '!=',
  '!~',
  '==',
  '=|',
  ':=',
  '>=',
  '<=',
  '&&',
  '||',
  '~~',
  '~/',
  '/~',
  '(',
  ')',
  '!',
  '=',
  '>',
  '<',
  '~',
];

const blank = /[\s\uFEFF]/;
const wordEnd = /[\s\uFEFF()!=<>&|~"']/;

/** Cuts a condition into words, quoted texts and symbols. @throws ConditionError */
export function scanCondition(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const character = text.charAt(at);
    if (blank.test(character)) {
      at++;
      continue;
    }
    const token = character === '"' || character === "'" ? quoted(text, at) : (symbol(text, at) ?? word(text, at));
    tokens.push(token);
    at += token.length;
  }
  tokens.push({ kind: 'end', text: '', index: text.length, length: 0 });
  return tokens;
}

/** There is no escape for a quote: a text that holds one kind stands in the other. */
function quoted(text: string, index: number): Token {
  const quote = text.charAt(index);
  const end = text.indexOf(quote, index + 1);
  if (end === -1) {
    const kind = quote === '"' ? 'double' : 'single';
    throw new ConditionError(
      index,
      text.length - index,
      `expected a closing ${kind} quote for the text that starts here`,
      `add ${quote} after the text`,
    );
  }
  const kind = quote === '"' ? 'double' : 'single';
  return { kind, text: text.slice(index + 1, end), index, length: end + 1 - index };
}

function symbol(text: string, index: number): Token | undefined {
  if (text.startsWith(':=|', index)) {
    throw new ConditionError(index, 3, 'expected an operator, found ":=|"', 'write "=|" (StartsWith) or ":="');
  }
  const found = symbols.find((candidate) => text.startsWith(candidate, index));
  if (found === undefined) {
    const character = text.charAt(index);
    if (character === '&' || character === '|') {
      throw new ConditionError(
        index,
        1,
        `expected "${character}${character}", found "${character}"`,
        `write ${character === '&' ? '"&&" or "and"' : '"||" or "or"'}`,
      );
    }
    return undefined;
  }
  return { kind: 'symbol', text: found, index, length: found.length };
}

function word(text: string, index: number): Token {
  let end = index + 1;
  while (end < text.length && !wordEnd.test(text.charAt(end)) && !startsOperator(text, end)) end++;
  return { kind: 'word', text: text.slice(index, end), index, length: end - index };
}

/** Two operators begin with a character that names may hold. */
function startsOperator(text: string, index: number): boolean {
  return text.startsWith(':=', index) || text.startsWith('/~', index);
}
