import { type Files, proxy, proxyEndpoint, step, targetEndpoint } from './bundle-tree.ts';

/** Proxies that say in several places of their answer which version they are: a mixed answer would show. */

/** Answers with its version in a header of the proxy's flow, in one of a second policy, and in the payload. */
export function versioned(name: string, version: number): Files {
  const set = (policy: string, inner: string): string =>
    `<AssignMessage name="${policy}"><Set>${inner}</Set><AssignTo type="response" createNew="false"/></AssignMessage>`;
  const flow = `<PreFlow name="PreFlow"><Request/><Response>${step('head')}${step('body')}</Response></PreFlow>`;
  return proxy(
    name,
    proxyEndpoint(`/${name}`, `${flow}<RouteRule name="none"/>`),
    set('head', `<Headers><Header name="X-${name}">${version}</Header></Headers>`),
    set('body', `<Payload contentType="text/plain">${version}</Payload>`),
  );
}

/** Calls another proxy in memory and adds its own version as a header. */
export function versionedFront(name: string, target: string, version: number): Files {
  const head = `<AssignMessage name="head"><Set><Headers><Header name="X-${name}">${version}</Header></Headers></Set><AssignTo type="response" createNew="false"/></AssignMessage>`;
  const flow = `<PreFlow name="PreFlow"><Request/><Response>${step('head')}</Response></PreFlow>`;
  const route = '<RouteRule name="r"><TargetEndpoint>default</TargetEndpoint></RouteRule>';
  const local = `<LocalTargetConnection><APIProxy>${target}</APIProxy><ProxyEndpoint>default</ProxyEndpoint></LocalTargetConnection>`;
  return proxy(name, proxyEndpoint(`/${name}`, flow + route), targetEndpoint(local), head);
}
