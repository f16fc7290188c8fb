/**
 * What one step of each traffic policy costs on the memory store, in nanoseconds, beside an AssignMessage that sets a
 * variable: `npm run build`, then `node dist/bench/micro/traffic.js`. Limits are so large that nothing is refused.
 */

import { Diagnostics, Source } from '../../runtime/diagnostic.ts';
import { type Exchange, Phase } from '../../runtime/message/exchange.ts';
import { AssignMessage } from '../../runtime/policies/AssignMessage.ts';
import { ConcurrentRatelimit } from '../../runtime/policies/ConcurrentRatelimit.ts';
import { InvalidateCache } from '../../runtime/policies/InvalidateCache.ts';
import { LLMTokenQuota } from '../../runtime/policies/LLMTokenQuota.ts';
import { LookupCache } from '../../runtime/policies/LookupCache.ts';
import { PopulateCache } from '../../runtime/policies/PopulateCache.ts';
import { PromptTokenLimit } from '../../runtime/policies/PromptTokenLimit.ts';
import type { Policy, Step } from '../../runtime/policies/policy.ts';
import { loadTokenizer } from '../../runtime/policies/prompt-tokenizer.ts';
import { Quota } from '../../runtime/policies/Quota.ts';
import { ResetQuota } from '../../runtime/policies/ResetQuota.ts';
import { ResponseCache } from '../../runtime/policies/ResponseCache.ts';
import { SpikeArrest } from '../../runtime/policies/SpikeArrest.ts';
import { MemoryStore } from '../../runtime/state/memory.ts';
import { parseXml } from '../../runtime/xml/parse.ts';
import { exchangeOf, responseOf } from '../../test/support/exchange.ts';
import { compilePolicy } from '../../test/support/policy.ts';
import { measureCases } from './measure.ts';

const store = new MemoryStore();
const tokenizer = await loadTokenizer();
const identifier = '<Identifier ref="flow.app"/>';
const hourly = '<Allow count="1000000000"/><Interval>1</Interval><TimeUnit>hour</TimeUnit>';
const key = '<CacheKey><KeyFragment>item</KeyFragment><KeyFragment ref="flow.app"/></CacheKey>';
const settings = '<ExpirySettings><TimeoutInSeconds>3600</TimeoutInSeconds></ExpirySettings>';
const quota = `<Quota name="Quota">${identifier}${hourly}</Quota>`;
const quotaRoot = parseXml(new Source('policies/Quota.xml', quota), new Diagnostics());
const siblings = new Map(quotaRoot === undefined ? [] : [['Quota', { name: 'Quota', root: quotaRoot }]]);

function compile(policy: Policy, inside: string): Step {
  const xml = `<${policy.element} name="${policy.element}">${inside}</${policy.element}>`;
  const { step, diagnostics } = compilePolicy(policy, xml, { compiler: { store, tokenizer, siblings } });
  if (diagnostics.length > 0) throw new Error(diagnostics[0]?.message);
  return step;
}

const exchange = exchangeOf({
  variables: { 'flow.app': 'app-1', 'flow.value': 'x'.repeat(200), 'flow.prompt': 'Hello' },
});
const concurrent = compile(ConcurrentRatelimit, '<AllowConnections count="1000000"/>');
const responseCache = compile(ResponseCache, key + settings);

function inResponse(step: Step, one: Exchange): unknown {
  one.phase = Phase.proxyResponse;
  step(one);
  one.phase = Phase.proxyRequest;
  return one;
}

exchange.response = responseOf({ headers: { 'content-type': 'application/json' }, body: 'x'.repeat(1000) });
responseCache(exchange);
inResponse(responseCache, exchange);

const cases: readonly (readonly [string, Step])[] = [
  [
    'AssignMessage',
    compile(AssignMessage, '<AssignVariable><Name>flow.tier</Name><Value>gold</Value></AssignVariable>'),
  ],
  ['SpikeArrest, smoothed', compile(SpikeArrest, `${identifier}<Rate>100000000000000ps</Rate>`)],
  [
    'SpikeArrest, effective count',
    compile(SpikeArrest, `${identifier}<Rate>100000000000000ps</Rate><UseEffectiveCount>true</UseEffectiveCount>`),
  ],
  ['Quota', compile(Quota, identifier + hourly)],
  [
    'ResetQuota',
    compile(ResetQuota, '<Quota name="Quota"><Identifier ref="flow.app"><Allow>1</Allow></Identifier></Quota>'),
  ],
  ['LLMTokenQuota, enforcing', compile(LLMTokenQuota, `${identifier}${hourly}<EnforceOnly>true</EnforceOnly>`)],
  [
    'PromptTokenLimit',
    compile(
      PromptTokenLimit,
      `${identifier}<Rate>100000000000000ps</Rate><UserPromptSource>{flow.prompt}</UserPromptSource>`,
    ),
  ],
  ['PopulateCache', compile(PopulateCache, `${key}${settings}<Source>flow.value</Source>`)],
  ['LookupCache, hit', compile(LookupCache, `${key}<AssignTo>flow.got</AssignTo>`)],
  ['InvalidateCache, nothing there', compile(InvalidateCache, '<CacheKey><KeyFragment>other</KeyFragment></CacheKey>')],
];

measureCases([
  ...cases.map(([name, step]) => ({
    name,
    run: () => {
      if (step(exchange) !== undefined) throw new Error(`${name} gave a promise`);
      return exchange;
    },
  })),
  {
    name: 'ConcurrentRatelimit, counted and given back',
    run: () => {
      const one = exchange;
      one.finishing = undefined;
      concurrent(one);
      return inResponse(concurrent, one);
    },
  },
  {
    name: 'ResponseCache, hit of 1 KB',
    run: () => {
      responseCache(exchange);
      exchange.skipsToResponse = false;
      exchange.resumesAt = undefined;
      return exchange;
    },
  },
]);
