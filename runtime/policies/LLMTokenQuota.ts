import { Fault } from '../fault.ts';
import type { Template } from '../language/template.ts';
import type { Exchange } from '../message/exchange.ts';
import { boolean, template } from '../schema/values.ts';
import { policy } from './policy.ts';
import { compileQuota } from './quota-counter.ts';
import { quotaAttributes, quotaChildren } from './quota-elements.ts';
import { checkQuota } from './quota-mistakes.ts';

const faults = {
  violation: {
    code: 'policies.llmtokenquota.LLMTokenQuotaViolation',
    status: 429,
    text: 'Rate limit LLM Token quota violation.',
  },
  noModel: {
    code: 'policies.llmtokenquota.FailedToResolveModelName',
    status: 400,
    text: 'Failed to resolve the model name',
  },
  noUsage: {
    code: 'policies.llmtokenquota.FailedToResolveTokenUsageCount',
    status: 500,
    text: 'Failed to resolve the token usage count',
  },
  // As of Quota: zerohop's choice.
  unresolvedInterval: {
    code: 'policies.llmtokenquota.FailedToResolveQuotaIntervalReference',
    status: 500,
    text: 'Failed to resolve quota interval reference',
  },
  unresolvedTimeUnit: {
    code: 'policies.llmtokenquota.FailedToResolveQuotaIntervalTimeUnitReference',
    status: 500,
    text: 'Failed to resolve quota time unit reference',
  },
  invalidInterval: { code: 'policies.llmtokenquota.InvalidQuotaInterval', status: 500, text: 'Invalid quota interval' },
  invalidTimeUnit: {
    code: 'policies.llmtokenquota.InvalidQuotaTimeUnit',
    status: 500,
    text: 'Invalid quota time unit',
  },
  storeUnavailable: {
    code: 'policies.llmtokenquota.StoreUnavailable',
    status: 503,
    text: 'The tokens cannot be counted: the store does not answer',
  },
};

/** Apigee: LLMTokenQuota policy, default of LLMTokenUsageSource. */
const defaultUsage = "{jsonPath('$.usageMetadata.totalTokenCount',response.content,true)}";

const { MessageWeight: _, ...children } = quotaChildren;

/** Counts the tokens of model answers over a time, and refuses requests beyond a limit. Apigee: LLMTokenQuota policy. */
export const LLMTokenQuota = policy({
  element: 'LLMTokenQuota',
  failedPrefix: 'ratelimit',
  attributes: quotaAttributes,
  children: {
    ...children,
    LLMTokenUsageSource: template,
    LLMModelSource: template,
    IgnoreUnresolvedVariables: boolean,
  },
  faults,
  compile(config, compiler) {
    checkQuota({ ...config, MessageWeight: undefined }, compiler);
    const source = config.LLMTokenUsageSource;
    const written = source === undefined || source.text === '' ? defaultUsage : source.text;
    const usage = compiler.template(written, source?.at ?? config.at);
    const { LLMModelSource: modelSource } = config;
    const model =
      modelSource === undefined || modelSource.text === ''
        ? undefined
        : compiler.template(modelSource.text, modelSource.at);
    const { name } = compiler;
    return compileQuota(
      { ...config, MessageWeight: undefined },
      {
        kind: 'llmtokenquota',
        faults,
        productQuota: 'llmQuota',
        violation: (identifier) =>
          `Rate limit LLM Token quota violation. Quota limit  exceeded. Identifier : ${identifier}`,
        weight: (exchange) => {
          const written = usage.render(exchange).trim();
          if (/^\d{1,15}$/.test(written)) return Number(written);
          throw new Fault(faults.noUsage, `${faults.noUsage.text} in ${name}`);
        },
        // Each model has its own counters, as it has its own quota in a product. zerohop's choice.
        division: model === undefined ? undefined : (exchange) => modelOf(model, exchange, name),
      },
      compiler,
    );
  },
});

function modelOf(model: Template, exchange: Exchange, name: string): string {
  const text = model.render(exchange).trim();
  if (text === '') throw new Fault(faults.noModel, `${faults.noModel.text} in ${name}`);
  return text;
}
