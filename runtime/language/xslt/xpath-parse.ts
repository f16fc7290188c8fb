import { XPathMistake } from './failure.ts';
import { type Token, tokenize } from './xpath-tokens.ts';

/** XPath 1.0 sections 2 and 3: text to a tree of expressions. */

export type Axis =
  | 'ancestor'
  | 'ancestor-or-self'
  | 'attribute'
  | 'child'
  | 'descendant'
  | 'descendant-or-self'
  | 'following'
  | 'following-sibling'
  | 'namespace'
  | 'parent'
  | 'preceding'
  | 'preceding-sibling'
  | 'self';

const axes: ReadonlySet<string> = new Set<Axis>([
  'ancestor',
  'ancestor-or-self',
  'attribute',
  'child',
  'descendant',
  'descendant-or-self',
  'following',
  'following-sibling',
  'namespace',
  'parent',
  'preceding',
  'preceding-sibling',
  'self',
]);

/** `name`: an element, attribute or namespace by name; the others by kind, an instruction by its target too. */
export type NodeTest =
  | { readonly kind: 'name'; readonly name: string; readonly at: number }
  | { readonly kind: 'node' | 'text' | 'comment' }
  | { readonly kind: 'instruction'; readonly target: string | undefined };

export interface PathStep {
  readonly axis: Axis;
  readonly test: NodeTest;
  readonly predicates: readonly Expression[];
}

export type Expression =
  | { readonly kind: 'constant'; readonly value: string | number }
  | { readonly kind: 'variable'; readonly name: string; readonly at: number }
  | { readonly kind: 'call'; readonly name: string; readonly arguments: readonly Expression[]; readonly at: number }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'negate'; readonly of: Expression }
  | { readonly kind: 'filter'; readonly of: Expression; readonly predicates: readonly Expression[] }
  | { readonly kind: 'path'; readonly from: Expression | 'root' | 'context'; readonly steps: readonly PathStep[] }
  | { readonly kind: 'if'; readonly test: Expression; readonly yes: Expression; readonly no: Expression };

const levels: readonly (readonly string[])[] = [
  ['or'],
  ['and'],
  ['=', '!=', 'eq', 'ne'],
  ['<', '<=', '>', '>=', 'lt', 'le', 'gt', 'ge'],
  ['+', '-'],
  ['*', 'div', 'mod'],
];

const spelledAsSymbol: ReadonlyMap<string, string> = new Map([
  ['eq', '='],
  ['ne', '!='],
  ['lt', '<'],
  ['le', '<='],
  ['gt', '>'],
  ['ge', '>='],
  ['union', '|'],
]);

const anyNode: PathStep = { axis: 'descendant-or-self', test: { kind: 'node' }, predicates: [] };

/** @param newer whether what is more than XPath 1.0 may be right. @throws XPathMistake */
export function parseXPath(text: string, newer: boolean): Expression {
  const parser = new XPathParser(tokenize(text), newer);
  return parser.whole();
}

/** Deeper nesting is refused, so that recursion over the tree stays safe. */
const deepest = 128;

export class XPathParser {
  readonly #tokens: readonly Token[];
  readonly #newer: boolean;
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], newer: boolean) {
    this.#tokens = tokens;
    this.#newer = newer;
  }

  whole(): Expression {
    const expression = this.expression();
    if (this.token.kind !== 'end') throw this.unexpected();
    return expression;
  }

  get token(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: '', at: 0, length: 0 };
  }

  #ahead(count: number): Token | undefined {
    return this.#tokens[this.#at + count];
  }

  next(): Token {
    const { token } = this;
    this.#at++;
    return token;
  }

  is(text: string): boolean {
    const { kind } = this.token;
    return (kind === 'symbol' || kind === 'operator') && this.token.text === text;
  }

  takes(text: string): boolean {
    if (!this.is(text)) return false;
    this.#at++;
    return true;
  }

  expect(text: string): void {
    if (!this.takes(text)) throw this.unexpected(`"${text}" is expected here.`);
  }

  unexpected(message?: string): XPathMistake {
    const { text, at, length, kind } = this.token;
    if (kind === 'end') return new XPathMistake(message ?? 'The expression ends too soon.', at, 0);
    return new XPathMistake(message ?? `"${text}" is not expected here.`, at, length, this.#newer);
  }

  expression(): Expression {
    if (++this.#depth > deepest) {
      throw new XPathMistake(`The expression is nested deeper than ${deepest} levels.`, this.token.at, 1);
    }
    const expression = this.#isIf() ? this.#if() : this.#level(0);
    this.#depth--;
    return expression;
  }

  #isIf(): boolean {
    return this.token.kind === 'name' && this.token.text === 'if' && this.#ahead(1)?.text === '(';
  }

  #if(): Expression {
    this.next();
    this.expect('(');
    const test = this.expression();
    this.expect(')');
    this.#word('then');
    const yes = this.expression();
    this.#word('else');
    return { kind: 'if', test, yes, no: this.expression() };
  }

  #word(text: string): void {
    if (this.token.text !== text) throw this.unexpected(`"${text}" is expected here.`);
    this.next();
  }

  #level(level: number): Expression {
    const operators = levels[level];
    if (operators === undefined) return this.#unary();
    let left = this.#level(level + 1);
    while (this.token.kind === 'operator' && operators.includes(this.token.text)) {
      const { text } = this.next();
      const operator = spelledAsSymbol.get(text) ?? text;
      left = { kind: 'binary', operator, left, right: this.#level(level + 1) };
    }
    return left;
  }

  #unary(): Expression {
    let negative = false;
    let signed = false;
    while (this.is('-')) {
      this.next();
      negative = !negative;
      signed = true;
    }
    const expression = this.#union();
    if (!signed) return expression;
    const negated: Expression = { kind: 'negate', of: expression };
    return negative ? negated : { kind: 'negate', of: negated };
  }

  #union(): Expression {
    let left = this.#path();
    while (this.is('|') || this.is('union')) {
      this.next();
      left = { kind: 'binary', operator: '|', left, right: this.#path() };
    }
    return left;
  }

  #path(): Expression {
    if (this.takes('/')) {
      const steps = this.#startsStep() ? this.steps() : [];
      return { kind: 'path', from: 'root', steps };
    }
    if (this.takes('//')) return { kind: 'path', from: 'root', steps: [anyNode, ...this.steps()] };
    if (this.#startsStep()) return { kind: 'path', from: 'context', steps: this.steps() };
    const primary = this.#primary();
    const predicates = this.predicates();
    const from: Expression = predicates.length === 0 ? primary : { kind: 'filter', of: primary, predicates };
    if (this.takes('/')) return { kind: 'path', from, steps: this.steps() };
    if (this.takes('//')) return { kind: 'path', from, steps: [anyNode, ...this.steps()] };
    return from;
  }

  #startsStep(): boolean {
    if (this.is('.') || this.is('..') || this.is('@')) return true;
    if (this.token.kind !== 'name') return false;
    const after = this.#ahead(1);
    if (after?.kind !== 'symbol' || after.text !== '(') return true;
    return nodeTypes.has(this.token.text);
  }

  steps(): PathStep[] {
    const steps = [this.step()];
    for (;;) {
      if (this.takes('//')) steps.push(anyNode);
      else if (!this.takes('/')) return steps;
      steps.push(this.step());
    }
  }

  step(): PathStep {
    if (this.takes('.')) return { axis: 'self', test: { kind: 'node' }, predicates: this.predicates() };
    if (this.takes('..')) return { axis: 'parent', test: { kind: 'node' }, predicates: this.predicates() };
    let axis: Axis = 'child';
    if (this.takes('@')) axis = 'attribute';
    else if (this.#ahead(1)?.text === '::') {
      const { text, at, length } = this.next();
      if (!isAxis(text)) throw new XPathMistake(`"${text}" is no axis.`, at, length);
      axis = text;
      this.next();
    }
    return { axis, test: this.#nodeTest(), predicates: this.predicates() };
  }

  #nodeTest(): NodeTest {
    const { kind, text, at } = this.token;
    if (kind !== 'name') throw this.unexpected();
    this.next();
    if (!this.is('(')) return { kind: 'name', name: text, at };
    const type = nodeTypes.get(text);
    if (type === undefined) {
      // A function as a step of a path is XPath 2.0.
      throw new XPathMistake(`${text}() is no test for nodes.`, at, text.length, this.#newer);
    }
    this.next();
    const target = type === 'instruction' && this.token.kind === 'literal' ? this.next().text : undefined;
    this.expect(')');
    return type === 'instruction' ? { kind: type, target } : { kind: type };
  }

  predicates(): Expression[] {
    const predicates: Expression[] = [];
    while (this.takes('[')) {
      predicates.push(this.expression());
      this.expect(']');
    }
    return predicates;
  }

  #primary(): Expression {
    const token = this.next();
    switch (token.kind) {
      case 'number':
        return { kind: 'constant', value: Number(token.text) };
      case 'literal':
        return { kind: 'constant', value: token.text };
      case 'variable':
        return { kind: 'variable', name: token.text, at: token.at };
      case 'name':
        this.expect('(');
        return { kind: 'call', name: token.text, arguments: this.#arguments(), at: token.at };
      default: {
        if (token.kind === 'symbol' && token.text === '(') {
          const inner = this.expression();
          this.expect(')');
          return inner;
        }
        this.#at--;
        throw this.unexpected();
      }
    }
  }

  #arguments(): Expression[] {
    const list: Expression[] = [];
    if (this.takes(')')) return list;
    do list.push(this.expression());
    while (this.takes(','));
    this.expect(')');
    return list;
  }
}

const nodeTypes: ReadonlyMap<string, 'node' | 'text' | 'comment' | 'instruction'> = new Map([
  ['node', 'node'],
  ['text', 'text'],
  ['comment', 'comment'],
  ['processing-instruction', 'instruction'],
] as const);

function isAxis(text: string): text is Axis {
  return axes.has(text);
}
