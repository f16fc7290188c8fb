import { formatBasePath } from '../bundle/base-path.ts';
import type { Named, PolicySource } from '../bundle/bundle.ts';
import type { ProxyEndpointConfig } from '../bundle/proxy.ts';
import type { TargetEndpointConfig } from '../bundle/target.ts';

/** Folders of a bundle whose files are parts with a name of their own. */
export type PartKind = 'policies' | 'targets' | 'proxies' | 'sharedflows';

export function policyBody({ name, root }: PolicySource): object {
  return { name, policyType: root.name };
}

/** X's endpoints name no virtual host; Edge's tools read one, to tell the URL of a proxy. zerohop's choice. */
export function endpointBody({ name, config }: Named<ProxyEndpointConfig>): object {
  const { BasePath, VirtualHost } = config.HTTPProxyConnection;
  const virtualHosts = VirtualHost.map((one) => one.text).filter((one) => one !== '');
  return {
    name,
    type: 'Proxy',
    connection: {
      connectionType: 'httpConnection',
      basePath: formatBasePath(BasePath?.text ?? '/') || '/',
      virtualHost: virtualHosts.length === 0 ? ['default'] : virtualHosts,
    },
    flows: config.Flows?.Flow.map((flow) => flow.name?.text ?? '') ?? [],
    routeRule: config.RouteRule.map((rule) => ({ name: rule.name?.text ?? '' })),
  };
}

export function targetBody({ name, config }: Named<TargetEndpointConfig>): object {
  const http = config.HTTPTargetConnection ?? config.HttpTargetConnection;
  const local = config.LocalTargetConnection;
  return {
    name,
    type: 'Target',
    connection:
      local === undefined
        ? { connectionType: 'httpConnection', uRL: http?.URL?.text ?? '' }
        : {
            connectionType: 'localTarget',
            aPIProxy: local.APIProxy?.text ?? '',
            proxyEndpoint: local.ProxyEndpoint?.text ?? '',
            path: local.Path?.text ?? '',
          },
  };
}
