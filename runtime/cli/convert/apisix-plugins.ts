import type { Diagnostics } from '../../diagnostic.ts';
import { cors, faultInjection, ipRestriction, mocking, redirect, requestId } from './answering-plugins.ts';
import type { Route } from './apisix-route.ts';
import { reportUnread } from './apisix-upstream.ts';
import type { PluginContext, PluginConversion } from './plugin-context.ts';
import { proxyChain, proxyRewrite, responseRewrite } from './rewriting-plugins.ts';
import { emptyPlan, literalPayload, type RoutePlan, raise } from './route-plan.ts';

/** In the order in which they run. APISIX: priorities of plugins. */
const conversions: ReadonlyMap<string, PluginConversion> = new Map([
  ['request-id', requestId],
  ['fault-injection', faultInjection],
  ['cors', cors],
  ['ip-restriction', ipRestriction],
  ['redirect', redirect],
  ['mocking', mocking],
  ['proxy-rewrite', proxyRewrite],
  ['proxy-chain', proxyChain],
  ['response-rewrite', responseRewrite],
]);

/** They watch, or compress; what the client gets says the same without them. */
const watching =
  /^(?:prometheus|zipkin|skywalking|opentelemetry|datadog|node-status|server-info|inspect|gzip|brotli|real-ip|loggly|google-cloud-logging|sls-logger|.*-logger|log-rotate|error-log.*)$/;

/** Without them more, or slower, answers come through; nobody gets in who should not. */
const shaping =
  /^(?:limit-(?:count|req|conn)|api-breaker|proxy-(?:cache|mirror|control|buffering)|traffic-split|client-control|grpc-(?:transcode|web)|body-transformer|degraphql|ai-(?:proxy|rate-limiting|rag).*)$/;

export function planOf(route: Route, suffix: string, diagnostics: Diagnostics): RoutePlan {
  const plan = emptyPlan();
  for (const plugin of route.plugins)
    if (!conversions.has(plugin.name)) leaveOut({ plugin, suffix, plan, diagnostics });
  for (const [name, convert] of conversions) {
    const plugin = route.plugins.find((one) => one.name === name);
    if (plugin === undefined) continue;
    convert({ plugin, suffix, plan, diagnostics });
    reportUnread(plugin.settings, `plugin ${name}`, diagnostics);
  }
  return plan;
}

/** What might keep somebody out is replaced by a step that keeps everybody out: a gap must not go unnoticed. */
function leaveOut({ plugin: { name, at }, suffix, plan, diagnostics }: PluginContext): void {
  if (watching.test(name)) {
    diagnostics.warning('ZH642', at, `Plugin ${name} is not converted.`, 'The answers are the same without it.');
    return;
  }
  if (shaping.test(name)) {
    const hint = 'Add a policy of the same effect, such as Quota, SpikeArrest or ResponseCache.';
    diagnostics.error('ZH641', at, `Plugin ${name} is not converted.`, hint);
    return;
  }
  const policy = `RF-Not-Converted-${name}-${suffix}`;
  const hint = `The step ${policy} answers 501 in its place: put a policy of the same effect there.`;
  diagnostics.error('ZH641', at, `Plugin ${name} is not converted.`, hint);
  const payload = literalPayload(JSON.stringify({ error: `Plugin ${name} was not converted` }), 'application/json');
  plan.request.push({ policy: raise(policy, 501, new Map(), payload) });
}
