import { compileWeight } from './message-weight.ts';
import { type Compiler, policy } from './policy.ts';
import { compileQuota } from './quota-counter.ts';
import { type QuotaConfig, quotaAttributes, quotaChildren } from './quota-elements.ts';
import { checkQuota } from './quota-mistakes.ts';

const faults = {
  violation: { code: 'policies.ratelimit.QuotaViolation', status: 429, text: 'Rate limit quota violation.' },
  unresolvedInterval: {
    code: 'policies.ratelimit.FailedToResolveQuotaIntervalReference',
    status: 500,
    text: 'Failed to resolve quota interval reference',
  },
  unresolvedTimeUnit: {
    code: 'policies.ratelimit.FailedToResolveQuotaIntervalTimeUnitReference',
    status: 500,
    text: 'Failed to resolve quota time unit reference',
  },
  // What comes by reference and does not fit: zerohop's choice.
  invalidInterval: { code: 'policies.ratelimit.InvalidQuotaInterval', status: 500, text: 'Invalid quota interval' },
  invalidTimeUnit: { code: 'policies.ratelimit.InvalidQuotaTimeUnit', status: 500, text: 'Invalid quota time unit' },
  invalidMessageWeight: {
    code: 'policies.ratelimit.InvalidMessageWeight',
    status: 500,
    text: 'Invalid message weight value',
  },
  storeUnavailable: {
    code: 'policies.ratelimit.StoreUnavailable',
    status: 503,
    text: 'The quota cannot be counted: the store does not answer',
  },
};

/** The beginning of the keys of its counters. */
export const quotaKind = 'quota';
export const quotaFaults = faults;

/** Counts requests over a time and refuses those beyond a limit. Apigee: Quota policy. */
export const Quota = policy({
  element: 'Quota',
  failedPrefix: 'ratelimit',
  attributes: quotaAttributes,
  children: quotaChildren,
  faults,
  compile(config, compiler) {
    checkQuota(config, compiler);
    warnOfResponses(config, compiler);
    const weight = compileWeight(config.MessageWeight, faults.invalidMessageWeight, compiler);
    return compileQuota(
      config,
      {
        kind: quotaKind,
        faults,
        productQuota: 'quota',
        // Two blanks, as the platform prints it.
        violation: (identifier) => `Rate limit quota violation. Quota limit  exceeded. Identifier : ${identifier}`,
        weight,
        division: undefined,
      },
      compiler,
    );
  },
});

function warnOfResponses(config: QuotaConfig, compiler: Compiler): void {
  if (config.CountOnly?.text === true) return;
  for (const { part, at } of compiler.attachments()) {
    if (part !== 'response') continue;
    const message = `Quota "${compiler.name}" refuses in a response flow, where the target has answered already.`;
    compiler.warning('PO035', at, message, 'Attach it to a request flow, or let it count only.');
  }
}
