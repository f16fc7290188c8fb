import { type ConfigOf, element, ignored, many, required, requiredAttribute } from '../schema/declare.ts';
import { boolean, flag, integer, oneOf, rawText, template, text } from '../schema/values.ts';
import { defaultFaultRule, faultRules, flowChildren, properties } from './flow.ts';

/** What a TargetEndpoint file holds. Apigee: API proxy configuration reference, TargetEndpoint. */

const named = { name: requiredAttribute(text) };

/** SSLInfo of a target, a callout or a script. Values may be templates or `ref://NAME`. */
export const sslInfo = element({
  children: {
    Enabled: template,
    Enforce: template,
    ClientAuthEnabled: template,
    KeyStore: template,
    KeyAlias: template,
    TrustStore: template,
    IgnoreValidationErrors: template,
    CRLStore: template,
    CommonName: element({ content: text, attributes: { wildcardMatch: boolean } }),
    Ciphers: element({ children: { Cipher: many(text) } }),
    Protocols: element({ children: { Protocol: many(text) } }),
  },
});

export const authentication = element({
  children: {
    HeaderName: element({ content: template, attributes: { ref: text } }),
    GoogleAccessToken: element({
      children: {
        Scopes: element({ children: { Scope: many(text) } }),
        LifetimeInSeconds: element({ content: text, attributes: { ref: text } }),
      },
    }),
    GoogleIDToken: element({
      children: {
        Audience: element({ content: template, attributes: { ref: text, useTargetUrl: boolean } }),
        IncludeEmail: element({ content: text, attributes: { ref: text } }),
      },
    }),
  },
});

const header = element({ content: text, attributes: named });

const healthMonitor = element({
  children: {
    IsEnabled: flag,
    IntervalInSec: integer(0),
    TCPMonitor: element({ children: { ConnectTimeoutInSec: integer(0), Port: integer(1, 65535) } }),
    HTTPMonitor: element({
      children: {
        Request: element({
          children: {
            ConnectTimeoutInSec: integer(0),
            SocketReadTimeoutInSec: integer(0),
            Port: integer(1, 65535),
            Verb: text,
            Path: text,
            Header: many(header),
            Payload: rawText,
            IsSSL: boolean,
            TrustAllSSL: boolean,
            UseTargetServerSSLInfo: boolean,
            IncludeHealthCheckIdHeader: boolean,
          },
        }),
        SuccessResponse: element({ children: { ResponseCode: many(text), Header: many(header) } }),
      },
    }),
  },
});

const server = element({
  attributes: named,
  children: { IsEnabled: boolean, Weight: integer(1), IsFallback: flag },
});

const loadBalancer = element({
  children: {
    Algorithm: oneOf('RoundRobin', 'Weighted', 'LeastConnections'),
    Server: many(server),
    TargetServer: many(element({ content: text, attributes: { name: text } })),
    MaxFailures: integer(0),
    RetryEnabled: boolean,
    ServerUnhealthyResponse: element({ children: { ResponseCode: many(text) } }),
    TargetDisableSecs: integer(0),
  },
});

export const httpTargetConnection = element({
  children: {
    URL: template,
    LoadBalancer: loadBalancer,
    Path: template,
    SSLInfo: sslInfo,
    Authentication: authentication,
    HealthMonitor: healthMonitor,
    Properties: properties,
    // Accepted without effect: in the published schema but not documented, or leftovers of public bundles.
    ErrorResponse: ignored,
    SessionCache: ignored,
    Verb: ignored,
  },
});

export const localTargetConnection = element({
  children: {
    APIProxy: template,
    ProxyEndpoint: template,
    Path: template,
    Properties: properties,
    VirtualHost: ignored,
  },
});

const scriptTarget = element({
  children: {
    ResourceURL: required(text),
    Arguments: element({ children: { Argument: many(text) } }),
    EnvironmentVariables: element({
      children: { EnvironmentVariable: many(element({ content: text, attributes: named })) },
    }),
    Properties: properties,
  },
});

export const targetEndpoint = element({
  attributes: { name: text },
  children: {
    ...flowChildren,
    FaultRules: faultRules,
    DefaultFaultRule: defaultFaultRule,
    HTTPTargetConnection: httpTargetConnection,
    HttpTargetConnection: httpTargetConnection,
    LocalTargetConnection: localTargetConnection,
    ScriptTarget: scriptTarget,
    HostedTarget: ignored,
    SSLInfo: ignored,
  },
});

export type TargetEndpointConfig = ConfigOf<typeof targetEndpoint>;
export type HTTPTargetConnectionConfig = ConfigOf<typeof httpTargetConnection>;
export type LocalTargetConnectionConfig = ConfigOf<typeof localTargetConnection>;
export type ScriptTargetConfig = ConfigOf<typeof scriptTarget>;
export type AuthenticationConfig = ConfigOf<typeof authentication>;
export type SSLInfoConfig = ConfigOf<typeof sslInfo>;
export type LoadBalancerConfig = ConfigOf<typeof loadBalancer>;
export type HealthMonitorConfig = ConfigOf<typeof healthMonitor>;
export type PropertiesConfig = ConfigOf<typeof properties>;

/** What a ServiceCallout may connect by: exactly one of the two. */
export interface CalloutConnection {
  readonly http: HTTPTargetConnectionConfig | undefined;
  readonly local: LocalTargetConnectionConfig | undefined;
}
