import type { Environment } from '../bundle/environment.ts';
import type { HTTPTargetConnectionConfig } from '../bundle/target.ts';
import { Diagnostics, type Place } from '../diagnostic.ts';
import type { ConnectionCompiler } from '../flow/connections.ts';
import type { Template } from '../language/template.ts';
import { BodyNeed } from '../message/body-need.ts';
import type { Exchange } from '../message/exchange.ts';
import { compileGoogleAuthentication, type GoogleAuthentication } from '../policies/google-authentication.ts';
import { type GoogleTokens, noTokensHint } from '../policies/google-tokens.ts';
import { type Answer, after } from '../state/answer.ts';
import type { ConnectionPools } from './connection-pool.ts';
import { compileHealthMonitor, type HealthMonitor } from './health-monitor.ts';
import { compileLoadBalancer, type LoadBalancer } from './load-balancer.ts';
import { readTargetProperties, type TargetProperties } from './target-properties.ts';
import { parseTargetUrl } from './target-url.ts';
import { compileTls, plainTls, type TlsSettings } from './tls.ts';

/** HTTPTargetConnection, compiled: what a TargetEndpoint, a RouteRule's URL and a ServiceCallout have in common. */
export interface HttpConnection {
  readonly pools: ConnectionPools;
  readonly properties: TargetProperties;
  readonly tls: TlsSettings;
  /** Exactly one of `url` and `balancer`. */
  readonly url: Template | undefined;
  readonly balancer: LoadBalancer | undefined;
  /** Base path with a load balancer. */
  readonly path: Template | undefined;
  readonly monitor: HealthMonitor | undefined;
  readonly needs: BodyNeed;
  /** Undefined when calls carry no Google token. */
  readonly authentication: GoogleAuthentication | undefined;
}

/** What all connections of a server share. */
export interface Shared {
  readonly pools: ConnectionPools;
  readonly googleTokens: GoogleTokens;
}

/** The connection; undefined when it has no usable URL or LoadBalancer (reported). */
export function compileHttpConnection(
  config: HTTPTargetConnectionConfig,
  at: Place,
  { pools, googleTokens }: Shared,
  compiler: ConnectionCompiler,
): HttpConnection | undefined {
  const { diagnostics } = compiler;
  const { URL: url, LoadBalancer: balancing, Path: path } = config;
  const hasUrl = url !== undefined && url.text !== '';
  if (!hasUrl && balancing === undefined) {
    const hint = 'Add <URL>http://...</URL>, or a <LoadBalancer> with target servers.';
    diagnostics.error('TD014', url?.at ?? at, 'HTTPTargetConnection has neither a URL nor a LoadBalancer.', hint);
    return undefined;
  }
  if (hasUrl && balancing !== undefined) {
    const hint = 'Remove one of the two.';
    diagnostics.error('TD014', url.at, 'HTTPTargetConnection has both a URL and a LoadBalancer.', hint);
    return undefined;
  }
  const properties = readTargetProperties(config.Properties, diagnostics);
  const tls = compileTls(config.SSLInfo, properties.resumesTls, compiler);
  const authentication = authenticationOf(config, googleTokens, compiler);
  const compression = properties.compression === undefined ? BodyNeed.none : BodyNeed.request;
  const needed = compression | (authentication?.needs ?? BodyNeed.none) | tls.needs;
  const shared = { pools, properties, tls, authentication };
  if (hasUrl) {
    const template = compiler.template(url.text, url.at);
    if (template.constant !== undefined && parseTargetUrl(template.constant) === undefined) {
      const hint = 'Write it as http://host/path or https://host:port/path.';
      // Placeholders that a deploy script fills in stand here in public bundles, and `target.url` may replace it.
      const message = `"${url.text}" is not an http or https URL: calls of it fail unless target.url is set.`;
      diagnostics.warning('ZH035', url.at, message, hint);
    }
    if (path !== undefined && path.text !== '') {
      diagnostics.warning('ZH036', path.at, '<Path> has no effect beside a URL.', 'Write the path into the URL.');
    }
    if (config.HealthMonitor !== undefined) {
      diagnostics.warning('TD016', config.HealthMonitor.at, 'A HealthMonitor has no effect without a LoadBalancer.');
    }
    const needs = template.needs | needed;
    return { ...shared, url: template, balancer: undefined, path: undefined, monitor: undefined, needs };
  }
  if (balancing === undefined) return undefined;
  const monitored = config.HealthMonitor?.IsEnabled?.text === true;
  const balancer = compileLoadBalancer(balancing, properties.resumesTls, monitored, compiler);
  const template = path === undefined || path.text === '' ? undefined : compiler.template(path.text, path.at);
  const monitor = compileHealthMonitor(config.HealthMonitor, balancing.MaxFailures?.text ?? 0, balancer, diagnostics);
  const needs = (template?.needs ?? BodyNeed.none) | needed;
  return { ...shared, url: undefined, balancer, path: template, monitor, needs };
}

/** A connection by a literal URL with the defaults of everything else. */
export function plainConnection(text: string, pools: ConnectionPools, environment: Environment): HttpConnection {
  const properties = readTargetProperties(undefined, new Diagnostics());
  const url: Template = {
    render: () => text,
    needs: BodyNeed.none,
    constant: text,
    reads: [],
    usesXPath: false,
    warnings: [],
  };
  const tls = plainTls(true, environment);
  const shared = { balancer: undefined, path: undefined, monitor: undefined, authentication: undefined };
  return { pools, properties, tls, url, ...shared, needs: BodyNeed.none };
}

/** The Google token that calls carry; no call goes out without what its author thinks it carries. */
function authenticationOf(
  { Authentication: config, URL: url }: HTTPTargetConnectionConfig,
  tokens: GoogleTokens,
  compiler: ConnectionCompiler,
): GoogleAuthentication | undefined {
  if (config === undefined) return undefined;
  const authentication = compileGoogleAuthentication(config, url !== undefined && url.text !== '', tokens, {
    template: (text, at) => compiler.template(text, at),
    warning: (...finding) => compiler.diagnostics.warning(...finding),
  });
  if (authentication !== undefined && !tokens.hasSource) {
    const message =
      'Authentication asks for a Google token, and there is no source of those. Every call of this target fails.';
    compiler.diagnostics.warning('ZH048', config.at, message, noTokensHint);
  }
  return authentication;
}

/** The header fields of a request, with that of its Google token. @throws Fault when there is no token */
export function authenticated(
  { authentication }: HttpConnection,
  exchange: Exchange,
  url: string | undefined,
  headers: string[],
): Answer<string[]> {
  if (authentication === undefined) return headers;
  return after(authentication.field(exchange, url), ([name, value]) => {
    const lower = name.toLowerCase();
    const others = headers.filter((_, at) => headers[at - (at % 2)]?.toLowerCase() !== lower);
    return [...others, name, value];
  });
}
