import { JsonFields } from '../../bundle/json-fields.ts';
import { type JsonNode, parseJson } from '../../bundle/json-source.ts';
import type { Diagnostics, Source } from '../../diagnostic.ts';
import { readApisixRoute } from './apisix-crd.ts';
import { type Resources, type Route, readRoute } from './apisix-route.ts';
import { parseYaml } from './yaml-source.ts';

/**
 * The routes of a file: an object or a list of the Admin API, the file of a standalone APISIX, or ApisixRoute resources of
 * Kubernetes.
 */
export function readApisixFile(source: Source, diagnostics: Diagnostics): Route[] {
  const documents = documentsOf(source, diagnostics);
  const routes = documents.flatMap((document) => routesOf(document, diagnostics));
  if (routes.length === 0 && diagnostics.list.length === 0) {
    const hint = 'It should hold a route of the Admin API, a standalone configuration, or an ApisixRoute.';
    diagnostics.error('ZH640', { source, offset: 0, length: 0 }, 'There is no route in this file.', hint);
  }
  return routes;
}

function documentsOf(source: Source, diagnostics: Diagnostics): readonly JsonNode[] {
  if (!/^\s*[{[]/.test(source.text)) return parseYaml(source, diagnostics) ?? [];
  const document = parseJson(source, diagnostics);
  return document === undefined ? [] : [document];
}

const noResources: Resources = { upstreams: new Map(), services: new Map(), pluginConfigs: new Map() };

function routesOf(node: JsonNode, diagnostics: Diagnostics): Route[] {
  if (node.kind === 'array') return node.items.flatMap((item) => routesOf(item, diagnostics));
  const fields = JsonFields.of(node, 'A route', diagnostics);
  if (fields === undefined) return [];
  const has = (name: string): boolean => fields.names.includes(name);
  // What the Admin API answers, version 3, and before it version 2.
  for (const wrapper of ['value', 'list', 'node', 'nodes']) {
    const inner = has(wrapper) && !has('uri') && !has('uris') ? fields.node(wrapper) : undefined;
    if (inner !== undefined) return routesOf(inner, diagnostics);
  }
  if (has('kind')) return resourceRoutes(fields, diagnostics);
  if (has('routes')) return standaloneRoutes(fields, diagnostics);
  return [readRoute(fields, noResources, diagnostics)].filter((route) => route !== undefined);
}

function resourceRoutes(fields: JsonFields, diagnostics: Diagnostics): Route[] {
  const kind = fields.text('kind') ?? '';
  if (kind === 'List') return fields.objects('items', 'A resource').flatMap((one) => resourceRoutes(one, diagnostics));
  if (kind === 'ApisixRoute') return readApisixRoute(fields, diagnostics);
  diagnostics.error('ZH643', fields.place('kind'), `A resource of kind ${kind} is not converted.`);
  return [];
}

/** APISIX: stand-alone mode. */
function standaloneRoutes(fields: JsonFields, diagnostics: Diagnostics): Route[] {
  const byId = (member: string): Map<string, JsonFields> =>
    new Map(fields.objects(member, `One of ${member}`).map((one) => [one.text('id') ?? '', one]));
  const resources = {
    upstreams: byId('upstreams'),
    services: byId('services'),
    pluginConfigs: byId('plugin_configs'),
  };
  const routes = fields.objects('routes', 'A route').flatMap((one) => readRoute(one, resources, diagnostics) ?? []);
  for (const [name, at] of fields.unread) diagnostics.error('ZH643', at, `"${name}" is not converted.`);
  return routes;
}
