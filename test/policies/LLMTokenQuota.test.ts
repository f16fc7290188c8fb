import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Phase } from '../../runtime/message/exchange.ts';
import { LLMTokenQuota } from '../../runtime/policies/LLMTokenQuota.ts';
import type { Step } from '../../runtime/policies/policy.ts';
import { MemoryStore } from '../../runtime/state/memory.ts';
import type { Store } from '../../runtime/state/store.ts';
import { awayStore } from '../support/away-store.ts';
import { type ExchangeOptions, exchangeOf, responseOf } from '../support/exchange.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

const limits = '<Allow count="100"/><Interval>1</Interval><TimeUnit>hour</TimeUnit><SharedName>s</SharedName>';
const model = '<LLMModelSource>{model}</LLMModelSource>';

function compile(inside: string, store: Store = new MemoryStore(), name = 'LTQ'): Step {
  const xml = `<LLMTokenQuota name="${name}">${inside}</LLMTokenQuota>`;
  const { step, diagnostics } = compilePolicy(LLMTokenQuota, xml, { compiler: { store } });
  assert.deepEqual(diagnostics, []);
  return step;
}

function answered(usage: unknown, options: ExchangeOptions = {}) {
  const body = JSON.stringify({ usageMetadata: { totalTokenCount: usage } });
  const response = responseOf({ body, headers: { 'content-type': 'application/json' } });
  return exchangeOf({ phase: Phase.targetResponse, response, ...options });
}

test('one counts the tokens of answers, another enforces', async () => {
  const store = new MemoryStore();
  const enforce = compile(`${limits}${model}<EnforceOnly>true</EnforceOnly>`, store);
  const count = compile(`${limits}${model}<CountOnly>true</CountOnly>`, store, 'LTC');
  const variables = { model: 'm' };
  enforce(exchangeOf({ variables }));
  const exchange = answered(120, { variables });
  count(exchange);
  assert.equal(exchange.read('ratelimit.LTC.used.count'), 120);
  const fault = await faultOf(enforce, exchangeOf({ variables }));
  assert.equal(fault.code, 'policies.llmtokenquota.LLMTokenQuotaViolation');
  assert.equal(fault.status, 429);
  assert.equal(fault.faultstring, 'Rate limit LLM Token quota violation. Quota limit  exceeded. Identifier : _default');
  enforce(exchangeOf({ variables: { model: 'other' } }));
});

test('the usage may stand elsewhere', () => {
  const step = compile(`${limits}<LLMTokenUsageSource>{used}</LLMTokenUsageSource>`);
  const exchange = exchangeOf({ variables: { used: 7 } });
  step(exchange);
  assert.equal(exchange.read('ratelimit.LTQ.used.count'), 7);
});

test('a product has its own limit of tokens', () => {
  const step = compile('<UseQuotaConfigInAPIProduct stepName="VA"/><EnforceOnly>true</EnforceOnly>');
  const exchange = exchangeOf();
  for (const [key, value] of Object.entries({ limit: '5', interval: '1', timeunit: 'day' })) {
    exchange.setVariable(`verifyapikey.VA.apiproduct.developer.llmQuota.${key}`, value);
  }
  step(exchange);
  assert.equal(exchange.read('ratelimit.LTQ.allowed.count'), 5);
});

test('faults', async () => {
  const facts = [
    [`${limits}${model}`, answered(1), 'FailedToResolveModelName', 400],
    [limits, answered('many'), 'FailedToResolveTokenUsageCount', 500],
    [limits, exchangeOf(), 'FailedToResolveTokenUsageCount', 500],
  ] as const;
  for (const [inside, exchange, name, status] of facts) {
    const fault = await faultOf(compile(inside), exchange);
    assert.deepEqual([fault.code, fault.status], [`policies.llmtokenquota.${name}`, status]);
  }
  const away = compile(`${limits}<Synchronous>true</Synchronous>`, awayStore);
  const fault = await faultOf(away, answered(1, { surroundings: { report: () => undefined } }));
  assert.equal(fault.code, 'policies.llmtokenquota.StoreUnavailable');
});
