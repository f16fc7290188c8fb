import type { JsonFields } from '../../bundle/json-fields.ts';
import type { Diagnostics, Place } from '../../diagnostic.ts';
import { type Match, matchOf, textsOf, variableCondition } from './apisix-match.ts';
import {
  missingUpstream,
  readTimeout,
  readUpstream,
  reportUnread,
  type Timeout,
  type Upstream,
} from './apisix-upstream.ts';

/** A plugin of a route, switched on. */
export interface Plugin {
  readonly name: string;
  readonly at: Place;
  readonly settings: JsonFields;
}

/** A route in one form, wherever it came from. */
export interface Route {
  readonly name: string;
  readonly at: Place;
  readonly match: Match;
  readonly priority: number;
  readonly plugins: readonly Plugin[];
  readonly timeout: Timeout | undefined;
  readonly upstream: Upstream | undefined;
}

/** Resources that routes of the same file refer to, by id. */
export interface Resources {
  readonly upstreams: ReadonlyMap<string, JsonFields>;
  readonly services: ReadonlyMap<string, JsonFields>;
  readonly pluginConfigs: ReadonlyMap<string, JsonFields>;
}

/** @returns undefined for one that is switched off or cannot be matched, which is reported */
export function readRoute(fields: JsonFields, resources: Resources, diagnostics: Diagnostics): Route | undefined {
  const service = referred(fields, 'service_id', resources.services, diagnostics);
  const configs = referred(fields, 'plugin_config_id', resources.pluginConfigs, diagnostics);
  const hosts = textsOf(fields, 'host', 'hosts');
  const vars = fields.node('vars');
  const match = matchOf(
    {
      paths: textsOf(fields, 'uri', 'uris'),
      hosts: hosts.length > 0 || service === undefined ? hosts : service.texts('hosts'),
      methods: fields.texts('methods'),
      addresses: textsOf(fields, 'remote_addr', 'remote_addrs'),
      conditions: vars?.kind === 'array' ? vars.items.map((item) => variableCondition(item, diagnostics)) : [],
      at: fields.at,
    },
    diagnostics,
  );
  // A service gives less than a plugin configuration, that less than the route itself. APISIX: plugin merging precedence.
  const plugins = new Map<string, Plugin>();
  for (const from of [service, configs, fields]) readPlugins(from?.object('plugins'), plugins, diagnostics);
  const timeout = readTimeout(fields.object('timeout'));
  const upstream =
    upstreamOf(fields, resources, diagnostics) ?? (service && upstreamOf(service, resources, diagnostics));
  const priority = fields.integer('priority', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER) ?? 0;
  const name = fields.text('name') ?? fields.text('id') ?? '';
  if (fields.integer('status', 0, 1) === 0) {
    diagnostics.warning('ZH644', fields.place('status'), 'This route is switched off and left out.');
    return undefined;
  }
  if (fields.boolean('enable_websocket') === true) {
    const message = 'An upgrade to WebSocket is not passed on.';
    diagnostics.error('ZH643', fields.place('enable_websocket'), message, 'Serve these calls elsewhere.');
  }
  reportUnread(fields, 'route', diagnostics);
  return match && { name, at: fields.at, match, priority, plugins: [...plugins.values()], timeout, upstream };
}

function referred(
  fields: JsonFields,
  member: string,
  known: ReadonlyMap<string, JsonFields>,
  diagnostics: Diagnostics,
): JsonFields | undefined {
  const id = fields.text(member);
  const found = id === undefined ? undefined : known.get(id);
  if (id !== undefined && found === undefined) {
    const message = `${member} "${id}" is not in the file; what it holds is not converted.`;
    diagnostics.error('ZH646', fields.place(member), message, 'Put it into the same file.');
  }
  return found;
}

function upstreamOf(fields: JsonFields, resources: Resources, diagnostics: Diagnostics): Upstream | undefined {
  const own = fields.object('upstream');
  if (own !== undefined) return readUpstream(own, diagnostics);
  const id = fields.text('upstream_id');
  if (id === undefined) return undefined;
  const found = resources.upstreams.get(id);
  return found === undefined
    ? missingUpstream(id, fields.place('upstream_id'), diagnostics)
    : readUpstream(found, diagnostics);
}

function readPlugins(from: JsonFields | undefined, plugins: Map<string, Plugin>, diagnostics: Diagnostics): void {
  for (const name of from?.names ?? []) {
    const settings = from?.object(name);
    if (from === undefined || settings === undefined) continue;
    addPlugin(name, settings, from.place(name), plugins, diagnostics);
  }
}

/** A plugin that is disabled has no effect, there as here. */
export function addPlugin(
  name: string,
  settings: JsonFields,
  at: Place,
  plugins: Map<string, Plugin>,
  diagnostics: Diagnostics,
): void {
  plugins.delete(name);
  const meta = settings.object('_meta');
  if (meta?.boolean('disable') === true || settings.boolean('disable') === true) return;
  for (const [member, place] of meta?.unread ?? []) {
    diagnostics.error('ZH643', place, `"_meta.${member}" of plugin ${name} is not converted.`);
  }
  plugins.set(name, { name, at, settings });
}
