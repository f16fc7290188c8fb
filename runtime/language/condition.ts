/** Conditions, compiled to closures. Apigee: Conditions reference. */
import { BodyNeed } from '../message/body-need.ts';
import type { Exchange } from '../message/exchange.ts';
import { backtrackingAdvice, backtracksExponentially } from './backtracking.ts';
import { isTrue } from './compare.ts';
import { validOrUndefined } from './compile-once.ts';
import { compareKnown, compareValues, compareWithLiteral, type Test } from './condition-compare.ts';
import { type Expression, parseCondition } from './condition-parse.ts';
import { ConditionError, type ConditionProblem } from './condition-scan.ts';
import { javaRegex } from './java-regex.ts';
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
  /** What can be run, and had better be written otherwise. */
  readonly warnings: readonly ConditionProblem[];
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

/** What compiling the parts of a condition finds out about the whole. */
interface Findings {
  readonly reads: Set<string>;
  readonly warnings: ConditionProblem[];
}

function compile(expression: Expression): Condition {
  const { reads, warnings }: Findings = { reads: new Set(), warnings: [] };
  const node = nodeOf(expression, { reads, warnings });
  if (node.known !== undefined) return constantCondition(isTrue(node.known.value));
  let needs: BodyNeed = BodyNeed.none;
  for (const name of reads) needs |= bodyNeed(name);
  return { test: node.test, needs, reads: [...reads], constant: undefined, warnings };
}

function constantCondition(constant: boolean): Condition {
  return { test: () => constant, needs: BodyNeed.none, reads: [], constant, warnings: [] };
}

function nodeOf(expression: Expression, findings: Findings): Node {
  switch (expression.kind) {
    case 'literal':
      return knownNode(expression.value);
    case 'variable': {
      findings.reads.add(expression.name);
      const read = variableReader(expression.name);
      return { value: read, test: (exchange) => isTrue(read(exchange)), known: undefined };
    }
    case 'not': {
      const { test, known } = nodeOf(expression.operand, findings);
      return known === undefined ? testNode((exchange) => !test(exchange)) : knownNode(!isTrue(known.value));
    }
    case 'compare':
      return compareNode(expression, findings);
    default:
      return groupNode(
        expression.kind,
        expression.operands.map((operand) => nodeOf(operand, findings)),
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

function compareNode(expression: Expression & { readonly kind: 'compare' }, findings: Findings): Node {
  const { comparison, negated } = expression;
  if (comparison === '~~') warnOfBacktracking(expression.right, findings);
  warnOfBareVerb(expression, findings);
  const left = nodeOf(expression.left, findings);
  const right = nodeOf(expression.right, findings);
  if (left.known !== undefined && right.known !== undefined) {
    const [a, b] = [left.known.value, right.known.value];
    return knownNode(placed(expression, () => compareKnown(comparison, a, b)) !== negated);
  }
  const known = right.known;
  const compared =
    known === undefined
      ? compareValues(comparison, left.value, right.value)
      : placed(expression, () => compareWithLiteral(comparison, left.value, known.value));
  return testNode(negated ? (exchange) => !compared(exchange) : compared);
}

/** `request.verb = GET` compares with a variable of that name, which is hardly ever meant. */
function warnOfBareVerb({ left, right }: Expression & { readonly kind: 'compare' }, { warnings }: Findings): void {
  if (left.kind !== 'variable' || right.kind !== 'variable' || !/^\w+\.verb$/.test(left.name)) return;
  const { name, index, length } = right;
  if (!/^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE)$/i.test(name)) return;
  warnings.push({ index, length, message: `${name} is read as the name of a variable.`, hint: `write "${name}"` });
}

function warnOfBacktracking(pattern: Expression, { warnings }: Findings): void {
  if (pattern.kind !== 'literal' || typeof pattern.value !== 'string') return;
  const regex = validOrUndefined(() => javaRegex(String(pattern.value)));
  if (regex === undefined || !backtracksExponentially(regex)) return;
  warnings.push({ index: pattern.index, length: pattern.length, ...backtrackingAdvice });
}

/** Runs `work`, which compiles the right side; a pattern that is not valid is a mistake at its place in the condition. */
function placed<T>(expression: Expression & { readonly kind: 'compare' }, work: () => T): T {
  try {
    return work();
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
