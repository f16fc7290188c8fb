import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileCondition } from '../../runtime/language/condition.ts';
import { exchangeOf } from '../support/exchange.ts';
import { Random } from '../support/random.ts';
import { holds, type Operator, type Tree, type Value, type Variables } from '../support/slow-conditions.ts';

const spellings: Readonly<Record<Operator, readonly string[]>> = {
  '=': ['=', '==', ' Equals ', ' Is ', ' is '],
  '!=': ['!=', ' NotEquals ', ' IsNot ', ' ISNOT '],
  ':=': [':=', ' EqualsCaseInsensitive '],
  '>': ['>', ' GreaterThan '],
  '>=': ['>=', ' GreaterThanOrEquals '],
  '<': ['<', ' LesserThan '],
  '<=': ['<=', ' LesserThanOrEquals '],
  '~': ['~', ' Matches ', ' Like '],
  '!~': ['!~'],
  '~~': ['~~', ' JavaRegex '],
  '~/': ['~/', ' MatchesPath ', ' LikePath ', ' matchespath '],
  '=|': ['=|', ' StartsWith '],
};

const operators = Object.keys(spellings) as Operator[];
const names = ['a', 'b', 'c.d', 'flow.name', 'x-y', 'none', 'is.null', 'and.x'];
const values: readonly Value[] = [
  ...['', 'a', 'A', 'ab', '10', '9', '9.50', '-1', 'true', 'FALSE', '/a', '/a/b', '/a/*', '/**', 'a*', '%*', '*'],
  ...[10, 9, 9.5, -1, 0, true, false, undefined, undefined],
];
const regexes = ['a', 'a+b?', '[ab]+', '.*', '/a(/b)?', '\\d+', 'a|ab', '\\w*', '-?1'];

function treeOf(random: Random, depth: number): Tree {
  const kind = depth === 0 ? 0 : random.below(6);
  if (kind === 4) return { kind: 'not', inner: treeOf(random, depth - 1) };
  if (kind >= 2) {
    const [left, right] = [treeOf(random, depth - 1), treeOf(random, depth - 1)];
    return { kind: random.of(['and', 'or'] as const), left, right };
  }
  if (kind === 1) return leaf(random);
  const operator = random.of(operators);
  const left = operand(random, depth - 1);
  const right = operator === '~~' ? regexOperand(random) : operand(random, depth - 1);
  return { kind: 'compare', operator, not: operator !== '!~' && random.once(5), left, right };
}

function operand(random: Random, depth: number): Tree {
  return depth > 0 && random.once(6) ? treeOf(random, depth) : leaf(random);
}

function leaf(random: Random): Tree {
  if (random.once(2)) return { kind: 'variable', name: random.of(names) };
  return { kind: 'literal', value: values[random.below(values.length)] };
}

/** An expression known when compiling has to be valid. */
function regexOperand(random: Random): Tree {
  if (random.once(3)) return { kind: 'variable', name: random.of(names) };
  return { kind: 'literal', value: random.of(regexes) };
}

/** What binds tighter has the higher number. */
function rank(tree: Tree): number {
  if (tree.kind === 'compare') return ['>', '>=', '<', '<='].includes(tree.operator) ? 5 : 4;
  return { or: 1, and: 2, not: 3, literal: 6, variable: 6 }[tree.kind];
}

/** Writes a tree with the brackets it needs, and now and then some more, in one of the spellings there are. */
function write(random: Random, tree: Tree, minimum = 1, isRight = false): string {
  const needed = rank(tree) < minimum || random.once(12);
  if (needed) return `${blank(random)}(${write(random, tree)})${blank(random)}`;
  switch (tree.kind) {
    case 'variable':
      return isRight || random.once(2) ? tree.name : `'${tree.name}'`;
    case 'literal':
      return writeLiteral(random, tree.value, isRight);
    case 'not':
      return `${random.of(['!', 'not ', 'NOT ', '! '])}${write(random, tree.inner, 3)}`;
    case 'compare': {
      const own = rank(tree);
      const operator = random.of(spellings[tree.operator]);
      const before = tree.not ? random.of([' Not ', ' ! ', ' not ']) : blank(random);
      return `${write(random, tree.left, own, isRight)}${before}${operator}${blank(random)}${write(random, tree.right, own + 1, true)}`;
    }
    default: {
      const own = rank(tree);
      const word = tree.kind === 'and' ? random.of(['&&', ' and ', ' AND ']) : random.of(['||', ' or ', ' Or ']);
      return `${write(random, tree.left, own)}${word}${blank(random)}${write(random, tree.right, own + 1)}`;
    }
  }
}

function writeLiteral(random: Random, value: Value, isRight: boolean): string {
  if (value === undefined) return random.of(['null', 'NULL']);
  if (typeof value === 'string') return isRight && random.once(3) ? `'${value}'` : `"${value}"`;
  if (typeof value === 'boolean') return random.once(3) ? String(value).toUpperCase() : String(value);
  return `${value}${random.of(Number.isInteger(value) ? ['', 'l', 'L', 'd', '.0'] : ['', 'f', 'D'])}`;
}

function blank(random: Random): string {
  return random.of(['', ' ', ' ', '\n  ', '\t']);
}

function variablesOf(random: Random): Variables {
  return Object.fromEntries(
    names.map((name) => [name, name === 'none' ? undefined : values[random.below(values.length)]]),
  );
}

test('compiled conditions against an interpreter of the tree', () => {
  const random = new Random(31);
  let truths = 0;
  const count = 4_000;
  for (let index = 0; index < count; index++) {
    const tree = treeOf(random, 3);
    const text = write(random, tree);
    const condition = compileCondition(text);
    if (Array.isArray(condition)) assert.fail(`${text}: ${condition[0]?.message}`);
    for (let round = 0; round < 3; round++) {
      const variables = variablesOf(random);
      const expected = holds(tree, variables);
      const exchange = exchangeOf({ variables });
      assert.equal(condition.test(exchange), expected, `${text} with ${JSON.stringify(variables)}`);
      if (condition.constant !== undefined) assert.equal(condition.constant, expected, text);
      if (expected) truths++;
    }
  }
  assert.ok(truths > count / 2 && truths < count * 2.5, `${truths} truths`);
});

test('any text is a condition or has one problem, placed inside it', () => {
  const random = new Random(32);
  const pieces = [
    ...[
      'a',
      'b.c',
      '"x"',
      "'y'",
      '"',
      "'",
      '(',
      ')',
      '=',
      '!=',
      ':=',
      ':=|',
      '~',
      '~~',
      '~/',
      '=|',
      '>',
      '<=',
      '!',
      '&&',
    ],
    ...[
      '||',
      '&',
      '|',
      ' ',
      ' and ',
      ' or ',
      ' not ',
      ' is ',
      ' null ',
      '1',
      '1.5f',
      '{',
      '[',
      '\n',
      ' Matches ',
      '/',
      '%',
    ],
  ];
  let good = 0;
  for (let count = 0; count < 20_000; count++) {
    const text = random.text(9, pieces);
    const condition = compileCondition(text);
    if (!Array.isArray(condition)) {
      good++;
      continue;
    }
    const [problem] = condition;
    assert.ok(problem !== undefined && condition.length === 1, text);
    assert.ok(problem.index >= 0 && problem.index + problem.length <= Math.max(text.length, problem.index), text);
    assert.notEqual(problem.message, '');
  }
  assert.ok(good > 500, `only ${good} conditions`);
});
