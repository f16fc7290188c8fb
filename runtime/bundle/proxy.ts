import { type ConfigOf, element, ignored, many, required } from '../schema/declare.ts';
import { condition, text } from '../schema/values.ts';
import { defaultFaultRule, faultRules, flowChildren, properties, unconditionalFlow } from './flow.ts';

/** What a ProxyEndpoint file holds. Apigee: API proxy configuration reference, ProxyEndpoint. */

const routeRule = element({
  attributes: { name: text },
  children: { Description: ignored, Condition: condition, TargetEndpoint: text, URL: text, IntegrationEndpoint: text },
});

export const proxyEndpoint = element({
  attributes: { name: text },
  children: {
    ...flowChildren,
    PostClientFlow: unconditionalFlow,
    FaultRules: faultRules,
    DefaultFaultRule: defaultFaultRule,
    HTTPProxyConnection: required(
      element({ children: { BasePath: text, VirtualHost: many(text), Properties: properties } }),
    ),
    RouteRule: many(routeRule),
  },
});

export type ProxyEndpointConfig = ConfigOf<typeof proxyEndpoint>;
export type RouteRuleConfig = ConfigOf<typeof routeRule>;
