import { XPathMistake } from './failure.ts';

/** XPath 1.0 section 3.7: an expression's tokens. */

export interface Token {
  readonly kind: 'number' | 'literal' | 'name' | 'variable' | 'operator' | 'symbol' | 'end';
  /** A literal without its quotes, a variable without its dollar sign. A name may be `p:n`, `p:*` or `*`. */
  readonly text: string;
  readonly at: number;
  readonly length: number;
}

const name = '[A-Za-z_\\u0080-\\uffff][\\w.\\-\\u0080-\\uffff]*';
const pattern = new RegExp(
  [
    '(?<blank>[ \\t\\r\\n]+)',
    '(?<number>\\d+(?:\\.\\d*)?|\\.\\d+)',
    '(?<literal>"[^"]*"|\'[^\']*\')',
    `\\$(?<variable>${name}(?::${name})?)`,
    `(?<name>${name}(?::(?!:)(?:${name}|\\*))?)`,
    '(?<symbol>::|\\.\\.|//|!=|<=|>=|[()\\[\\].@,/|+\\-=<>*])',
  ].join('|'),
  'y',
);

/** Names that are operators where an operand has just ended. The last two rows are XPath 2.0's: no operand follows another. */
const words: ReadonlySet<string> = new Set([
  ...['and', 'or', 'mod', 'div'],
  ...['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'union', 'then', 'else'],
  ...['to', 'idiv', 'is', 'intersect', 'except', 'instance', 'castable', 'cast', 'treat', 'return', 'satisfies', 'in'],
]);
const operators: ReadonlySet<string> = new Set(['/', '//', '|', '+', '-', '=', '!=', '<', '<=', '>', '>=']);

export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) throw stray(text, at);
    const whole = match[0];
    const { blank, number, literal, variable, name: written } = match.groups ?? {};
    const length = whole.length;
    if (blank === undefined) {
      if (number !== undefined) tokens.push({ kind: 'number', text: number, at, length });
      else if (literal !== undefined) tokens.push({ kind: 'literal', text: literal.slice(1, -1), at, length });
      else if (variable !== undefined) tokens.push({ kind: 'variable', text: variable, at, length });
      else if (written !== undefined) {
        const isOperator = endsOperand(tokens.at(-1)) && words.has(written);
        tokens.push({ kind: isOperator ? 'operator' : 'name', text: written, at, length });
      } else if (whole === '*') {
        tokens.push({ kind: endsOperand(tokens.at(-1)) ? 'operator' : 'name', text: '*', at, length });
      } else tokens.push({ kind: operators.has(whole) ? 'operator' : 'symbol', text: whole, at, length });
    }
    at += length;
  }
  tokens.push({ kind: 'end', text: '', at: text.length, length: 0 });
  return tokens;
}

/** XPath 1.0 section 3.7: after what ends an operand, `*` multiplies and `and` is an operator. */
function endsOperand(token: Token | undefined): boolean {
  if (token === undefined || token.kind === 'operator') return false;
  return (
    token.kind !== 'symbol' || token.text === ')' || token.text === ']' || token.text === '.' || token.text === '..'
  );
}

function stray(text: string, at: number): XPathMistake {
  const character = text[at] ?? '';
  if (character === '"' || character === "'") return new XPathMistake('The text in quotes does not end.', at, 1);
  return new XPathMistake(`"${character}" is not expected in an XPath expression.`, at, 1);
}
