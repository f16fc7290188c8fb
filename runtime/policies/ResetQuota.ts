import { Diagnostics } from '../diagnostic.ts';
import { Fault } from '../fault.ts';
import { toText } from '../language/variables.ts';
import type { Exchange } from '../message/exchange.ts';
import { checkElement } from '../schema/check.ts';
import { type ConfigOf, element, many, required, valueOrRef } from '../schema/declare.ts';
import { integer, text, variable } from '../schema/values.ts';
import { inTurn } from '../state/answer.ts';
import type { Store } from '../state/store.ts';
import type { CounterKey } from './counter-key.ts';
import { type Compiler, policy, type Step } from './policy.ts';
import { Quota, quotaFaults, quotaKind } from './Quota.ts';
import { quotaKey, quotaLimits } from './quota-counter.ts';
import type { QuotaConfig } from './quota-elements.ts';
import type { LimitSource } from './quota-limits.ts';
import { compileWhenAnswered } from './store-answer.ts';

const allow = valueOrRef(integer(0));
const named = { name: text, ref: variable };
const classElement = element({ attributes: named, children: { Allow: required(allow) } });

const identifierElement = element({
  attributes: named,
  children: { Allow: allow, Class: many(classElement) },
});

const quotaElement = element({ attributes: named, children: { Identifier: many(identifierElement) } });

const faults = {
  unknownQuota: { code: 'policies.resetquota.InvalidRLPolicy', status: 500, text: 'Invalid rate limit policy' },
  unresolvedQuota: {
    code: 'policies.resetquota.FailedToResolveRLPolicy',
    status: 500,
    text: 'Failed to resolve rate limit policy',
  },
  unresolvedIdentifier: {
    code: 'policies.resetquota.FailedToResolveRLPolicyIdentifier',
    status: 500,
    text: 'Failed to resolve rate limit policy identifier',
  },
  storeUnavailable: {
    code: 'policies.resetquota.StoreUnavailable',
    status: 503,
    text: 'The quota cannot be reset: the store does not answer',
  },
};

/** Gives back a part of what a Quota policy of the same bundle has counted. Apigee: ResetQuota policy. */
export const ResetQuota = policy({
  element: 'ResetQuota',
  failedPrefix: 'resetquota',
  children: { Quota: required(quotaElement) },
  faults,
  compile(config, compiler): Step {
    const { name, ref, at, Identifier } = config.Quota;
    if (Identifier.length === 0) {
      compiler.warning(
        'ZH522',
        at,
        'Nothing is reset.',
        'Add <Identifier name="_default"><Allow>100</Allow></Identifier>.',
      );
    }
    const { store } = compiler;
    const quotas = quotasOf(compiler);
    const written = name === undefined || name.text === '' ? undefined : name.text;
    if (written !== undefined && ref === undefined && !quotas.has(written)) {
      const hint = quotas.size === 0 ? 'This bundle has no Quota policy.' : `Here: ${[...quotas.keys()].join(', ')}.`;
      compiler.warning('ZH521', name?.at ?? at, `There is no Quota policy "${written}"; a fault is raised.`, hint);
    } else if (written === undefined && ref === undefined) {
      compiler.error('ZH521', at, '<Quota> names no policy.', 'Write <Quota name="POLICY">.');
    }
    const quotaOf = compileName(written, ref?.text, faults.unresolvedQuota, compiler);
    const resets = Identifier.flatMap((one) => compileIdentifier(one, compiler));
    const whenAnswered = compileWhenAnswered();
    const failed = (): never => {
      throw new Fault(faults.storeUnavailable);
    };
    return (exchange) => {
      const wanted = quotaOf(exchange);
      const quota = quotas.get(wanted);
      if (quota === undefined) throw new Fault(faults.unknownQuota, `Invalid rate limit policy ${wanted}`);
      const answer = inTurn(resets, (reset) => giveBack(exchange, reset, quota, store));
      return whenAnswered(exchange, answer, done, failed);
    };
  },
});

interface CountedQuota {
  readonly key: CounterKey;
  readonly source: LimitSource;
}

/** The quotas of this bundle as they count. One with mistakes is reported where it stands. */
function quotasOf(compiler: Compiler): ReadonlyMap<string, CountedQuota> {
  const quotas = new Map<string, CountedQuota>();
  for (const { name, root } of compiler.siblings.values()) {
    if (root.name !== 'Quota') continue;
    const config = checkElement(root, Quota.declaration, new Diagnostics()) as QuotaConfig | undefined;
    if (config === undefined) continue;
    const key = quotaKey(quotaKind, compiler, name, config.SharedName?.text);
    const source = quotaLimits(config, { faults: quotaFaults, productQuota: 'quota' }, compiler);
    quotas.set(name, { key, source });
  }
  return quotas;
}

interface Reset {
  identifier(exchange: Exchange): string;
  className(exchange: Exchange): string | undefined;
  /** Undefined: there is none, nothing is given back. */
  amount(exchange: Exchange): number | undefined;
}

function compileIdentifier(config: ConfigOf<typeof identifierElement>, compiler: Compiler): Reset[] {
  const name = config.name === undefined || config.name.text === '' ? undefined : config.name.text;
  const fallback = config.ref === undefined ? (name ?? '_default') : name;
  const identifier = compileName(fallback, config.ref?.text, faults.unresolvedIdentifier, compiler);
  const resets: Reset[] = config.Class.map((one) => ({
    identifier,
    className: compileName(one.name?.text, one.ref?.text, faults.unresolvedIdentifier, compiler),
    amount: compileAmount(one.Allow, compiler),
  }));
  const { Allow } = config;
  if (Allow !== undefined) {
    resets.push({ identifier, className: () => undefined, amount: compileAmount(Allow, compiler) });
  } else if (resets.length === 0) {
    compiler.warning('ZH522', config.at, 'Nothing is reset.', 'Add <Allow>100</Allow> to <Identifier>.');
  }
  return resets;
}

/** What a variable holds, else the text. @throws Fault when there is neither */
function compileName(
  text: string | undefined,
  ref: string | undefined,
  unresolved: (typeof faults)[keyof typeof faults],
  compiler: Compiler,
): (exchange: Exchange) => string {
  const read = ref === undefined ? undefined : compiler.reader(ref);
  return (exchange) => {
    const value = read?.(exchange);
    const found = value === undefined || value === null || value === '' ? text : toText(value);
    if (found === undefined) throw new Fault(unresolved);
    return found;
  };
}

/** Apigee: an amount that cannot be resolved is only traced, and the counter stays. */
function compileAmount(config: ConfigOf<typeof allow>, compiler: Compiler): (exchange: Exchange) => number | undefined {
  const { name } = compiler;
  const literal = config.text;
  if (config.ref === undefined) return () => literal;
  const variable = config.ref.text;
  const read = compiler.reader(variable);
  return (exchange) => {
    const value = read(exchange);
    const written = value === undefined || value === null ? '' : toText(value).trim();
    if (/^\d{1,15}$/.test(written)) return Number(written);
    if (literal === undefined) {
      const values = { error: 'policies.resetquota.FailedToResolveAllowCountRef', variable };
      exchange.surroundings.capture?.(exchange, name, values, true);
    }
    return literal;
  };
}

function giveBack(exchange: Exchange, reset: Reset, { key, source }: CountedQuota, store: Store) {
  const amount = reset.amount(exchange);
  if (amount === undefined || amount === 0) return undefined;
  const className = reset.className(exchange);
  const identifier = reset.identifier(exchange);
  const counter = className === undefined ? key(exchange, identifier) : key(exchange, identifier, className);
  // A window that is not rolling ends when it was to end, whatever is said here.
  const lifetime = source.rolling ? source.limits(exchange, Date.now()).lifetime : 0;
  return store.count(counter, { amount: -amount, limit: Number.POSITIVE_INFINITY, lifetime, rolling: source.rolling });
}

function done(): void {
  // Nobody waits for what was counted.
}
