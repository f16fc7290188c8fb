import type { Leaf } from '../schema/declare.ts';
import type { ActionContext } from './action.ts';

/** The field an entry of Copy or Remove names: all its values, or the one at `index`, counted from 0. */
export interface FieldName {
  readonly name: string;
  readonly index: number | undefined;
}

/** Takes `NAME` and `NAME.N` apart. Apigee: AssignMessage error reference, InvalidIndex for an N below 1. */
export function fieldName(entry: { readonly name: Leaf<string> }, context: ActionContext): FieldName {
  const { text, at } = entry.name;
  const [, name, digits] = /^(.+)\.(-?\d+)$/s.exec(text) ?? [];
  if (name === undefined || digits === undefined) return { name: text, index: undefined };
  const number = Number(digits);
  if (number < 1) {
    context.compiler.error('ZH105', at, `"${text}": the index of a value is 1 or more (InvalidIndex).`);
  }
  return { name, index: number - 1 };
}
