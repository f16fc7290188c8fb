import { Fault, type FaultKind } from '../fault.ts';
import { toText } from '../language/variables.ts';
import type { Exchange } from '../message/exchange.ts';
import { type ConfigOf, valueOrRef } from '../schema/declare.ts';
import { text } from '../schema/values.ts';
import type { Compiler } from './policy.ts';

/** What a request costs. */
export const messageWeight = valueOrRef(text);

/**
 * A variable without value, or an element without variable, weighs 1.
 * @throws Fault for what is no whole number, or below 0
 */
export function compileWeight(
  config: ConfigOf<typeof messageWeight> | undefined,
  invalid: FaultKind,
  compiler: Compiler,
): (exchange: Exchange) => number {
  const literal = config?.text === undefined || config.text === '' ? '1' : config.text;
  if (config !== undefined && !isWeight(literal)) {
    const hint = 'Write a whole number, or name a variable with ref="VARIABLE".';
    compiler.error('ZH511', config.textAt, `Invalid message weight value ${literal}.`, hint);
  }
  const own = Number(literal);
  if (config?.ref === undefined) return () => own;
  const read = compiler.reader(config.ref.text);
  return (exchange) => {
    const value = read(exchange);
    if (value === undefined || value === null || value === '') return own;
    return weightOf(value, invalid);
  };
}

/** @throws Fault */
export function weightOf(value: unknown, invalid: FaultKind): number {
  const written = toText(value).trim();
  if (!isWeight(written)) throw new Fault(invalid, `Invalid message weight value ${written}`);
  return Number(written);
}

function isWeight(written: string): boolean {
  return /^\+?\d{1,15}$/.test(written);
}
