import { toText } from '../language/variables.ts';
import type { Exchange } from '../message/exchange.ts';
import { type ConfigOf, element, type Leaf, many } from '../schema/declare.ts';
import { boolean, text, variable } from '../schema/values.ts';
import type { TokenAttribute } from '../state/token-records.ts';
import { compileValue, textOrUndefined } from './map-key.ts';
import type { Compiler } from './policy.ts';

/** Parts of a configuration that several OAuth policies share. */

/** A request parameter, wherever the configuration says it is. */
export interface Parameter {
  /** Its name in a request. */
  readonly name: string;
  readonly variable: string;
  /** Whether the configuration names the variable. */
  readonly isConfigured: boolean;
  /** Undefined also when it is empty: a parameter without a value counts as left out (RFC 6749 section 3.2). */
  read(exchange: Exchange): string | undefined;
}

export function compileParameter(leaf: Leaf<string> | undefined, name: string, compiler: Compiler): Parameter {
  const configured = leaf?.text || undefined;
  const variableName = configured ?? `request.formparam.${name}`;
  const read = compiler.reader(variableName);
  return {
    name,
    variable: variableName,
    isConfigured: configured !== undefined,
    read: (exchange) => {
      const value = read(exchange);
      return value === undefined || value === null || value === '' ? undefined : toText(value);
    },
  };
}

export const attributesElement = element({
  children: {
    Attribute: many(element({ content: text, attributes: { name: text, ref: variable, display: boolean } })),
  },
});

/** Attributes a token may have. Apigee: OAuthV2 policy, Attributes. */
const mostAttributes = 18;

/** The attributes that have a value: a variable's, else the text. */
export function compileAttributes(
  config: ConfigOf<typeof attributesElement> | undefined,
  compiler: Compiler,
): (exchange: Exchange) => TokenAttribute[] {
  const list = config?.Attribute ?? [];
  if (config !== undefined && list.length > mostAttributes) {
    const message = `${list.length} attributes; Apigee takes ${mostAttributes} at most.`;
    compiler.warning('ZH566', config.at, message, 'Put what belongs together into one, such as JSON.');
  }
  const attributes = list.map((one) => {
    const name = one.name?.text ?? '';
    if (name === '') compiler.error('ZH565', one.at, '<Attribute> has no name.', 'Add name="...".');
    const literal = one.text === '' ? undefined : one.text;
    const read = one.ref === undefined ? undefined : compiler.reader(one.ref.text);
    const display = one.display?.text ?? true;
    return { name, display, read: (exchange: Exchange) => textOrUndefined(read?.(exchange) ?? literal) };
  });
  if (attributes.length === 0) return () => [];
  return (exchange) =>
    attributes.flatMap(({ name, display, read }) => {
      const value = read(exchange);
      return value === undefined ? [] : [{ name, value, display }];
    });
}

/** What was there, and on top of it what is new. */
export function mergeAttributes(
  before: readonly TokenAttribute[],
  added: readonly TokenAttribute[],
): readonly TokenAttribute[] {
  if (added.length === 0) return before;
  if (before.length === 0) return added;
  return [...new Map([...before, ...added].map((one) => [one.name, one])).values()];
}

/** An element that holds a value or names a variable that does, as `read` finds it; empty counts as none. */
export function compileValueOrRef(
  config: Parameters<typeof compileValue>[0],
  compiler: Compiler,
): (exchange: Exchange) => string | undefined {
  const read = compileValue(config, compiler);
  return (exchange) => textOrUndefined(read(exchange)) || undefined;
}

/** `-1` or a positive number of milliseconds. */
export function readLifetime(value: string): number | null | undefined {
  const trimmed = value.trim();
  if (trimmed === '-1') return null;
  const number = /^\d{1,15}$/.test(trimmed) ? Number(trimmed) : 0;
  return number > 0 ? number : undefined;
}

/** When a token given `now` ends; null: never. */
export type Lifetime = (exchange: Exchange, now: number) => number | null;

/** A variable whose value is no lifetime counts as one without a value. zerohop's choice. */
export function compileLifetime(
  config: Parameters<typeof compileValue>[0] | undefined,
  what: { readonly element: string; readonly code: string; readonly otherwise: number },
  compiler: Compiler,
): Lifetime {
  const { otherwise, element: name, code } = what;
  const literal = config?.text === undefined || config.text === '' ? otherwise : readLifetime(config.text);
  if (literal === undefined && config !== undefined) {
    const message = `<${name}> is "${config.text}", neither a positive number of milliseconds nor -1 (InvalidValueFor${name}).`;
    compiler.error(code, config.textAt, message, 'Write milliseconds, such as 1800000, or -1 for no end.');
  }
  const standard = literal === undefined ? otherwise : literal;
  const read = config?.ref === undefined ? undefined : compiler.reader(config.ref.text);
  return (exchange, now) => {
    const value = read?.(exchange);
    const own = value === undefined || value === null ? undefined : readLifetime(toText(value));
    const lifetime = own === undefined ? standard : own;
    return lifetime === null ? null : now + lifetime;
  };
}
