/** JSONPath as the Jayway engine reads it, compiled to closures. Source: the Jayway JsonPath documentation. */
import { type PathOperand, readFilter } from './json-path-filter.ts';
import { type FunctionInput, inputFunctions, type PathFunction, pathFunctions } from './json-path-function.ts';
import { accept, expect, literal, nested, quotedText, type Reader, skipBlanks, take } from './json-path-reader.ts';
import {
  deepFilterStep,
  deepStep,
  filterStep,
  indexesStep,
  indexStep,
  maximumNodes,
  missing,
  nameStep,
  namesStep,
  type Step,
  sliceStep,
  wildcardStep,
} from './json-path-step.ts';
import { PatternError } from './pattern.ts';

export interface JsonPath {
  /** Whether the path leads to one value at most. */
  readonly definite: boolean;
  /**
   * Everything the path selects, in document order.
   * @throws PatternError when that is more than a million values.
   */
  find(root: unknown): unknown[];
  /** The value of a definite path; of an indefinite path the list of all values, `found` when it holds any. */
  value(root: unknown): { found: boolean; value: unknown };
}

/** @throws PatternError with the place of the mistake. The leading `$` may be left out. */
export function compileJsonPath(path: string): JsonPath {
  const reader: Reader = { text: path.trimEnd(), at: 0, depth: 0 };
  skipBlanks(reader);
  if (reader.at >= reader.text.length) throw new PatternError('The JSON path is empty', 0);
  const start = reader.text.charAt(reader.at);
  const rooted = start === '$' || start === '@';
  if (rooted) reader.at++;
  const compiled = readPath(reader, false, !rooted && start !== '[' && start !== '.');
  return {
    definite: compiled.definite,
    find: (root) => findAll(compiled, root, root),
    value(root) {
      const value = evaluate(compiled, root, root);
      if (value === missing) return { found: false, value: undefined };
      return { found: compiled.definite || (Array.isArray(value) && value.length > 0), value };
    },
  };
}

interface CompiledPath {
  readonly steps: readonly Step[];
  readonly definite: boolean;
  readonly index: number;
  readonly tail: Tail | undefined;
}

/** A function at the end of a path. */
interface Tail {
  readonly call: PathFunction;
  /** Whether the arguments, not the path, give the values to work on. */
  readonly overArguments: boolean;
  readonly args: readonly Argument[];
}

type Argument = { readonly path: CompiledPath } | { readonly path: undefined; readonly value: unknown };

function findAll(path: CompiledPath, node: unknown, root: unknown): unknown[] {
  if (!path.definite) return select(path, node, root);
  const value = evaluate(path, node, root);
  return value === missing ? [] : [value];
}

function evaluate(path: CompiledPath, node: unknown, root: unknown): unknown {
  if (path.tail !== undefined) return callTail(path, path.tail, node, root);
  return path.definite ? follow(path, node, root) : select(path, node, root);
}

/** Goes along definite steps. */
function follow(path: CompiledPath, node: unknown, root: unknown): unknown {
  let current = node;
  for (const step of path.steps) {
    current = step.one === undefined ? missing : step.one(current, root);
    if (current === missing) return missing;
  }
  return current;
}

function select(path: CompiledPath, node: unknown, root: unknown): unknown[] {
  let current: unknown[] = [node];
  for (const step of path.steps) {
    const found: unknown[] = [];
    for (const one of current) {
      step.each(one, root, found);
      if (found.length > maximumNodes) throw new PatternError('The JSON path finds too many values', path.index);
    }
    current = found;
  }
  return current;
}

function callTail(path: CompiledPath, tail: Tail, node: unknown, root: unknown): unknown {
  const args = tail.args.flatMap((argument) => {
    if (argument.path === undefined) return [argument.value];
    const value = evaluate(argument.path, node, root);
    return value === missing ? [] : [value];
  });
  return tail.call(inputOf(path, tail, args, node, root), args);
}

function inputOf(
  path: CompiledPath,
  tail: Tail,
  args: readonly unknown[],
  node: unknown,
  root: unknown,
): FunctionInput {
  if (tail.overArguments && tail.args.length > 0) {
    const items = args.flatMap((arg) => (Array.isArray(arg) ? (arg as readonly unknown[]) : [arg]));
    return { value: args.length === 1 ? args[0] : items, items };
  }
  if (path.steps.some((step) => step.one === undefined)) {
    const items = select(path, node, root);
    return { value: items, items };
  }
  const value = follow(path, node, root);
  if (value === missing) return { value: null, items: [] };
  return { value, items: Array.isArray(value) ? value : [value] };
}

/** Inside a filter a path ends at a blank or an operator. */
function readPath(reader: Reader, inFilter: boolean, bareName: boolean): CompiledPath {
  const index = reader.at;
  const parts: Part[] = [];
  let tail: Tail | undefined;
  let dotted = bareName;
  while (tail === undefined && (dotted || reader.at < reader.text.length)) {
    const place = reader.at;
    const deep = !dotted && reader.text.startsWith('..', place);
    if (deep) reader.at += 2;
    else if (!dotted && reader.text.startsWith('.', place)) reader.at++;
    else if (!dotted && !reader.text.startsWith('[', place)) break;
    dotted = false;
    if (accept(reader, '[')) {
      parts.push({ ...bracket(reader), deep, index: place });
      continue;
    }
    const name = take(reader, inFilter ? /[^\s.[\](){}<>=~!&|,]+/y : /[^\s.[(]+/y)?.[0];
    if (name === undefined) throw new PatternError('Expected a name in the JSON path', reader.at);
    if (reader.text.startsWith('(', reader.at)) tail = readTail(reader, name, place);
    else if (name === '*') parts.push({ kind: 'step', step: wildcardStep, deep, index: place });
    else parts.push({ kind: 'names', names: [name], deep, index: place });
  }
  if (!inFilter && reader.at < reader.text.length) throw new PatternError('This cannot follow here', reader.at);
  const steps = parts.map((part, at) => stepOf(part, at === parts.length - 1));
  return { steps, definite: tail !== undefined || steps.every((step) => step.one !== undefined), index, tail };
}

type Part = { readonly deep: boolean; readonly index: number } & Selector;

type Selector =
  | { readonly kind: 'step'; readonly step: Step }
  | { readonly kind: 'names'; readonly names: readonly string[] }
  | { readonly kind: 'filter'; readonly test: Parameters<typeof filterStep>[0] };

function stepOf(part: Part, last: boolean): Step {
  if (part.kind === 'filter') return part.deep ? deepFilterStep(part.test) : filterStep(part.test);
  const [first = ''] = part.kind === 'names' ? part.names : [];
  let step: Step;
  if (part.kind === 'step') step = part.step;
  else if (part.names.length === 1) step = nameStep(first);
  else step = namesStep(part.names, last && !part.deep);
  return part.deep ? deepStep(step, part.index) : step;
}

/** Reads from behind the opening bracket to behind the closing one. */
function bracket(reader: Reader): Selector {
  skipBlanks(reader);
  const selector = selectorIn(reader);
  expect(reader, ']');
  return selector;
}

function selectorIn(reader: Reader): Selector {
  if (accept(reader, '?')) return { kind: 'filter', test: readFilter(reader, filterPath) };
  if (accept(reader, '*')) return { kind: 'step', step: wildcardStep };
  const place = reader.at;
  const name = quotedText(reader);
  if (name !== undefined) {
    const names = [name];
    while (accept(reader, ',')) {
      const another = quotedText(reader);
      if (another === undefined) throw new PatternError('Expected a quoted name', reader.at);
      names.push(another);
    }
    return { kind: 'names', names };
  }
  const slice = take(reader, /(-?\d{1,15})?\s*:\s*(-?\d{1,15})?/y);
  if (slice !== undefined) return { kind: 'step', step: sliceStep(optionalNumber(slice[1]), optionalNumber(slice[2])) };
  const list = take(reader, /-?\d{1,15}(?:\s*,\s*-?\d{1,15})*/y)?.[0]
    .split(',')
    .map(Number);
  const [first] = list ?? [];
  if (list === undefined || first === undefined) throw new PatternError('Expected a name, number or filter', place);
  return { kind: 'step', step: list.length === 1 ? indexStep(first) : indexesStep(list) };
}

function optionalNumber(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

/** A path in a filter: `@` is the node tested, `$` the whole document. */
function filterPath(reader: Reader): PathOperand {
  const fromRoot = reader.text.charAt(reader.at++) === '$';
  const path = readPath(reader, true, false);
  return {
    value: (node, root) => evaluate(path, fromRoot ? root : node, root),
    exists: (node, root) => findAll(path, fromRoot ? root : node, root).length > 0,
  };
}

function readTail(reader: Reader, name: string, index: number): Tail {
  const call = pathFunctions.get(name);
  if (call === undefined) throw new PatternError(`Unknown function ${name}`, index);
  const args: Argument[] = [];
  expect(reader, '(');
  if (!accept(reader, ')')) {
    do args.push(nested(reader, () => argument(reader)));
    while (accept(reader, ','));
    expect(reader, ')');
  }
  return { call, args, overArguments: !inputFunctions.has(name) };
}

function argument(reader: Reader): Argument {
  skipBlanks(reader);
  const start = reader.text.charAt(reader.at);
  if (start === '$' || start === '@') {
    reader.at++;
    return { path: readPath(reader, true, false) };
  }
  const value = literal(reader);
  if (value === undefined) throw new PatternError('Expected a path or a value', reader.at);
  return { path: undefined, value: value.value };
}
