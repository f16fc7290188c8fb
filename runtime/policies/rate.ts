import { Fault, type FaultKind } from '../fault.ts';
import { toText } from '../language/variables.ts';
import type { Exchange } from '../message/exchange.ts';
import { type ConfigOf, type ElementType, valueOrRef } from '../schema/declare.ts';
import { text } from '../schema/values.ts';
import type { Compiler } from './policy.ts';

/** So many messages in a second or a minute. */
export interface Rate {
  readonly messages: number;
  /** Milliseconds. */
  readonly period: number;
  /** As the platform prints it. */
  readonly shown: string;
}

/** `30pm`, `10ps`; also by reference, with the text as what counts when that has no value. */
export const rateElement: ElementType<RateConfig> = valueOrRef(text);

type RateConfig = ConfigOf<ReturnType<typeof valueOrRef<string>>>;

/** Undefined for a text that is no rate. A rate of nothing is none either. */
export function parseRate(written: string): Rate | undefined {
  const match = /^([1-9]\d{0,14})p([sm])$/i.exec(written.trim());
  if (match === null) return undefined;
  const messages = Number(match[1]);
  const period = match[2]?.toLowerCase() === 's' ? 1000 : 60_000;
  const shown = `MessageRate{messagesPerPeriod=${messages}, periodInMicroseconds=${period * 1000}, maxBurstMessageCount=1.0}`;
  return { messages, period, shown };
}

interface RateFaults {
  readonly unresolvedRate: FaultKind;
  readonly invalidRate: FaultKind;
}

/** Gives the rate of a request. @throws Fault when it comes by reference and there is none */
export function compileRate(
  config: RateConfig,
  element: string,
  faults: RateFaults,
  compiler: Compiler,
): (exchange: Exchange) => Rate | undefined {
  const { name } = compiler;
  const literal = config.text === undefined || config.text === '' ? undefined : config.text;
  const own = literal === undefined ? undefined : parseRate(literal);
  if (literal !== undefined && own === undefined) {
    const hint = 'Write a whole number from 1 followed by ps (per second) or pm (per minute), such as 30pm.';
    compiler.error('ZH510', config.textAt, `Invalid spike arrest rate ${literal}. (InvalidAllowedRate)`, hint);
  } else if (literal === undefined && config.ref === undefined) {
    compiler.error('ZH510', config.at, '<Rate> is empty (InvalidAllowedRate).', 'Write a rate, such as 30pm.');
  }
  if (config.ref === undefined) return () => own;
  const variable = config.ref.text;
  const read = compiler.reader(variable);
  let before: string | undefined;
  let rate: Rate | undefined;
  return (exchange) => {
    const value = read(exchange);
    if (value === undefined || value === null) {
      if (own !== undefined) return own;
      throw new Fault(
        faults.unresolvedRate,
        `Failed to resolve Spike Arrest Rate reference ${variable} in ${element} policy ${name}`,
      );
    }
    const written = toText(value);
    if (written !== before) {
      rate = parseRate(written);
      before = written;
    }
    if (rate === undefined) throw new Fault(faults.invalidRate, `Invalid spike arrest rate ${written}.`);
    return rate;
  };
}
