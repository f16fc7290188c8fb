import { JsonFields } from '../../bundle/json-fields.ts';
import type { JsonNode } from '../../bundle/json-source.ts';
import type { Diagnostics, Place } from '../../diagnostic.ts';

export interface UpstreamNode {
  /** Name of its target server. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly weight: number;
  readonly priority: number;
}

/** Seconds. */
export interface Timeout {
  readonly connect: number;
  readonly read: number;
}

/** What a route calls. APISIX: upstream. */
export interface Upstream {
  readonly nodes: readonly UpstreamNode[];
  /** Names of target servers that are not known here. */
  readonly missing: readonly string[];
  readonly tls: { readonly verifies: boolean } | undefined;
  readonly algorithm: 'RoundRobin' | 'LeastConnections';
  readonly retries: boolean;
  /** `pass`: the client's Host. `node`: the server's. Else the text itself. */
  readonly host: { readonly kind: 'pass' | 'node' } | { readonly kind: 'fixed'; readonly text: string };
  readonly timeout: Timeout | undefined;
}

export function readUpstream(fields: JsonFields, diagnostics: Diagnostics): Upstream {
  const scheme = fields.text('scheme') ?? 'http';
  if (scheme !== 'http' && scheme !== 'https') {
    fields.error('scheme', `An upstream of scheme ${scheme} is not converted.`, 'Only http and https are called.');
  }
  const type = fields.text('type') ?? 'roundrobin';
  if (type !== 'roundrobin' && type !== 'least_conn') {
    const message = `Servers chosen by "${type}" are taken in turn here.`;
    diagnostics.warning('ZH644', fields.place('type'), message);
    for (const name of ['hash_on', 'key']) fields.node(name);
  }
  const retries = fields.integer('retries', 0, 1000);
  const verifies = fields.object('tls')?.boolean('verify') ?? false;
  if (scheme === 'https' && !verifies) {
    diagnostics.warning('ZH644', fields.at, 'As in APISIX, the certificate of this upstream is not checked.');
  }
  const nodes = readNodes(fields.node('nodes'), scheme, diagnostics).filter((node) => node.weight > 0);
  for (const name of ['service_name', 'discovery_type']) {
    if (fields.node(name) === undefined) continue;
    const hint = 'Write its servers into targetservers.json, and their names into the LoadBalancer.';
    diagnostics.error('ZH646', fields.place(name), 'Servers found by service discovery are not converted.', hint);
  }
  const upstream: Upstream = {
    nodes,
    missing: [],
    tls: scheme === 'https' ? { verifies } : undefined,
    algorithm: type === 'least_conn' ? 'LeastConnections' : 'RoundRobin',
    retries: retries !== 0,
    host: readHost(fields),
    timeout: readTimeout(fields.object('timeout')),
  };
  reportUnread(fields, 'upstream', diagnostics);
  return upstream;
}

/** A reference to something that is not in the file. */
export function missingUpstream(id: string, at: Place, diagnostics: Diagnostics): Upstream {
  const name = plainName(`upstream-${id}`);
  const hint = `Add the target server "${name}" to targetservers.json.`;
  diagnostics.error('ZH646', at, `Upstream "${id}" is not in the file.`, hint);
  return {
    nodes: [],
    missing: [name],
    tls: undefined,
    algorithm: 'RoundRobin',
    retries: true,
    host: { kind: 'pass' },
    timeout: undefined,
  };
}

function readNodes(node: JsonNode | undefined, scheme: string, diagnostics: Diagnostics): UpstreamNode[] {
  const usualPort = scheme === 'https' ? 443 : 80;
  if (node?.kind === 'object') {
    const fields = new JsonFields(node, 'nodes', diagnostics);
    return fields.names.map((address) => {
      const [, host = address, port] = /^(.*?)(?::(\d+))?$/.exec(address) ?? [];
      return upstreamNode(host, Number(port ?? usualPort), fields.integer(address, 0, 1_000_000) ?? 1, 0);
    });
  }
  if (node?.kind !== 'array') return [];
  return node.items.flatMap((item) => {
    const fields = JsonFields.of(item, 'A node', diagnostics);
    const host = fields?.requiredText('host');
    if (fields === undefined || host === undefined) return [];
    const port = fields.integer('port', 1, 65535) ?? usualPort;
    const weight = fields.integer('weight', 0, 1_000_000) ?? 1;
    const made = upstreamNode(host, port, weight, fields.integer('priority', -1_000_000, 1_000_000) ?? 0);
    reportUnread(fields, 'node', diagnostics);
    return [made];
  });
}

export function upstreamNode(host: string, port: number, weight: number, priority: number): UpstreamNode {
  return { name: plainName(`${host}-${port}`), host: host.replace(/^\[|\]$/g, ''), port, weight, priority };
}

/** A text with nothing in it that a name cannot hold. */
export function plainName(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9_.-]+/g, '-').replace(/^-+|-+$/g, '') || 'unnamed';
}

function readHost(fields: JsonFields): Upstream['host'] {
  const kind = fields.oneOf('pass_host', ['pass', 'node', 'rewrite']) ?? 'pass';
  const text = fields.text('upstream_host');
  if (kind === 'rewrite' && text !== undefined) return { kind: 'fixed', text };
  return { kind: kind === 'node' ? 'node' : 'pass' };
}

/** Seconds, as numbers; in Kubernetes with their unit. */
export function readTimeout(fields: JsonFields | undefined): Timeout | undefined {
  if (fields === undefined) return undefined;
  const seconds = (name: string): number | undefined => {
    const [, number = '', unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(fields.text(name) ?? '') ?? [];
    const factors: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };
    return number === '' ? undefined : Number(number) * (factors[unit] ?? 1);
  };
  const send = seconds('send');
  return { connect: seconds('connect') ?? usualTimeout, read: seconds('read') ?? send ?? usualTimeout };
}

/** Seconds. APISIX: upstream, timeout. */
export const usualTimeout = 60;

/** Members that describe, and do nothing. */
const descriptive: ReadonlySet<string> = new Set([
  'id',
  'name',
  'desc',
  'labels',
  'create_time',
  'update_time',
  'createdIndex',
  'modifiedIndex',
  'keepalive_pool',
]);

/** Nothing is dropped silently: what was not read, and does something, is said. */
export function reportUnread(fields: JsonFields, what: string, diagnostics: Diagnostics): void {
  for (const [name, at] of fields.unread) {
    if (descriptive.has(name)) continue;
    diagnostics.error(
      'ZH643',
      at,
      `"${name}" of this ${what} is not converted.`,
      'See what it does, and do it by hand.',
    );
  }
}
