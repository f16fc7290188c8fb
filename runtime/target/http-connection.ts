import type { Environment } from '../bundle/environment.ts';
import type { HTTPTargetConnectionConfig } from '../bundle/target.ts';
import { Diagnostics, type Place } from '../diagnostic.ts';
import { Fault, flowFaults } from '../fault.ts';
import type { ConnectionCompiler } from '../flow/connections.ts';
import type { Template } from '../language/template.ts';
import { BodyNeed } from '../message/body-need.ts';
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
  /** Why every call fails; undefined when calls can be made. */
  readonly refusal: string | undefined;
}

/** The connection; undefined when it has no usable URL or LoadBalancer (reported). */
export function compileHttpConnection(
  config: HTTPTargetConnectionConfig,
  at: Place,
  pools: ConnectionPools,
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
  const refusal = refusalOf(config, diagnostics);
  const compression = properties.compression === undefined ? BodyNeed.none : BodyNeed.request;
  const shared = { pools, properties, tls, refusal };
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
    const needs = template.needs | tls.needs | compression;
    return { ...shared, url: template, balancer: undefined, path: undefined, monitor: undefined, needs };
  }
  if (balancing === undefined) return undefined;
  const monitored = config.HealthMonitor?.IsEnabled?.text === true;
  const balancer = compileLoadBalancer(balancing, properties.resumesTls, monitored, compiler);
  const template = path === undefined || path.text === '' ? undefined : compiler.template(path.text, path.at);
  const monitor = compileHealthMonitor(config.HealthMonitor, balancing.MaxFailures?.text ?? 0, balancer, diagnostics);
  const needs = (template?.needs ?? BodyNeed.none) | tls.needs | compression;
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
  const shared = { balancer: undefined, path: undefined, monitor: undefined, refusal: undefined };
  return { pools, properties, tls, url, ...shared, needs: BodyNeed.none };
}

/** Authentication asks for Google tokens: no call goes out without what its author thinks it carries. */
function refusalOf(config: HTTPTargetConnectionConfig, diagnostics: Diagnostics): string | undefined {
  const { Authentication } = config;
  if (Authentication === undefined) return undefined;
  if (Authentication.GoogleAccessToken === undefined && Authentication.GoogleIDToken === undefined) return undefined;
  const message =
    'Authentication asks for a Google token; zerohop has no source of those. Every call of this target fails.';
  const hint = 'Get the token with a ServiceCallout, set the header with AssignMessage, and remove <Authentication>.';
  diagnostics.warning('ZH048', Authentication.at, message, hint);
  return 'Authentication of the target is not supported: there is no source of Google tokens';
}

/** @throws Fault for a connection that cannot be used as it is declared */
export function checkUsable(connection: HttpConnection): void {
  if (connection.refusal !== undefined) throw new Fault(flowFaults.internalServerError, connection.refusal);
}
