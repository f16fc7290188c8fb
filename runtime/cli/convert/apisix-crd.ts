import { JsonFields } from '../../bundle/json-fields.ts';
import type { JsonNode } from '../../bundle/json-source.ts';
import type { Diagnostics } from '../../diagnostic.ts';
import { matchOf } from './apisix-match.ts';
import { addPlugin, type Plugin, type Route } from './apisix-route.ts';
import {
  missingUpstream,
  readTimeout,
  reportUnread,
  type Upstream,
  type UpstreamNode,
  upstreamNode,
} from './apisix-upstream.ts';
import { quoted } from './nginx-text.ts';

/** The routes of an ApisixRoute, version v2. APISIX Ingress Controller: ApisixRoute reference. */
export function readApisixRoute(resource: JsonFields, diagnostics: Diagnostics): Route[] {
  const version = resource.text('apiVersion') ?? '';
  if (version !== 'apisix.apache.org/v2') {
    diagnostics.warning('ZH644', resource.place('apiVersion'), `"${version}" is read as apisix.apache.org/v2.`);
  }
  const metadata = resource.object('metadata');
  const namespace = metadata?.text('namespace') ?? 'default';
  const owner = metadata?.text('name') ?? '';
  const spec = resource.object('spec');
  for (const name of ['stream']) {
    if (spec?.node(name) === undefined) continue;
    diagnostics.error('ZH643', spec.place(name), 'Stream routes (TCP, UDP) are not converted.');
  }
  const rules = spec?.objects('http', 'A rule') ?? [];
  const routes = rules.flatMap((rule) => readRule(rule, owner, namespace, diagnostics) ?? []);
  if (spec !== undefined) {
    spec.node('ingressClassName');
    reportUnread(spec, 'ApisixRoute', diagnostics);
  }
  return routes;
}

function readRule(rule: JsonFields, owner: string, namespace: string, diagnostics: Diagnostics): Route | undefined {
  const wanted = rule.object('match');
  const exprs = wanted?.objects('exprs', 'An expression') ?? [];
  const match = matchOf(
    {
      paths: wanted?.texts('paths') ?? [],
      hosts: wanted?.texts('hosts') ?? [],
      methods: wanted?.texts('methods') ?? [],
      addresses: wanted?.texts('remoteAddrs') ?? [],
      conditions: exprs.map((one) => expression(one, diagnostics)),
      at: rule.at,
    },
    diagnostics,
  );
  if (wanted !== undefined) reportUnread(wanted, 'match', diagnostics);
  const plugins = new Map<string, Plugin>();
  for (const one of rule.objects('plugins', 'A plugin')) {
    const name = one.requiredText('name');
    const settings = one.object('config') ?? JsonFields.of(nothing(one), 'config', diagnostics);
    const isOn = one.boolean('enable') ?? false;
    if (name !== undefined && settings !== undefined && isOn) addPlugin(name, settings, one.at, plugins, diagnostics);
    reportUnread(one, 'plugin', diagnostics);
  }
  const authentication = rule.object('authentication');
  if (authentication?.boolean('enable') === true) {
    const name = authentication.text('type') === 'basicAuth' ? 'basic-auth' : 'key-auth';
    addPlugin(name, authentication, rule.place('authentication'), plugins, diagnostics);
  }
  if (rule.boolean('websocket') === true) {
    diagnostics.error('ZH643', rule.place('websocket'), 'An upgrade to WebSocket is not passed on.');
  }
  const route = {
    name: [owner, rule.text('name')].filter((one) => one !== undefined && one !== '').join('-'),
    at: rule.at,
    priority: rule.integer('priority', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER) ?? 0,
    plugins: [...plugins.values()],
    timeout: readTimeout(rule.object('timeout')),
    upstream: backendsOf(rule, namespace, diagnostics),
  };
  reportUnread(rule, 'rule', diagnostics);
  return match && { ...route, match };
}

function nothing(fields: JsonFields): JsonNode {
  return { kind: 'object', at: fields.at, members: new Map() };
}

/** A service is reached by its name inside the cluster. Kubernetes: DNS for services. */
function backendsOf(rule: JsonFields, namespace: string, diagnostics: Diagnostics): Upstream | undefined {
  const nodes: UpstreamNode[] = [];
  for (const backend of rule.objects('backends', 'A backend')) {
    const service = backend.requiredText('serviceName');
    const port = backend.integer('servicePort', 1, 65535);
    const weight = backend.integer('weight', 0, 1_000_000) ?? 1;
    backend.text('resolveGranularity');
    reportUnread(backend, 'backend', diagnostics);
    if (service === undefined || port === undefined || weight === 0) continue;
    nodes.push(upstreamNode(`${service}.${namespace}.svc.cluster.local`, port, weight, 0));
  }
  const missing = rule.objects('upstreams', 'An upstream').flatMap((upstream) => {
    const name = upstream.requiredText('name');
    reportUnread(upstream, 'reference', diagnostics);
    return name === undefined ? [] : missingUpstream(name, upstream.at, diagnostics).missing;
  });
  if (nodes.length === 0 && missing.length === 0) return undefined;
  return {
    nodes,
    missing,
    tls: undefined,
    algorithm: 'RoundRobin',
    retries: true,
    host: { kind: 'pass' },
    timeout: undefined,
  };
}

const scopes: Readonly<Record<string, (name: string) => string>> = {
  Header: (name) => `request.header.${name}`,
  Query: (name) => `request.queryparam.${name}`,
  Path: () => 'request.path',
};

/** @returns undefined when no condition says the same, which is reported */
function expression(fields: JsonFields, diagnostics: Diagnostics): string | undefined {
  const subject = fields.object('subject');
  const variable = scopes[subject?.text('scope') ?? '']?.(subject?.text('name') ?? '');
  const operator = fields.text('op') ?? '';
  const condition = variable === undefined ? undefined : operation(variable, operator, fields);
  if (condition !== undefined) return condition;
  diagnostics.error('ZH645', fields.at, 'This route is left out: no condition says the same as this expression.');
  return undefined;
}

function operation(variable: string, operator: string, fields: JsonFields): string | undefined {
  const value = fields.text('value');
  const text = value === undefined ? undefined : quoted(value);
  const set = fields.texts('set').map(quoted);
  if (operator === 'In' || operator === 'NotIn') {
    if (set.length === 0 || set.includes(undefined)) return undefined;
    const any = set.map((one) => `${variable} = ${one}`).join(' or ');
    return operator === 'In' ? any : `not (${any})`;
  }
  if (text === undefined) return undefined;
  const pattern = (flags: string): string => `${variable} JavaRegex "(?${flags}).*(?:${text.slice(1, -1)}).*"`;
  switch (operator) {
    case 'Equal':
      return `${variable} = ${text}`;
    case 'NotEqual':
      return `${variable} != ${text}`;
    case 'GreaterThan':
    case 'LessThan':
      return Number.isNaN(Number(value)) ? undefined : `${variable} ${operator === 'LessThan' ? '<' : '>'} ${value}`;
    case 'RegexMatch':
      return pattern('s');
    case 'RegexMatchCaseInsensitive':
      return pattern('si');
    case 'RegexNotMatch':
      return `not (${pattern('s')})`;
    case 'RegexNotMatchCaseInsensitive':
      return `not (${pattern('si')})`;
    default:
      return undefined;
  }
}
