import { Fault } from '../fault.ts';
import { parseJson } from '../json-depth.ts';
import { textOf } from '../language/value-text.ts';
import type { Exchange } from '../message/exchange.ts';
import { type ConfigOf, element, many, requiredAttribute } from '../schema/declare.ts';
import { oneOf, rawText, text, variable } from '../schema/values.ts';
import type { Compiler } from './policy.ts';

const type = oneOf('string', 'integer', 'double', 'boolean', 'json');
const value = element({ content: rawText, attributes: { ref: variable } });

export const integrationParameters = element({
  children: {
    Parameter: many(element({ content: rawText, attributes: { name: requiredAttribute(text), type, ref: variable } })),
    ParameterArray: many(
      element({ attributes: { name: requiredAttribute(text), type, ref: variable }, children: { Value: many(value) } }),
    ),
  },
});

type Type = 'string' | 'integer' | 'double' | 'boolean' | 'json';

/** A value as Application Integration takes it. Google Cloud: Application Integration REST reference, ValueType. */
export type IntegrationValue = Readonly<Record<string, unknown>>;

export const invalidParameter = {
  code: 'steps.setintegrationrequest.InvalidParameter',
  status: 500,
  text: 'SetIntegrationRequest: the value of a parameter does not fit its type',
};

/** The input parameters of an integration, by name. @throws Fault InvalidParameter */
export function compileParameters(
  config: ConfigOf<typeof integrationParameters> | undefined,
  compiler: Compiler,
): (exchange: Exchange) => Record<string, IntegrationValue> {
  const single = (config?.Parameter ?? []).map((one) => {
    const read = valueReader(one, compiler);
    const kind: Type = one.type?.text ?? 'string';
    return { name: one.name.text, give: (exchange: Exchange) => parameterOf(one.name.text, read(exchange), kind) };
  });
  const lists = (config?.ParameterArray ?? []).map((one) => {
    const kind: Type = one.type?.text ?? 'string';
    const own = one.Value.map((item) => valueReader(item, compiler));
    const whole = one.ref === undefined ? undefined : compiler.reader(one.ref.text);
    const { text: name } = one.name;
    return { name, give: (exchange: Exchange) => listOf(name, listItems(exchange, whole, own), kind) };
  });
  return (exchange) => {
    const found = [...single, ...lists].flatMap(({ name, give }) => {
      const given = give(exchange);
      return given === undefined ? [] : [[name, given] as const];
    });
    return Object.fromEntries(found);
  };
}

interface ValueConfig {
  readonly text: string | undefined;
  readonly ref: { readonly text: string } | undefined;
}

/** The variable's value, or the text when it has none. */
export function valueReader(config: ValueConfig | undefined, compiler: Compiler): (exchange: Exchange) => unknown {
  if (config?.ref === undefined) return () => config?.text;
  const written = config.text === '' ? undefined : config.text;
  const read = compiler.reader(config.ref.text);
  return (exchange) => read(exchange) ?? written;
}

function listItems(
  exchange: Exchange,
  whole: ((exchange: Exchange) => unknown) | undefined,
  own: readonly ((exchange: Exchange) => unknown)[],
): readonly unknown[] {
  const value = whole?.(exchange);
  if (Array.isArray(value)) return value;
  return value === undefined || value === null ? own.map((read) => read(exchange)) : (textOf(value)?.split(',') ?? []);
}

const single: Readonly<Record<Type, string>> = {
  string: 'stringValue',
  integer: 'intValue',
  double: 'doubleValue',
  boolean: 'booleanValue',
  json: 'jsonValue',
};

const several: Readonly<Record<Exclude<Type, 'json'>, readonly [list: string, values: string]>> = {
  string: ['stringArray', 'stringValues'],
  integer: ['intArray', 'intValues'],
  double: ['doubleArray', 'doubleValues'],
  boolean: ['booleanArray', 'booleanValues'],
};

function parameterOf(name: string, value: unknown, kind: Type): IntegrationValue | undefined {
  return value === undefined || value === null ? undefined : { [single[kind]]: typed(name, value, kind) };
}

function listOf(name: string, items: readonly unknown[], kind: Type): IntegrationValue {
  const values = items.filter((item) => item !== undefined && item !== null).map((item) => typed(name, item, kind));
  if (kind === 'json') return { jsonValue: `[${values.join(',')}]` };
  const [list, member] = several[kind];
  return { [list]: { [member]: values } };
}

/** Whole numbers and JSON travel as texts. Protocol Buffers: JSON mapping of int64. */
function typed(name: string, value: unknown, kind: Type): unknown {
  const written = textOf(value) ?? '';
  const trimmed = written.trim();
  if (kind === 'string') return written;
  if (kind === 'integer' && /^[+-]?\d+$/.test(trimmed)) return trimmed;
  if (kind === 'double' && trimmed !== '' && Number.isFinite(Number(trimmed))) return Number(trimmed);
  if (kind === 'boolean' && /^(?:true|false)$/i.test(trimmed)) return trimmed.toLowerCase() === 'true';
  if (kind === 'json' && isJson(trimmed)) return trimmed;
  throw new Fault(invalidParameter, `SetIntegrationRequest: the value of parameter ${name} is not of type ${kind}`);
}

function isJson(text: string): boolean {
  try {
    parseJson(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
