import { XPathMistake } from './failure.ts';
import { missingFunctions, newerFunctions } from './newer-functions.ts';
import { compare, toBoolean, toNumber, toText, type Value } from './values.ts';
import { type Call, type Compiled, type Context, type Names, nodesOf } from './xpath-context.ts';
import { coreFunctions } from './xpath-functions.ts';
import { type Expression, parseXPath } from './xpath-parse.ts';
import { compilePath, filterNodes, unionOf } from './xpath-path.ts';

/** Expressions to closures. */

/** @throws XPathMistake */
export function compileXPath(text: string, names: Names): Compiled {
  return compileExpression(parseXPath(text, names.newer), names);
}

export function compileExpression(expression: Expression, names: Names): Compiled {
  switch (expression.kind) {
    case 'constant': {
      const { value } = expression;
      return { kind: typeof value === 'string' ? 'text' : 'number', positional: false, evaluate: () => value };
    }
    case 'variable': {
      const evaluate = names.variable(expression.name);
      if (evaluate === undefined) {
        const message = `There is no variable "${expression.name}" here.`;
        throw new XPathMistake(message, expression.at, expression.name.length + 1);
      }
      return { kind: 'any', positional: false, evaluate };
    }
    case 'call':
      return compileCall(expression, names);
    case 'binary':
      return compileBinary(expression, names);
    case 'negate': {
      const of = compileExpression(expression.of, names);
      return { kind: 'number', positional: of.positional, evaluate: (context) => -toNumber(of.evaluate(context)) };
    }
    case 'filter':
      return compileFilter(expression, names);
    case 'path':
      return compilePath(expression, names, compileExpression);
    case 'if': {
      const test = compileExpression(expression.test, names);
      const yes = compileExpression(expression.yes, names);
      const no = compileExpression(expression.no, names);
      return {
        kind: yes.kind === no.kind ? yes.kind : 'any',
        positional: test.positional || yes.positional || no.positional,
        evaluate: (context) => (toBoolean(test.evaluate(context)) ? yes : no).evaluate(context),
      };
    }
  }
}

function compileFilter(expression: Expression & { readonly kind: 'filter' }, names: Names): Compiled {
  const of = compileExpression(expression.of, names);
  needsNodes(of, 'What stands before "["');
  const predicates = expression.predicates.map((one) => compileExpression(one, names));
  return {
    kind: 'nodes',
    positional: of.positional,
    evaluate: (context) => {
      let nodes = nodesOf(of.evaluate(context));
      for (const predicate of predicates) nodes = filterNodes(nodes, predicate, context);
      return nodes;
    },
  };
}

function needsNodes(compiled: Compiled, what: string): void {
  if (compiled.kind === 'nodes' || compiled.kind === 'any') return;
  throw new XPathMistake(`${what} is no node set.`, 0, 0);
}

type Binary = Expression & { readonly kind: 'binary' };

function compileBinary(expression: Binary, names: Names): Compiled {
  const { operator } = expression;
  const left = compileExpression(expression.left, names);
  const right = compileExpression(expression.right, names);
  const positional = left.positional || right.positional;
  switch (operator) {
    case 'or':
      return {
        kind: 'boolean',
        positional,
        evaluate: (context) => toBoolean(left.evaluate(context)) || toBoolean(right.evaluate(context)),
      };
    case 'and':
      return {
        kind: 'boolean',
        positional,
        evaluate: (context) => toBoolean(left.evaluate(context)) && toBoolean(right.evaluate(context)),
      };
    case '|':
      needsNodes(left, 'What stands before "|"');
      needsNodes(right, 'What stands after "|"');
      return {
        kind: 'nodes',
        positional,
        evaluate: (context) => unionOf(nodesOf(left.evaluate(context)), nodesOf(right.evaluate(context))),
      };
    case '=':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return {
        kind: 'boolean',
        positional,
        evaluate: (context) => compare(operator, left.evaluate(context), right.evaluate(context)),
      };
    default: {
      const calculate = arithmetic(operator);
      return {
        kind: 'number',
        positional,
        evaluate: (context) => calculate(toNumber(left.evaluate(context)), toNumber(right.evaluate(context))),
      };
    }
  }
}

function arithmetic(operator: string): (one: number, other: number) => number {
  switch (operator) {
    case '+':
      return (one, other) => one + other;
    case '-':
      return (one, other) => one - other;
    case '*':
      return (one, other) => one * other;
    case 'div':
      return (one, other) => one / other;
    case 'mod':
      return (one, other) => one % other;
    default:
      throw new Error(`No operator of XPath: ${operator}`);
  }
}

type CallExpression = Expression & { readonly kind: 'call' };

/** XPath 2.0's own names may be written with a prefix. */
const standardFunctions = 'http://www.w3.org/2005/xpath-functions';

function compileCall(expression: CallExpression, names: Names): Compiled {
  const { name, at } = expression;
  const found = lookUp(name, at, names);
  const count = expression.arguments.length;
  if (count < found.least || count > found.most) {
    const most = found.most === found.least ? '' : found.most < 100 ? ` to ${found.most}` : ' or more';
    const message = `${name}() takes ${found.least}${most} arguments, and here are ${count}.`;
    throw new XPathMistake(message, at, name.length);
  }
  const values = expression.arguments.map((one) => compileExpression(one, names));
  for (const index of found.nodes ?? []) {
    const value = values[index];
    if (value === undefined || value.kind === 'nodes' || value.kind === 'any') continue;
    throw new XPathMistake(`${name}() takes a node set, and this is none.`, at, name.length);
  }
  let call: Call = found.call;
  if (found.make !== undefined) {
    const made = found.make(expression.arguments.map(constantText), names);
    if (typeof made === 'string') throw new XPathMistake(`${name}() ${made}.`, at, name.length, true);
    call = made;
  }
  const positional = found.positional === true || values.some((one) => one.positional);
  return { kind: found.kind, positional, evaluate: evaluation(call, values) };
}

function evaluation(call: Call, values: readonly Compiled[]): (context: Context) => Value {
  const [one, two] = values;
  if (one === undefined) return (context) => call(context, none);
  if (two === undefined) return (context) => call(context, [one.evaluate(context)]);
  if (values.length === 2) return (context) => call(context, [one.evaluate(context), two.evaluate(context)]);
  return (context) =>
    call(
      context,
      values.map((value) => value.evaluate(context)),
    );
}

const none: readonly Value[] = Object.freeze([]);

function constantText(expression: Expression): string | undefined {
  return expression.kind === 'constant' ? toText(expression.value) : undefined;
}

function lookUp(name: string, at: number, names: Names) {
  const colon = name.indexOf(':');
  const prefix = colon === -1 ? '' : name.slice(0, colon);
  const local = name.slice(colon + 1);
  const uri = prefix === '' ? '' : names.uri(prefix);
  if (uri === undefined) throw new XPathMistake(`The prefix "${prefix}" is not declared.`, at, prefix.length);
  const isStandard = uri === '' || uri === standardFunctions;
  const found = isStandard
    ? (coreFunctions.get(local) ?? names.functions.get(`{}${local}`) ?? newerFunctions.get(local))
    : names.functions.get(`{${uri}}${local}`);
  if (found !== undefined) return found;
  const unsupported = names.newer || uri !== '' || missingFunctions.has(local);
  throw new XPathMistake(`There is no function ${name}() here.`, at, name.length, unsupported);
}

/** Whether a function can be called. XSLT 1.0 section 15, function-available(). */
export function knowsFunction(uri: string, local: string, names: Names): boolean {
  if (uri !== '') return names.functions.has(`{${uri}}${local}`);
  return coreFunctions.has(local) || names.functions.has(`{}${local}`) || newerFunctions.has(local);
}
