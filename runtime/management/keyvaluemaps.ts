import { type KeyValueMap, type KeyValueMapScope, KeyValueMaps, keyValueMapScope } from '../state/keyvaluemap.ts';
import { type ApiAnswer, created, ok } from './answer.ts';
import type { ApiContext } from './context.ts';
import { absent, invalid, taken } from './failure.ts';
import { flagMember, objectsMember, textMember } from './members.ts';
import { api, environment, environmentName, organization } from './places.ts';
import type { ApiRequest, JsonMembers } from './request.ts';
import type { Route } from './route.ts';

/** Key value maps of the organization, of an environment and of a proxy. Apigee: keyvaluemaps, X and Edge. */
export const keyValueMapRoutes: readonly Route[] = [
  ...routesAt(organization, 'the organization', (_, context) =>
    keyValueMapScope.organization({ organization: own(context) }),
  ),
  ...routesAt(environment, 'the environment', (request, context) =>
    keyValueMapScope.environment({ organization: own(context), environment: environmentName(request, context) }),
  ),
  ...routesAt(api, 'a proxy', (request, context) =>
    keyValueMapScope.apiproxy({ organization: own(context), bundle: request.name('api') }),
  ),
];

/** There is one organization, whatever the caller calls it. */
function own({ deployments }: ApiContext): string {
  return deployments.environment.organization;
}

type ScopeOf = (request: ApiRequest, context: ApiContext) => KeyValueMapScope;

function routesAt(base: string, whose: string, scopeOf: ScopeOf): Route[] {
  const maps = `${base}/keyvaluemaps`;
  const map = `${maps}/{map}`;
  const entry = `${map}/entries/{entry}`;
  const open = async (request: ApiRequest, context: ApiContext): Promise<OpenMap> => {
    const name = request.key('map');
    const opened = new KeyValueMaps(context.store).open(scopeOf(request, context), name);
    const encrypted = await opened.encrypted();
    // A policy may have written entries to a map that nobody created.
    if (encrypted === undefined && (await opened.list()).length === 0) throw noMap(name);
    return { name, map: opened, encrypted: encrypted ?? false, hides: encrypted === true && request.style === 'edge' };
  };
  return [
    {
      method: 'GET',
      path: maps,
      summary: `Names of the key value maps of ${whose}`,
      answers: { 200: 'Names' },
      run: async (request, context) => ok(await new KeyValueMaps(context.store).names(scopeOf(request, context))),
    },
    {
      method: 'POST',
      path: maps,
      summary: `Creates a key value map of ${whose}`,
      body: 'KeyValueMap',
      answers: { 201: 'KeyValueMap' },
      run: async (request, context) => create(await request.json(), scopeOf(request, context), context),
    },
    {
      method: 'GET',
      path: map,
      summary: 'A key value map with its entries',
      answers: { 200: 'KeyValueMap' },
      run: async (request, context) => ok(await mapBody(await open(request, context))),
    },
    ...(['POST', 'PUT'] as const).map(
      (method): Route => ({
        method,
        path: map,
        summary: 'Writes several entries; others stay',
        body: 'KeyValueMap',
        answers: { 200: 'KeyValueMap' },
        run: async (request, context) => {
          const opened = await open(request, context);
          for (const [key, value] of entriesOf(await request.json())) await opened.map.put(key, [value]);
          return ok(await mapBody(opened));
        },
      }),
    ),
    {
      method: 'DELETE',
      path: map,
      summary: 'Deletes a key value map with its entries',
      answers: { 200: 'KeyValueMap' },
      run: async (request, context) => {
        const opened = await open(request, context);
        const body = await mapBody(opened);
        await new KeyValueMaps(context.store).drop(scopeOf(request, context), opened.name);
        return ok(body);
      },
    },
    {
      method: 'GET',
      path: `${map}/entries`,
      summary: 'Entries of a key value map; Edge: their names',
      query: { pageSize: 'entries at most (X); 100 when absent', pageToken: 'nextPageToken of the page before (X)' },
      answers: { 200: 'KeyValueEntries' },
      run: async (request, context) => listEntries(request, await open(request, context)),
    },
    {
      method: 'POST',
      path: `${map}/entries`,
      summary: 'Adds an entry',
      body: 'KeyValueEntry',
      answers: { 201: 'KeyValueEntry' },
      run: async (request, context) => addEntry(await request.json(), await open(request, context)),
    },
    {
      method: 'GET',
      path: entry,
      summary: 'One entry',
      answers: { 200: 'KeyValueEntry' },
      run: async (request, context) => ok(await entryBody(await open(request, context), request.key('entry'))),
    },
    ...(['PUT', 'POST'] as const).map(
      (method): Route => ({
        method,
        path: entry,
        summary: 'Changes an entry',
        body: 'KeyValueEntry',
        answers: { 200: 'KeyValueEntry' },
        run: async (request, context) => {
          const opened = await open(request, context);
          const key = request.key('entry');
          await entryBody(opened, key);
          await opened.map.put(key, [textMember(await request.json(), 'value') ?? '']);
          return ok(await entryBody(opened, key));
        },
      }),
    ),
    {
      method: 'DELETE',
      path: entry,
      summary: 'Deletes an entry',
      answers: { 200: 'KeyValueEntry' },
      run: async (request, context) => {
        const opened = await open(request, context);
        const body = await entryBody(opened, request.key('entry'));
        await opened.map.delete(request.key('entry'));
        return ok(body);
      },
    },
  ];
}

/** A map that is there. */
interface OpenMap {
  readonly name: string;
  readonly map: KeyValueMap;
  readonly encrypted: boolean;
  /** Edge shows no value of an encrypted map; on X all maps are encrypted, and the API shows their values. */
  readonly hides: boolean;
}

async function create(body: JsonMembers, scope: KeyValueMapScope, context: ApiContext): Promise<ApiAnswer> {
  const name = textMember(body, 'name');
  if (name === undefined || name === '') throw invalid('A key value map needs a "name".');
  const encrypted = flagMember(body, 'encrypted') ?? false;
  const entries = entriesOf(body);
  const map = new KeyValueMaps(context.store).open(scope, name);
  if (!(await map.create(encrypted))) {
    throw taken('keyvaluemap.service.keyvaluemap_already_exists', `There is a key value map "${name}" already.`);
  }
  for (const [key, value] of entries) await map.put(key, [value]);
  return created(await mapBody({ name, map, encrypted, hides: encrypted }));
}

async function listEntries(request: ApiRequest, opened: OpenMap): Promise<ApiAnswer> {
  const keys = await opened.map.list();
  if (request.style === 'edge') return ok(keys);
  const size = Math.min(Math.max(Number(request.query.get('pageSize') ?? 100) || 100, 1), 1000);
  const after = request.query.get('pageToken') ?? '';
  const rest = after === '' ? keys : keys.filter((key) => key > after);
  const page = rest.slice(0, size);
  const nextPageToken = rest.length > size ? (page.at(-1) ?? '') : '';
  const keyValueEntries = [];
  for (const key of page) keyValueEntries.push(await entryBody(opened, key));
  return ok({ keyValueEntries, nextPageToken });
}

async function addEntry(body: JsonMembers, opened: OpenMap): Promise<ApiAnswer> {
  const key = textMember(body, 'name');
  const value = textMember(body, 'value');
  if (key === undefined || key === '' || value === undefined) throw invalid('An entry needs "name" and "value".');
  if (!(await opened.map.add(key, [value]))) {
    throw taken('keyvaluemap.service.entry_already_exists', `The map "${opened.name}" has an entry "${key}" already.`);
  }
  return created(await entryBody(opened, key));
}

async function entryBody({ name, map, hides }: OpenMap, key: string): Promise<{ name: string; value: string }> {
  const values = await map.get(key);
  if (values === undefined) {
    throw absent('keyvaluemap.service.entry_doesnot_exist', `The map "${name}" has no entry "${key}".`);
  }
  // Policies can store several values under a key; the API knows one.
  const value = values.length === 1 ? (values[0] ?? '') : JSON.stringify(values);
  return { name: key, value: hides ? '*****' : value };
}

async function mapBody(opened: OpenMap): Promise<object> {
  const entry = [];
  for (const key of await opened.map.list()) entry.push(await entryBody(opened, key));
  return { name: opened.name, encrypted: opened.encrypted, entry };
}

function entriesOf(body: JsonMembers): [string, string][] {
  return objectsMember(body, 'entry').map((one) => {
    const name = textMember(one, 'name');
    if (name === undefined || name === '') throw invalid('An entry needs a "name".');
    return [name, textMember(one, 'value') ?? ''];
  });
}

function noMap(name: string): Error {
  return absent('keyvaluemap.service.keyvaluemap_doesnot_exist', `There is no key value map "${name}" here.`);
}
