import { nearest } from '../diagnostic.ts';
import {
  type Comparison,
  comparisonOfSymbol,
  comparisonOfWord,
  isRelational,
  operatorWords,
} from './condition-operators.ts';
import { ConditionError, scanCondition, type Token } from './condition-scan.ts';

/** A condition as a tree. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: Literal; readonly index: number; readonly length: number }
  | { readonly kind: 'variable'; readonly name: string; readonly index: number; readonly length: number }
  | { readonly kind: 'not'; readonly operand: Expression }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Expression[] }
  | {
      readonly kind: 'compare';
      readonly comparison: Comparison;
      /** `Not` before the operator. */
      readonly negated: boolean;
      readonly left: Expression;
      readonly right: Expression;
    };

/** Undefined stands for `null`. */
export type Literal = string | number | bigint | boolean | undefined;

/** Brackets, negations and chained comparisons inside each other; more is a mistake, and would use up the stack. */
const maximumDepth = 200;

/**
 * Apigee, Conditions reference. Precedence as in Java: `!`, order, equality and matching, `&&`, `||`. Empty: undefined.
 * @throws ConditionError
 */
export function parseCondition(text: string): Expression | undefined {
  const tokens = new Tokens(scanCondition(text));
  if (tokens.current.kind === 'end') return undefined;
  const expression = disjunction(tokens, 0);
  const rest = tokens.current;
  if (rest.kind !== 'end') throw unexpected(rest, 'an operator or the end of the condition');
  return expression;
}

class Tokens {
  readonly #list: readonly Token[];
  #at: number;

  constructor(list: readonly Token[]) {
    this.#list = list;
    this.#at = 0;
  }

  get current(): Token {
    return this.peek(0);
  }

  peek(ahead: number): Token {
    return this.#list[this.#at + ahead] ?? { kind: 'end', text: '', index: 0, length: 0 };
  }

  take(): Token {
    const token = this.current;
    this.#at++;
    return token;
  }

  /** Takes the current token if it is this symbol or this word. */
  accept(symbol: string, word: string): boolean {
    if (!isToken(this.current, symbol, word)) return false;
    this.#at++;
    return true;
  }
}

function isToken(token: Token, symbol: string, word: string): boolean {
  if (token.kind === 'symbol') return token.text === symbol;
  return token.kind === 'word' && token.text.toLowerCase() === word;
}

function disjunction(tokens: Tokens, depth: number): Expression {
  const operands = [conjunction(tokens, depth)];
  while (tokens.accept('||', 'or')) operands.push(conjunction(tokens, depth));
  return grouped('or', operands);
}

function conjunction(tokens: Tokens, depth: number): Expression {
  const operands = [negation(tokens, depth)];
  while (tokens.accept('&&', 'and')) operands.push(negation(tokens, depth));
  return grouped('and', operands);
}

function grouped(kind: 'and' | 'or', operands: readonly Expression[]): Expression {
  const [only] = operands;
  return only !== undefined && operands.length === 1 ? only : { kind, operands };
}

/** `!a = b` negates the comparison: for booleans that is what Java's order gives, and for anything else it has a sense. */
function negation(tokens: Tokens, depth: number): Expression {
  checkDepth(tokens.current, depth);
  if (tokens.accept('!', 'not')) return { kind: 'not', operand: negation(tokens, depth + 1) };
  return chain(tokens, depth, 'equality', false);
}

/** Comparisons of one rank, from left to right; those of order stand inside those of equality. */
function chain(tokens: Tokens, depth: number, rank: 'equality' | 'order', isRight: boolean): Expression {
  const side = (deeper: number, right: boolean): Expression =>
    rank === 'order' ? operand(tokens, deeper, right) : chain(tokens, deeper, 'order', right);
  let left = side(depth, isRight);
  for (let count = 1; ; count++) {
    const found = comparisonAt(tokens);
    if (found === undefined || isRelational(found.comparison) !== (rank === 'order')) return left;
    checkDepth(tokens.current, depth + count);
    for (let taken = 0; taken < found.tokens; taken++) tokens.take();
    // `is not null`: the word behind the operator belongs to it.
    const after = found.isWord && tokens.accept('', 'not');
    const right = side(depth + 1, true);
    left = { kind: 'compare', comparison: found.comparison, negated: found.negated !== after, left, right };
  }
}

interface FoundComparison {
  readonly comparison: Comparison;
  readonly negated: boolean;
  readonly isWord: boolean;
  readonly tokens: number;
}

function comparisonAt(tokens: Tokens): FoundComparison | undefined {
  const negated = isToken(tokens.current, '!', 'not');
  const token = tokens.peek(negated ? 1 : 0);
  const isWord = token.kind === 'word';
  const comparison =
    token.kind === 'symbol' ? comparisonOfSymbol(token.text) : isWord ? comparisonOfWord(token.text) : undefined;
  return comparison === undefined ? undefined : { comparison, negated, isWord, tokens: negated ? 2 : 1 };
}

function operand(tokens: Tokens, depth: number, isRight: boolean): Expression {
  const token = tokens.take();
  switch (token.kind) {
    case 'double':
      return { kind: 'literal', value: token.text, index: token.index + 1, length: token.text.length };
    case 'single':
      // On the right a text; on the left the name of a variable that holds an operator's character.
      if (isRight) return { kind: 'literal', value: token.text, index: token.index + 1, length: token.text.length };
      return variable(token, token.text.trim());
    case 'word':
      return wordOperand(token);
    case 'symbol':
      if (token.text === '(') return bracket(tokens, token, depth);
      throw unexpected(token, isRight ? 'a value' : 'a variable');
    default:
      throw unexpected(token, isRight ? 'a value' : 'a variable');
  }
}

function bracket(tokens: Tokens, open: Token, depth: number): Expression {
  checkDepth(open, depth + 1);
  const inner = disjunction(tokens, depth + 1);
  const close = tokens.take();
  if (close.kind === 'symbol' && close.text === ')') return inner;
  if (close.kind === 'end') {
    throw new ConditionError(open.index, 1, 'expected ")" for the "(" that opens here', 'add the closing bracket');
  }
  throw unexpected(close, 'an operator or ")"');
}

function wordOperand(token: Token): Expression {
  const { text, index, length } = token;
  const constant = constants.get(text.toLowerCase());
  if (constant !== undefined) return { kind: 'literal', value: constant.value, index, length };
  const number = numberOf(text);
  if (number !== undefined) return { kind: 'literal', value: number, index, length };
  const lower = text.toLowerCase();
  if (comparisonOfWord(text) !== undefined || lower === 'and' || lower === 'or') {
    throw new ConditionError(index, length, `expected a variable or a value, found the operator "${text}"`);
  }
  return variable(token, text);
}

const constants: ReadonlyMap<string, { readonly value: Literal }> = new Map([
  ['null', { value: undefined }],
  ['true', { value: true }],
  ['false', { value: false }],
]);

/** Integers, `l` long, `f` float, `d` double. Integers beyond 2^53 stay exact. */
function numberOf(text: string): number | bigint | undefined {
  const match = /^([+-]?\d+)(\.\d+)?[lfd]?$/i.exec(text);
  const whole = match?.[1];
  if (whole === undefined) return undefined;
  const number = Number(`${whole}${match?.[2] ?? ''}`);
  return match?.[2] === undefined && !Number.isSafeInteger(number) ? BigInt(whole) : number;
}

function variable(token: Token, name: string): Expression {
  if (name === '') throw new ConditionError(token.index, token.length, 'expected a variable name between the quotes');
  if (token.kind === 'word' && !/^[\p{L}\p{N}_$@#.[-][^{}*%,;`\\]*$/u.test(name)) {
    throw new ConditionError(
      token.index,
      token.length,
      `expected a variable name, found "${name}"`,
      'a text stands in double quotes; a variable whose name holds other characters in single quotes, on the left',
    );
  }
  return { kind: 'variable', name, index: token.index, length: token.length };
}

function unexpected(token: Token, expected: string): ConditionError {
  const found = token.kind === 'end' ? 'the condition ends' : `found "${token.text}"`;
  return new ConditionError(token.index, token.length, `expected ${expected}, ${found}`, hintFor(token));
}

function hintFor(token: Token): string | undefined {
  if (token.kind !== 'word') return undefined;
  const [word] = nearest(token.text, operatorWords);
  return word === undefined ? 'a text with blanks stands in double quotes' : `did you mean ${word}?`;
}

function checkDepth(token: Token, depth: number): void {
  if (depth <= maximumDepth) return;
  throw new ConditionError(
    token.index,
    token.length,
    `expected at most ${maximumDepth} levels of nesting`,
    'split the condition, or compute a flow variable first',
  );
}
