import type { FaultKind } from '../fault.ts';
import { Fault } from '../fault.ts';
import type { Exchange } from '../message/exchange.ts';
import type { Counted } from '../state/store.ts';
import { compileCounterKey } from './counter-key.ts';
import type { Compiler, Step } from './policy.ts';
import type { QuotaConfig } from './quota-elements.ts';
import { compileLimits, type LimitFaults, type LimitSource, type QuotaLimits } from './quota-limits.ts';
import { compileWhenAnswered } from './store-answer.ts';
import { identifierOf } from './throttle.ts';

/** How Quota and LLMTokenQuota differ. */
export interface QuotaKind {
  /** What their keys begin with. */
  readonly kind: string;
  readonly faults: LimitFaults & { readonly violation: FaultKind; readonly storeUnavailable: FaultKind };
  /** Last part of the variables in which a product's quota is found. */
  readonly productQuota: string;
  /** Fault string of a violation. */
  violation(identifier: string): string;
  /** What the request costs; not asked for when it is not counted. */
  weight(exchange: Exchange): number;
  /** What divides the counters besides identifier and class. */
  readonly division: ((exchange: Exchange) => string) | undefined;
}

/** Counts a request, or looks whether it may be counted; leaves variables and refuses. */
export function compileQuota(config: QuotaConfig, kind: QuotaKind, compiler: Compiler): Step {
  const { store } = compiler;
  const key = quotaKey(kind.kind, compiler, compiler.name, config.SharedName?.text);
  const source = quotaLimits(config, kind, compiler);
  const { rolling } = source;
  const readIdentifier = config.Identifier?.ref === undefined ? undefined : compiler.reader(config.Identifier.ref.text);
  const enforces = config.CountOnly?.text !== true;
  const counts = config.EnforceOnly?.text !== true;
  const setVariables = quotaVariables(compiler.name);
  const whenAnswered = compileWhenAnswered();
  // Apigee: an asynchronous quota goes on by what it knows; one that asks the store each time cannot.
  const opens = config.Synchronous?.text !== true || config.DataStoreFailureModeOpen?.text === true;
  return (exchange) => {
    const identifier = identifierOf(readIdentifier?.(exchange));
    const limits = source.limits(exchange, Date.now());
    const weight = counts ? kind.weight(exchange) : 0;
    const division = kind.division?.(exchange);
    const counter = key(exchange, identifier, ...partsOf(limits, division));
    const limit = enforces ? limits.allowed : Number.POSITIVE_INFINITY;
    const settle = ({ counted, value, expires }: Counted): void => {
      const refuses = enforces && (counts ? !counted : value >= limits.allowed);
      setVariables(exchange, identifier, limits, value, expires, refuses);
      if (refuses) throw new Fault(kind.faults.violation, kind.violation(identifier));
    };
    return whenAnswered(
      exchange,
      store.count(counter, { amount: weight, limit, lifetime: limits.lifetime, rolling }),
      settle,
      () => {
        if (opens) return settle({ counted: true, value: 0, expires: Date.now() + limits.lifetime });
        throw new Fault(kind.faults.storeUnavailable);
      },
    );
  };
}

export function quotaLimits(
  config: QuotaConfig,
  { faults, productQuota }: Pick<QuotaKind, 'productQuota'> & { readonly faults: LimitFaults },
  compiler: Compiler,
): LimitSource {
  return compileLimits(config, faults, (step) => productVariables(step, productQuota, compiler), compiler);
}

/** The counters of a quota policy of this bundle, or of all that have the shared name. */
export function quotaKey(kind: string, compiler: Compiler, name: string, shared: string | undefined) {
  return compileCounterKey(kind, compiler, shared === undefined || shared === '' ? [name] : ['shared', shared]);
}

const none: readonly string[] = Object.freeze([]);

function partsOf({ className }: QuotaLimits, division: string | undefined): readonly string[] {
  if (division !== undefined) return className === undefined ? [division] : [division, className];
  return className === undefined ? none : [className];
}

/**
 * Where a step leaves the quota of the product it found: below its own name a VerifyAPIKey, without any name the others.
 * A step that is not in this bundle may be either.
 */
function productVariables(stepName: string, productQuota: string, compiler: Compiler): readonly string[] {
  const named = `verifyapikey.${stepName}.apiproduct.developer.${productQuota}`;
  const unnamed = `apiproduct.developer.${productQuota}`;
  const element = compiler.siblings.get(stepName)?.root.name;
  if (element === undefined) return [named, unnamed];
  return [element === 'VerifyAPIKey' ? named : unnamed];
}

type SetVariables = (
  exchange: Exchange,
  identifier: string,
  limits: QuotaLimits,
  value: number,
  expires: number,
  refuses: boolean,
) => void;

/** Apigee: Quota policy, flow variables. */
function quotaVariables(name: string): SetVariables {
  const at = (rest: string): string => `ratelimit.${name}.${rest}`;
  const classed = at('class');
  const [allowed, used, available, exceed, total] = countNames(at(''));
  const [classAllowed, classUsed, classAvailable, classExceed, classTotal] = countNames(at('class.'));
  const identified = at('identifier');
  const expiry = at('expiry.time');
  const failed = at('failed');
  return (exchange, identifier, limits, value, expires, refuses) => {
    const left = Math.max(0, limits.allowed - value);
    const exceeded = refuses || value > limits.allowed ? 1 : 0;
    exchange.setVariable(allowed, limits.allowed);
    exchange.setVariable(used, value);
    exchange.setVariable(available, left);
    exchange.setVariable(exceed, exceeded);
    exchange.setVariable(total, exceeded);
    exchange.setVariable(identified, identifier);
    exchange.setVariable(expiry, expires);
    exchange.setVariable(failed, refuses);
    if (limits.className === undefined) return;
    exchange.setVariable(classed, limits.className);
    exchange.setVariable(classAllowed, limits.allowed);
    exchange.setVariable(classUsed, value);
    exchange.setVariable(classAvailable, left);
    exchange.setVariable(classExceed, exceeded);
    exchange.setVariable(classTotal, exceeded);
  };
}

function countNames(prefix: string): [string, string, string, string, string] {
  return [
    `${prefix}allowed.count`,
    `${prefix}used.count`,
    `${prefix}available.count`,
    `${prefix}exceed.count`,
    `${prefix}total.exceed.count`,
  ];
}
