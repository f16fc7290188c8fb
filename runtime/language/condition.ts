/** Conditions, compiled to closures. Apigee: Conditions reference. */
import { BodyNeed } from '../message/body-need.ts';
import type { Exchange } from '../message/exchange.ts';
import { isTrue } from './compare.ts';
import { compareValues, compareWithLiteral, type Test } from './condition-compare.ts';
import { type Expression, parseCondition } from './condition-parse.ts';
import { ConditionError, type ConditionProblem } from './condition-scan.ts';
import { PatternError } from './pattern.ts';
import type { Reader } from './variable.ts';
import { bodyNeed, variableReader } from './variables.ts';

export type { ConditionProblem } from './condition-scan.ts';

export interface Condition {
  readonly test: (exchange: Exchange) => boolean;
  /** Payloads that must be in memory for it. */
  readonly needs: BodyNeed;
  /** Names of the variables it reads, each once. */
  readonly reads: readonly string[];
  /** Its value when it reads no variable; an empty condition is true. */
  readonly constant: boolean | undefined;
}

/** Compiles a condition, or says what is wrong with it. */
export function compileCondition(text: string): Condition | ConditionProblem[] {
  try {
    const expression = parseCondition(text);
    return expression === undefined ? constantCondition(true) : compile(expression);
  } catch (error) {
    if (error instanceof ConditionError) return [error.problem];
    throw error;
  }
}

/** A compiled part of a condition: as a value for comparisons, and as a test of its own. */
interface Node {
  readonly value: Reader;
  readonly test: Test;
  /** Set when it reads no variable. */
  readonly known: { readonly value: unknown } | undefined;
}

function compile(expression: Expression): Condition {
  const reads = new Set<string>();
  const node = nodeOf(expression, reads);
  if (node.known !== undefined) return constantCondition(isTrue(node.known.value));
  let needs: BodyNeed = BodyNeed.none;
  for (const name of reads) needs |= bodyNeed(name);
  return { test: node.test, needs, reads: [...reads], constant: undefined };
}

function constantCondition(constant: boolean): Condition {
  return { test: () => constant, needs: BodyNeed.none, reads: [], constant };
}

function nodeOf(expression: Expression, reads: Set<string>): Node {
  switch (expression.kind) {
    case 'literal':
      return knownNode(expression.value);
    case 'variable': {
      reads.add(expression.name);
      const read = variableReader(expression.name);
      return { value: read, test: (exchange) => isTrue(read(exchange)), known: undefined };
    }
    case 'not': {
      const { test, known } = nodeOf(expression.operand, reads);
      return known === undefined ? testNode((exchange) => !test(exchange)) : knownNode(!isTrue(known.value));
    }
    case 'compare':
      return compareNode(expression, reads);
    default:
      return groupNode(
        expression.kind,
        expression.operands.map((operand) => nodeOf(operand, reads)),
      );
  }
}

function knownNode(value: unknown): Node {
  const truth = isTrue(value);
  return { value: () => value, test: () => truth, known: { value } };
}

function testNode(test: Test): Node {
  return { value: test, test, known: undefined };
}

function compareNode(expression: Expression & { readonly kind: 'compare' }, reads: Set<string>): Node {
  const { comparison, negated } = expression;
  const left = nodeOf(expression.left, reads);
  const right = nodeOf(expression.right, reads);
  const compared =
    right.known === undefined
      ? compareValues(comparison, left.value, right.value)
      : compareLiteral(expression, left.value, right.known.value);
  const test: Test = negated ? (exchange) => !compared(exchange) : compared;
  if (left.known === undefined || right.known === undefined) return testNode(test);
  return knownNode(testKnown(test));
}

function compareLiteral(expression: Expression & { readonly kind: 'compare' }, left: Reader, right: unknown): Test {
  try {
    return compareWithLiteral(expression.comparison, left, right);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    const at = expression.right;
    const [index, length] = at.kind === 'literal' ? [at.index, at.length] : [0, 0];
    throw new ConditionError(
      index + Math.min(error.index, length),
      Math.max(1, length - error.index),
      `expected a valid pattern: ${error.message}`,
    );
  }
}

function groupNode(kind: 'and' | 'or', nodes: readonly Node[]): Node {
  const decisive = kind === 'or';
  if (nodes.every((node) => node.known !== undefined)) {
    return knownNode(nodes.some((node) => isTrue(node.known?.value) === decisive) === decisive);
  }
  const tests = nodes.map((node) => node.test);
  const [first, second] = tests;
  if (tests.length === 2 && first !== undefined && second !== undefined) {
    return testNode(
      decisive ? (exchange) => first(exchange) || second(exchange) : (exchange) => first(exchange) && second(exchange),
    );
  }
  return testNode((exchange) => {
    for (const test of tests) if (test(exchange) === decisive) return decisive;
    return !decisive;
  });
}
