import { isObject, missing } from './json-path-step.ts';

/** A function at the end of a path: `input` is what the path or the arguments select, `args` the arguments as such. */
export type PathFunction = (input: FunctionInput, args: readonly unknown[]) => unknown;

export interface FunctionInput {
  /** The single value a definite path leads to, or `missing`. */
  readonly value: unknown;
  /** The values to work on: the items of a list, the results of an indefinite path, the values of the arguments. */
  readonly items: readonly unknown[];
}

export const pathFunctions: ReadonlyMap<string, PathFunction> = new Map<string, PathFunction>([
  ['length', size],
  ['size', size],
  ['count', size],
  ['keys', ({ value }) => (isObject(value) ? Object.keys(value) : missing)],
  ['min', overNumbers((numbers) => numbers.reduce((least, one) => Math.min(least, one)))],
  ['max', overNumbers((numbers) => numbers.reduce((most, one) => Math.max(most, one)))],
  ['sum', overNumbers(sum)],
  ['avg', overNumbers((numbers) => sum(numbers) / numbers.length)],
  ['stddev', overNumbers(standardDeviation)],
  ['first', ({ items }) => (items.length > 0 ? items[0] : missing)],
  ['last', ({ items }) => (items.length > 0 ? items.at(-1) : missing)],
  ['index', itemAt],
  ['concat', ({ items }) => items.filter((one) => one !== null && typeof one !== 'object').join('')],
  ['append', ({ value }, args) => (Array.isArray(value) ? [...value, ...args] : missing)],
]);

/** Functions whose arguments are not the values to work on. */
export const inputFunctions: ReadonlySet<string> = new Set(['index', 'append']);

function size({ value, items }: FunctionInput): unknown {
  if (typeof value === 'string') return value.length;
  if (isObject(value)) return Object.keys(value).length;
  return value === missing || Array.isArray(value) ? items.length : missing;
}

function itemAt({ items }: FunctionInput, args: readonly unknown[]): unknown {
  const at = Number(args[0]);
  const item = Number.isInteger(at) && Math.abs(at) <= items.length ? items.at(at) : undefined;
  return item === undefined ? missing : item;
}

function overNumbers(compute: (numbers: readonly number[]) => number): PathFunction {
  return ({ items }) => {
    const numbers = items.filter((item) => typeof item === 'number');
    return numbers.length === 0 ? missing : compute(numbers);
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

/** Of the whole population, as Jayway computes it. */
function standardDeviation(numbers: readonly number[]): number {
  const mean = sum(numbers) / numbers.length;
  return Math.sqrt(sum(numbers.map((one) => (one - mean) ** 2)) / numbers.length);
}
