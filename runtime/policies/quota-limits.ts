import { Fault, type FaultKind } from '../fault.ts';
import { type Reader, toText } from '../language/variables.ts';
import type { Exchange } from '../message/exchange.ts';
import type { Compiler } from './policy.ts';
import type { QuotaConfig } from './quota-elements.ts';
import { type QuotaType, startTimeOf, type TimeUnit, timeUnitOf, windowLength } from './quota-window.ts';

/** What a quota allows a request, and in which time. */
export interface QuotaLimits {
  readonly allowed: number;
  /** The class that decided on it. */
  readonly className: string | undefined;
  /** Milliseconds to the end of the window that begins now. */
  readonly lifetime: number;
}

export interface LimitFaults {
  readonly unresolvedInterval: FaultKind;
  readonly unresolvedTimeUnit: FaultKind;
  readonly invalidInterval: FaultKind;
  readonly invalidTimeUnit: FaultKind;
}

export interface LimitSource {
  /** @throws Fault when there is no interval or time unit */
  limits(exchange: Exchange, now: number): QuotaLimits;
  readonly rolling: boolean;
}

type Limit = (exchange: Exchange) => number | undefined;
type Period = (exchange: Exchange) => { readonly interval: number; readonly unit: TimeUnit };

/** @param productQuota variables of the product found by a step, without `limit`, `interval`, `timeunit` at their end */
export function compileLimits(
  config: QuotaConfig,
  faults: LimitFaults,
  productQuota: (stepName: string) => readonly string[],
  compiler: Compiler,
): LimitSource {
  const start = config.StartTime === undefined ? undefined : startTimeOf(config.StartTime.text);
  const type = typeOf(config, start);
  const start0 = start ?? 0;
  const product = config.UseQuotaConfigInAPIProduct;
  // Nothing is documented for a product without quota and no DefaultConfig: the policy's own limits count, if it has any.
  const own = product?.DefaultConfig ?? config;
  const count = compileCount(own.Allow, compiler);
  const period = compilePeriod(own, faults, compiler);
  const rolling = type === 'rollingwindow';
  const inProduct = product === undefined ? undefined : compileProduct(productQuota(product.stepName.text), compiler);
  const classes = product === undefined ? compileClasses(config, compiler) : undefined;
  return {
    rolling,
    limits: (exchange, now) => {
      const found = inProduct?.(exchange);
      if (found !== undefined) {
        const lifetime = windowLength(type, found.interval, found.unit, start0, now);
        return { allowed: found.limit, className: undefined, lifetime };
      }
      const { interval, unit } = period(exchange);
      const lifetime = windowLength(type, interval, unit, start0, now);
      const classed = classes?.(exchange);
      // A limit that is nowhere given admits nobody. zerohop's choice.
      return { allowed: classed?.count ?? count(exchange) ?? 0, className: classed?.name, lifetime };
    },
  };
}

/** The calendar type of a quota that has its limits from a product may lack a start: published bundles do. */
function typeOf(config: QuotaConfig, start: number | undefined): QuotaType {
  const type = config.type?.text ?? 'default';
  return type === 'calendar' && start === undefined ? 'default' : type;
}

function compileCount(
  allow: Partial<Pick<NonNullable<QuotaConfig['Allow']>, 'text' | 'count' | 'countRef'>> | undefined,
  compiler: Compiler,
): Limit {
  const literal = allow?.count?.text ?? allow?.text;
  if (allow?.countRef === undefined) return () => literal;
  const read = compiler.reader(allow.countRef.text);
  return (exchange) => wholeNumber(read(exchange)) ?? literal;
}

function compileClasses(
  config: QuotaConfig,
  compiler: Compiler,
): ((exchange: Exchange) => { readonly name: string; readonly count: number | undefined } | undefined) | undefined {
  const classes = config.Allow?.Class;
  if (classes === undefined) return undefined;
  const counts = new Map(classes.Allow.map((one) => [one.class.text, one.count?.text ?? one.text]));
  const read = compiler.reader(classes.ref.text);
  return (exchange) => {
    const value = read(exchange);
    if (value === undefined || value === null) return undefined;
    const name = toText(value);
    return { name, count: counts.get(name) };
  };
}

type PeriodConfig = Partial<Pick<QuotaConfig, 'Interval' | 'TimeUnit'>>;

function compilePeriod({ Interval, TimeUnit }: PeriodConfig, faults: LimitFaults, compiler: Compiler): Period {
  const { name } = compiler;
  const readInterval = Interval?.ref === undefined ? undefined : compiler.reader(Interval.ref.text);
  const readUnit = TimeUnit?.ref === undefined ? undefined : compiler.reader(TimeUnit.ref.text);
  const intervalOf = (exchange: Exchange): number => {
    const written = writtenOf(readInterval, exchange) ?? filled(Interval?.text);
    if (written === undefined) {
      // The placeholder is what the platform prints.
      const text = `Failed to resolve quota interval reference ${Interval?.ref?.text ?? null} in quota policy {1}`;
      throw new Fault(faults.unresolvedInterval, text);
    }
    const interval = wholeNumber(written);
    if (interval !== undefined && interval > 0) return interval;
    throw new Fault(faults.invalidInterval, `Invalid quota interval ${written} in quota policy ${name}.`);
  };
  const unitOf = (exchange: Exchange): TimeUnit => {
    const written = writtenOf(readUnit, exchange) ?? filled(TimeUnit?.text);
    if (written === undefined) {
      const text = `Failed to resolve quota time unit reference ${TimeUnit?.ref?.text ?? null} in quota policy {1}`;
      throw new Fault(faults.unresolvedTimeUnit, text);
    }
    const unit = timeUnitOf(written);
    if (unit !== undefined) return unit;
    throw new Fault(faults.invalidTimeUnit, `Invalid quota time unit ${written} in quota policy ${name}.`);
  };
  if (readInterval !== undefined || readUnit !== undefined) {
    return (exchange) => ({ interval: intervalOf(exchange), unit: unitOf(exchange) });
  }
  const interval = wholeNumber(filled(Interval?.text));
  const unit = timeUnitOf(TimeUnit?.text ?? '');
  if (interval !== undefined && interval > 0 && unit !== undefined) {
    const period = { interval, unit };
    return () => period;
  }
  return (exchange) => ({ interval: intervalOf(exchange), unit: unitOf(exchange) });
}

/** The quota of the product: all three parts of it, or none of it counts. */
function compileProduct(
  variables: readonly string[],
  compiler: Compiler,
): (exchange: Exchange) => { readonly limit: number; readonly interval: number; readonly unit: TimeUnit } | undefined {
  const places = variables.map((prefix) => ({
    limit: compiler.reader(`${prefix}.limit`),
    interval: compiler.reader(`${prefix}.interval`),
    unit: compiler.reader(`${prefix}.timeunit`),
  }));
  return (exchange) => {
    for (const place of places) {
      const limit = wholeNumber(place.limit(exchange));
      const interval = wholeNumber(place.interval(exchange));
      const unit = timeUnitOf(writtenOf(place.unit, exchange) ?? '');
      if (limit !== undefined && interval !== undefined && interval > 0 && unit !== undefined) {
        return { limit, interval, unit };
      }
    }
    return undefined;
  };
}

function writtenOf(read: Reader | undefined, exchange: Exchange): string | undefined {
  const value = read?.(exchange);
  return value === undefined || value === null ? undefined : filled(toText(value).trim());
}

function filled(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function wholeNumber(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  const text = toText(value).trim();
  return /^\+?\d{1,15}$/.test(text) ? Number(text) : undefined;
}
