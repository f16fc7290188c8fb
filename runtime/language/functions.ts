/** The functions of message templates. Source: Apigee, Message templates reference, "Function reference". */
import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { parseJson } from '../json-depth.ts';
import { compileOnce, validOrUndefined } from './compile-once.ts';
import { compileDateFormat } from './date-format.ts';
import { decodeBase64, escapeHtml, escapeJson, escapeXml, escapeXml11 } from './escape.ts';
import { type HashAlgorithm, hash, hmac, keyEncoding } from './hashes.ts';
import { compileReplacement } from './java-replacement.ts';
import { compileJsonPath } from './json-path.ts';
import { PatternError } from './pattern.ts';
import type { Call, Engines, TemplateFunction } from './template-function.ts';
import { localZone } from './time-zone.ts';
import { bareJsonText, textOf } from './value-text.ts';
import { compileXeger } from './xeger.ts';
import { xpathFunction } from './xpath-function.ts';

export type { Call, Engines, TemplateFunction };

/** By name. Names are case-sensitive, save those of the hmac functions: look up with `templateFunction`. */
export const templateFunctions: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  ['toUpperCase', ofText((text) => text.toUpperCase())],
  ['toLowerCase', ofText((text) => text.toLowerCase())],
  ['substring', plain(2, 3, substring)],
  ['replaceAll', { ...prepared(3, 3, replacing('all')), expression: 1 }],
  ['replaceFirst', { ...prepared(3, 3, replacing('first')), expression: 1 }],
  ['escapeJSON', ofText(escapeJson)],
  ['escapeXML', ofText(escapeXml)],
  ['escapeXML11', ofText(escapeXml11)],
  ['encodeHTML', ofText(escapeHtml)],
  ['escapeHTML', ofText(escapeHtml)],
  ['encodeBase64', plain(1, 1, ([value]) => ifBytes(value, (bytes) => Buffer.from(bytes).toString('base64')))],
  ['decodeBase64', ofText((text) => decodeBase64(text) ?? '')],
  ...hashFunctions(),
  ...hmacFunctions(),
  ['timeFormat', prepared(2, 2, timeFormatting('local', 1000))],
  ['timeFormatMs', prepared(2, 2, timeFormatting('local', 1))],
  ['timeFormatUTC', prepared(2, 2, timeFormatting('UTC', 1000))],
  ['timeFormatUTCMs', prepared(2, 2, timeFormatting('UTC', 1))],
  ['createUuid', plain(0, 0, () => randomUUID())],
  ['randomLong', plain(0, 2, randomLong)],
  ['xeger', prepared(1, 1, prepareXeger)],
  ['firstnonnull', plain(1, Number.POSITIVE_INFINITY, (args) => args.find((arg) => arg !== undefined && arg !== null))],
  ['jsonPath', prepared(2, 3, prepareJsonPath)],
  ['xpath', prepared(2, Number.POSITIVE_INFINITY, xpathFunction)],
]);

/** The function of a name as written in a template. */
export function templateFunction(name: string): TemplateFunction | undefined {
  const hmacName = /^hmac(md5|sha(?:1|224|256|384|512))$/i.exec(name)?.[1]?.toLowerCase();
  if (hmacName === undefined) return templateFunctions.get(name);
  return templateFunctions.get(`hmac${titled(hmacName)}`);
}

function plain(minimum: number, maximum: number, call: Call): TemplateFunction {
  return { minimum, maximum, call };
}

function prepared(minimum: number, maximum: number, prepare: (literals: readonly unknown[]) => Call): TemplateFunction {
  return { minimum, maximum, call: (args, engines) => prepare([])(args, engines), prepare };
}

function ofText(convert: (text: string) => string): TemplateFunction {
  return plain(1, 1, ([value]) => {
    const text = textOf(value);
    return text === undefined ? undefined : convert(text);
  });
}

/** Bytes are taken as they are, anything else by its text. */
function ifBytes(value: unknown, convert: (bytes: string | Uint8Array) => string): string | undefined {
  const bytes = value instanceof Uint8Array ? value : textOf(value);
  return bytes === undefined ? undefined : convert(bytes);
}

/** A number, or the text of one. */
function numberOf(value: unknown): number | undefined {
  const text = textOf(value)?.trim();
  if (text === undefined || text === '') return undefined;
  const number = Number(text);
  return Number.isNaN(number) ? undefined : number;
}

/** Negative indexes count from the end; an index beyond the text is taken as its end. */
function substring(args: readonly unknown[]): string | undefined {
  const text = textOf(args[0]);
  const start = numberOf(args[1]);
  if (text === undefined || start === undefined) return undefined;
  if (args.length < 3) return text.slice(start);
  const end = numberOf(args[2]);
  return end === undefined ? undefined : text.slice(start, end);
}

function replacing(extent: 'first' | 'all'): (literals: readonly unknown[]) => Call {
  return (literals) => {
    const compiled = compileOnce(literals[1], (expression) => compileReplacement(expression, extent));
    return ([value, expression, replacement]) => {
      const text = textOf(value);
      const replace = compiled(expression);
      const by = textOf(replacement);
      if (text === undefined || replace === undefined || by === undefined) return undefined;
      return validOrUndefined(() => replace(text, by));
    };
  };
}

function hashFunctions(): [string, TemplateFunction][] {
  const algorithms: readonly HashAlgorithm[] = ['md5', 'sha1', 'sha256', 'sha384', 'sha512'];
  return algorithms.flatMap((algorithm): [string, TemplateFunction][] => [
    [`${algorithm}Hex`, plain(1, 1, ([value]) => ifBytes(value, (bytes) => hash(algorithm, bytes, 'hex')))],
    [`${algorithm}Base64`, plain(1, 1, ([value]) => ifBytes(value, (bytes) => hash(algorithm, bytes, 'base64')))],
  ]);
}

function hmacFunctions(): [string, TemplateFunction][] {
  const algorithms: readonly HashAlgorithm[] = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'];
  return algorithms.map((algorithm) => [`hmac${titled(algorithm)}`, prepared(2, 4, preparedHmac(algorithm))]);
}

function preparedHmac(algorithm: HashAlgorithm): (literals: readonly unknown[]) => Call {
  const encoding = (name: string) => {
    const known = keyEncoding(name);
    if (known === undefined) throw new PatternError(`Unknown encoding ${name}`, 0);
    return known;
  };
  return (literals) => {
    const keys = compileOnce(literals[2], encoding);
    const outputs = compileOnce(literals[3], (name) => {
      const known = encoding(name);
      if (known === 'utf8') throw new PatternError('The result is written as hex or base64', 0);
      return known;
    });
    return (args) => {
      const key = textOf(args[0]);
      const keyForm = args.length > 2 ? keys(args[2]) : 'utf8';
      const outputForm = args.length > 3 ? outputs(args[3]) : 'base64';
      if (key === undefined || keyForm === undefined || outputForm === undefined) return undefined;
      return ifBytes(args[1], (bytes) => hmac(algorithm, key, bytes, keyForm, outputForm));
    };
  };
}

function timeFormatting(zone: 'local' | 'UTC', unit: number): (literals: readonly unknown[]) => Call {
  return (literals) => {
    const formats = compileOnce(literals[0], compileDateFormat);
    const zoneId = zone === 'local' ? localZone() : zone;
    return ([format, time]) => {
      const write = formats(format);
      const value = numberOf(time);
      return write === undefined || value === undefined ? undefined : write(value * unit, zoneId);
    };
  };
}

const longest = 2n ** 63n - 1n;

/**
 * Between the bounds, both included. zerohop's choice: without bounds, and below when only the minimum is given, the
 * numbers are those a Java long holds that are not negative. A text, because a number would lose digits.
 */
function randomLong(args: readonly unknown[]): string | undefined {
  const [low, high] = [args.length > 0 ? longOf(args[0]) : 0n, args.length > 1 ? longOf(args[1]) : longest];
  if (low === undefined || high === undefined || high < low) return undefined;
  const size = high - low + 1n;
  if (size < 2n ** 48n) return String(low + BigInt(randomInt(Number(size))));
  // Twice as many random bits as needed: what the remainder favours is beyond measuring.
  return String(low + (BigInt(`0x${randomBytes(16).toString('hex')}`) % size));
}

function longOf(value: unknown): bigint | undefined {
  const text = textOf(value)?.trim() ?? '';
  return /^[+-]?\d{1,19}$/.test(text) ? BigInt(text.replace(/^\+/, '')) : undefined;
}

function prepareXeger(literals: readonly unknown[]): Call {
  const compiled = compileOnce(literals[0], compileXeger);
  return ([expression]) => compiled(expression)?.();
}

/** A list gives its first element unless the third argument is true; what cannot be found or read gives an empty text. */
function prepareJsonPath(literals: readonly unknown[]): Call {
  const compiled = compileOnce(literals[0], compileJsonPath);
  return ([expression, json, wholeList]) => {
    const path = compiled(expression);
    const root = jsonOf(json);
    if (path === undefined || json === undefined || json === null) return undefined;
    if (root === undefined) return '';
    const found = validOrUndefined(() => path.value(root))?.value;
    const value: unknown = Array.isArray(found) && textOf(wholeList)?.toLowerCase() !== 'true' ? found[0] : found;
    return bareJsonText(value) ?? '';
  };
}

/** Values that are no text are taken as JSON already read. Undefined: not JSON. */
function jsonOf(value: unknown): unknown {
  if (typeof value !== 'string' && !(value instanceof Uint8Array)) return value;
  try {
    return parseJson(textOf(value) ?? '');
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function titled(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
