import type { Exchange } from '../message/exchange.ts';
import { type ConfigOf, valueOrRef } from '../schema/declare.ts';
import { text } from '../schema/values.ts';
import type { JsonObject } from './compact-token.ts';
import { compileValue, textOrUndefined } from './map-key.ts';
import type { Compiler } from './policy.ts';
import { TokenFailure } from './token-failure.ts';

/** CriticalHeaders and KnownHeaders: names with commas between them, or a variable that holds such. */
export const headerNames = valueOrRef(text);

export type HeaderNames = (exchange: Exchange) => readonly string[];

export function compileNames(config: ConfigOf<typeof headerNames> | undefined, compiler: Compiler): HeaderNames {
  if (config === undefined) return () => [];
  const read = compileValue(config, compiler);
  return (exchange) =>
    (textOrUndefined(read(exchange)) ?? '')
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '');
}

/**
 * RFC 7515 section 4.1.11: who does not understand a header named in `crit` must refuse the token.
 * @throws TokenFailure UnhandledCriticalHeader
 */
export function checkCritical(header: JsonObject, known: readonly string[]): void {
  if (!Object.hasOwn(header, 'crit')) return;
  const { crit } = header;
  if (!Array.isArray(crit) || crit.length === 0) throw new TokenFailure('UnhandledCriticalHeader');
  for (const name of crit) {
    if (typeof name !== 'string' || !known.includes(name) || !Object.hasOwn(header, name)) {
      throw new TokenFailure('UnhandledCriticalHeader', `header(${String(name)})`);
    }
  }
}
