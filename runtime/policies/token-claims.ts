import { isDeepStrictEqual } from 'node:util';
import { toText } from '../language/variables.ts';
import type { Exchange } from '../message/exchange.ts';
import { Message } from '../message/message.ts';
import { type ConfigOf, element, many } from '../schema/declare.ts';
import { boolean, oneOf, template, text, variable } from '../schema/values.ts';
import { type JsonObject, parseObject } from './compact-token.ts';
import type { Compiler } from './policy.ts';
import { TokenFailure, type TokenReason } from './token-failure.ts';

const claim = element({
  content: template,
  attributes: { name: text, ref: variable, type: oneOf('string', 'number', 'boolean', 'map'), array: boolean },
});

/** AdditionalClaims and AdditionalHeaders. */
export const additional = element({ attributes: { ref: variable }, children: { Claim: many(claim) } });

type Config = ConfigOf<typeof additional>;
type ClaimConfig = ConfigOf<typeof claim>;
type ClaimType = 'string' | 'number' | 'boolean' | 'map';

/** Apigee: names that have elements of their own. */
export const reservedClaims: ReadonlySet<string> = new Set(['kid', 'iss', 'sub', 'aud', 'iat', 'exp', 'nbf', 'jti']);

export interface ClaimOptions {
  readonly what: 'Claim' | 'Header';
  readonly reserved: ReadonlySet<string>;
  readonly ignoresUnresolved: boolean;
  /** What a value that does not fit its type is. */
  readonly unfit: TokenReason;
}

/** Names and values; undefined for a variable without a value, where that is to be ignored. */
export type Claims = (exchange: Exchange) => readonly (readonly [name: string, value: unknown])[];

/** A literal, a variable by `ref`, or a JSON object in the variable that the whole element names. @throws TokenFailure */
export function compileClaims(config: Config | undefined, options: ClaimOptions, compiler: Compiler): Claims {
  if (config === undefined) return () => [];
  const claims = config.Claim.map((one) => compileClaim(one, options, compiler));
  const { ref } = config;
  const read = ref === undefined ? undefined : compiler.reader(ref.text);
  return (exchange) => {
    const own = claims.map((one) => one(exchange));
    if (ref === undefined || read === undefined) return own;
    const value = read(exchange);
    if (value !== undefined && value !== null) return [...Object.entries(mapOf(value)), ...own];
    if (!options.ignoresUnresolved) throw unresolved(ref.text);
    return own;
  };
}

function compileClaim(
  config: ClaimConfig,
  options: ClaimOptions,
  compiler: Compiler,
): (exchange: Exchange) => readonly [string, unknown] {
  const name = config.name?.text ?? '';
  const { what } = options;
  if (name === '') {
    const message = `<Claim> has no name (MissingNameForAdditional${what}).`;
    compiler.error('ZH344', config.at, message, 'Add name="...".');
  } else if (options.reserved.has(name)) {
    const where = what === 'Claim' ? 'claim' : 'header';
    const message = `Invalid name for additional ${where} : policy(${compiler.name}) claim(${name}) (InvalidNameForAdditional${what}).`;
    compiler.error('ZH344', config.name?.at ?? config.at, message, 'Use the element that stands for it.');
  }
  const type = config.type?.text ?? 'string';
  const isArray = config.array?.text === true;
  const fallback = compileLiteral(config, type, isArray, options, compiler);
  const { ref } = config;
  if (ref === undefined) return (exchange) => [name, fallback?.(exchange) ?? ''];
  const read = compiler.reader(ref.text);
  return (exchange) => {
    const value = read(exchange);
    if (value !== undefined && value !== null) return [name, convert(value, type, isArray, options.unfit)];
    if (fallback !== undefined) return [name, fallback(exchange)];
    if (!options.ignoresUnresolved) throw unresolved(ref.text);
    return [name, undefined];
  };
}

/** Apigee: only a claim of type map is a template; the others are taken as they stand. */
function compileLiteral(
  config: ClaimConfig,
  type: ClaimType,
  isArray: boolean,
  options: ClaimOptions,
  compiler: Compiler,
): ((exchange: Exchange) => unknown) | undefined {
  const literal = config.text;
  if (literal === undefined || literal === '') return undefined;
  if (type === 'map') {
    const rendered = compiler.template(literal, config.textAt);
    return (exchange) => convert(rendered.render(exchange), type, isArray, options.unfit);
  }
  try {
    const value = convert(literal, type, isArray, options.unfit);
    return () => value;
  } catch (error) {
    if (!(error instanceof TokenFailure)) throw error;
    compiler.error('ZH345', config.textAt, `"${literal}" is no ${type} (InvalidTypeForAdditional${options.what}).`);
    return () => undefined;
  }
}

function convert(value: unknown, type: ClaimType, isArray: boolean, unfit: TokenReason): unknown {
  return isArray ? listOf(value).map((one) => convertOne(one, type, unfit)) : convertOne(value, type, unfit);
}

/** A list that a script made, a JSON array, or texts with commas. */
function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  const all = toText(value).trim();
  if (all === '') return [];
  if (all.startsWith('[')) {
    try {
      const parsed: unknown = JSON.parse(all);
      if (Array.isArray(parsed)) return parsed;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  return all.split(',').map((one) => one.trim());
}

function convertOne(value: unknown, type: ClaimType, unfit: TokenReason): unknown {
  if (type === 'string') return toText(value);
  if (type === 'map') return mapOf(value, unfit);
  const plain = toText(value).trim();
  if (type === 'boolean') {
    if (/^(?:true|false)$/i.test(plain)) return plain.toLowerCase() === 'true';
  } else if (plain !== '' && Number.isFinite(Number(plain))) return Number(plain);
  throw new TokenFailure(unfit);
}

function mapOf(value: unknown, unfit: TokenReason = 'InvalidJsonFormat'): JsonObject {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (isMap && !(value instanceof Message) && !(value instanceof Uint8Array)) return value as JsonObject;
  try {
    return parseObject(toText(value));
  } catch (error) {
    if (error instanceof TokenFailure) throw new TokenFailure(unfit);
    throw error;
  }
}

export function unresolved(name: string): TokenFailure {
  return new TokenFailure('FailedToResolveVariable', `variable(${name})`);
}

/** @throws TokenFailure InvalidClaim when one is missing or different */
export function checkClaims(expected: ReturnType<Claims>, actual: JsonObject): void {
  for (const [name, value] of expected) {
    if (value === undefined || !Object.hasOwn(actual, name) || !isDeepStrictEqual(actual[name], value)) {
      throw new TokenFailure('InvalidClaim', `claim(${name})`);
    }
  }
}
