import type { Diagnostics } from '../../diagnostic.ts';
import { hostCondition, type PathMatch, pathCondition } from './apisix-match.ts';
import { planOf } from './apisix-plugins.ts';
import type { Route } from './apisix-route.ts';
import { plainName, type UpstreamNode } from './apisix-upstream.ts';
import { literalPayload, type RoutePlan, raise, stepText } from './route-plan.ts';
import { targetEndpoint } from './target-text.ts';
import { type Xml, xml, xmlText } from './xml-text.ts';

/** A proxy bundle that does what some routes do. */
export interface ConvertedProxy {
  readonly name: string;
  readonly basePath: string;
  /** Texts by path below apiproxy/. */
  readonly files: ReadonlyMap<string, string>;
  readonly servers: readonly (UpstreamNode & { readonly tls: { readonly verifies: boolean } | undefined })[];
}

/** Routes whose paths may overlap become one proxy: its flows are tried in the order in which APISIX tries the routes. */
export function proxiesOf(routes: readonly Route[], diagnostics: Diagnostics): ConvertedProxy[] {
  const names = new Set<string>();
  return groups(routes).map((group) => {
    const own = group.routes.length === 1 ? (group.routes[0]?.name ?? '') : '';
    const name = unused(bundleName(own, group.basePath), names);
    return proxyOf(name, group.basePath, group.routes, diagnostics);
  });
}

interface Group {
  basePath: string;
  readonly routes: Route[];
}

function groups(routes: readonly Route[]): Group[] {
  let found: Group[] = [];
  for (const route of routes) {
    const own: Group = { basePath: shortest(route.match.paths.map(basePathOf)), routes: [route] };
    const overlapping = found.filter(
      ({ basePath }) => isWithin(basePath, own.basePath) || isWithin(own.basePath, basePath),
    );
    const joined: Group = {
      basePath: shortest([...overlapping, own].map((group) => group.basePath)),
      routes: [...overlapping.flatMap((group) => group.routes), route],
    };
    const at = overlapping[0] === undefined ? found.length : found.indexOf(overlapping[0]);
    found = [...found.slice(0, at), joined, ...found.slice(at).filter((group) => !overlapping.includes(group))];
  }
  // What a join made shorter may overlap with what stood apart before.
  return found.length === routes.length || isSettled(found) ? found : groups(found.flatMap((group) => group.routes));
}

function isSettled(found: readonly Group[]): boolean {
  return found.every((one) => found.every((other) => one === other || !isWithin(one.basePath, other.basePath)));
}

/** The whole segments before a wildcard: `/a/b*` lies in `/a`. No trailing slash; the root is empty. */
function basePathOf({ text, isPrefix }: PathMatch): string {
  return isPrefix ? text.slice(0, text.lastIndexOf('/')) : text.replace(/\/$/, '');
}

/** What all of them lie in. */
function shortest(paths: readonly string[]): string {
  return paths.reduce((common, path) => {
    let inside = common;
    while (!isWithin(inside, path)) inside = inside.slice(0, inside.lastIndexOf('/'));
    return inside;
  });
}

function isWithin(outer: string, path: string): boolean {
  return path === outer || path.startsWith(`${outer}/`);
}

function bundleName(name: string, basePath: string): string {
  const own = name === '' || /^\d+$/.test(name) ? basePath : name;
  return own.replaceAll(/[^A-Za-z0-9_-]+/g, '-').replace(/^-+|-+$/g, '') || 'root';
}

function unused(name: string, taken: Set<string>): string {
  let free = name;
  for (let count = 2; taken.has(free); count++) free = `${name}-${count}`;
  taken.add(free);
  return free;
}

/** A route, with its plugins worked out, under one of its paths. */
interface PlannedRoute {
  readonly route: Route;
  readonly suffix: string;
  readonly plan: RoutePlan;
}

function proxyOf(name: string, basePath: string, routes: readonly Route[], diagnostics: Diagnostics): ConvertedProxy {
  const names = new Set<string>();
  const planned = routes.map((route): PlannedRoute => {
    const suffix = unused(plainName(route.name === '' ? name : route.name), names);
    return { route, suffix, plan: planOf(route, suffix, diagnostics) };
  });
  const files = new Map([[`${name}.xml`, xmlText(xml('APIProxy', [], { name, revision: '1' }))]]);
  files.set('proxies/default.xml', xmlText(proxyEndpoint(basePath, planned)));
  const servers: ConvertedProxy['servers'][number][] = [];
  for (const { route, suffix, plan } of planned) {
    if (plan.answers) continue;
    if (route.upstream === undefined) {
      const hint = 'It answers by itself, with an empty payload. Add a TargetEndpoint.';
      diagnostics.error('ZH646', route.at, 'This route has no upstream.', hint);
      continue;
    }
    const { tls } = route.upstream;
    servers.push(...route.upstream.nodes.map((node) => ({ ...node, tls })));
    const target = targetEndpoint(suffix, basePath, route, plan);
    files.set(`targets/${suffix}.xml`, xmlText(target.endpoint));
    for (const policy of target.policies) files.set(`policies/${policy.attributes.name}.xml`, xmlText(policy));
  }
  for (const policy of [...planned.flatMap(({ plan }) => plan.request.map((step) => step.policy)), notFound]) {
    files.set(`policies/${policy.attributes.name}.xml`, xmlText(policy));
  }
  return { name, basePath: basePath === '' ? '/' : basePath, files, servers };
}

/** What APISIX answers when no route takes a request. */
const notFound = raise(
  'RF-No-Route',
  404,
  new Map(),
  literalPayload('{"error_msg":"404 Route Not Found"}', 'application/json'),
);

function proxyEndpoint(basePath: string, planned: readonly PlannedRoute[]): Xml {
  const ordered = planned.flatMap(branches).sort((one, other) => before(one, other));
  const flows = ordered.map(({ name, condition, plan }) => {
    return xml('Flow', [xml('Request', plan.request.map(stepText)), xml('Condition', condition)], { name });
  });
  const last = xml('Flow', [xml('Request', [stepText({ policy: notFound })])], { name: 'no-route' });
  const rules = ordered.map(({ name, condition, plan, route, suffix }) => {
    const target = plan.answers || route.upstream === undefined ? undefined : xml('TargetEndpoint', suffix);
    return xml('RouteRule', [xml('Condition', condition), target], { name });
  });
  const connection = xml('HTTPProxyConnection', [xml('BasePath', basePath === '' ? '/' : basePath)]);
  return xml('ProxyEndpoint', [connection, xml('Flows', [...flows, last]), ...rules], { name: 'default' });
}

/** One way into a route: a path, with or without hosts. Each has a place of its own in the order. */
interface Branch extends PlannedRoute {
  readonly name: string;
  readonly path: PathMatch;
  readonly condition: string;
  /** Length of the longest host; 0 without. */
  readonly host: number;
}

function branches(planned: PlannedRoute): Branch[] {
  const { paths, hosts, conditions } = planned.route.match;
  return paths.map((path, index) => {
    const own = hosts.length === 0 ? [] : [hosts.map(hostCondition).join(' or ')];
    const condition = [pathCondition(path), ...own, ...conditions].map((one) => `(${one})`).join(' and ');
    const host = Math.max(0, ...hosts.map((one) => one.text.length * 2 + (one.isWildcard ? 0 : 1)));
    return { ...planned, name: index === 0 ? planned.suffix : `${planned.suffix}-${index + 1}`, path, condition, host };
  });
}

/** APISIX: router radixtree_host_uri. Hosts first, then exact paths, then the longest; equal paths by priority. */
function before(one: Branch, other: Branch): number {
  if (one.host !== other.host) return other.host - one.host;
  if (one.path.isPrefix !== other.path.isPrefix) return one.path.isPrefix ? 1 : -1;
  if (one.path.text.length !== other.path.text.length) return other.path.text.length - one.path.text.length;
  return other.route.priority - one.route.priority;
}
