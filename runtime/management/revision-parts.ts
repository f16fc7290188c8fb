import type { Bundle } from '../bundle/bundle.ts';
import { Diagnostics, Source } from '../diagnostic.ts';
import { parseXml } from '../xml/parse.ts';
import { type ApiAnswer, created, ok } from './answer.ts';
import { type Collection, collections, idOf, revisionOf } from './bundles.ts';
import type { ApiContext } from './context.ts';
import { ApiError, absent, invalid } from './failure.ts';
import { endpointBody, type PartKind, policyBody, targetBody } from './part-body.ts';
import { type ApiRequest, checkedName } from './request.ts';
import type { Route } from './route.ts';

/**
 * The parts of a revision, one by one: Edge's tools build a revision this way, in any order, and nothing is checked
 * before it is deployed. Apigee Edge: apis.revisions.policies, targets, proxies; sharedflows.revisions likewise.
 */
export const partRoutes: readonly Route[] = collections.flatMap((collection) =>
  partKinds(collection).flatMap((part) => routesOf(collection, part)),
);

function partKinds({ kind }: Collection): readonly PartKind[] {
  return kind === 'apiproxy' ? ['policies', 'targets', 'proxies'] : ['policies', 'sharedflows'];
}

function routesOf(collection: Collection, part: PartKind): Route[] {
  const path = `${collection.one}/revisions/{revision}/${part}`;
  return [
    {
      method: 'GET',
      path,
      summary: `Names of the ${part} of a revision`,
      answers: { 200: 'Names' },
      run: async (request, context) => ok([...partsOf(await bundleOf(request, collection, context), part).keys()]),
    },
    {
      method: 'POST',
      path,
      summary: `Adds one of the ${part}, or replaces it`,
      ...(part === 'policies' ? {} : { query: { name: 'default: the name in the XML' } }),
      body: 'xml',
      answers: { 201: 'RevisionPart' },
      run: async (request, context) => created(await put(request, collection, part, undefined, context)),
    },
    {
      method: 'GET',
      path: `${path}/{part}`,
      summary: `One of the ${part}; as XML when that is asked for with Accept`,
      answers: { 200: ['RevisionPart', 'xml'] },
      run: async (request, context) => show(request, await bundleOf(request, collection, context), part),
    },
    ...(['PUT', 'POST'] as const).map(
      (method): Route => ({
        method,
        path: `${path}/{part}`,
        summary: `Replaces one of the ${part}`,
        body: 'xml',
        answers: { 200: 'RevisionPart' },
        run: async (request, context) => ok(await put(request, collection, part, request.name('part'), context)),
      }),
    ),
    {
      method: 'DELETE',
      path: `${path}/{part}`,
      summary: `Deletes one of the ${part}`,
      answers: { 200: 'RevisionPart' },
      run: async (request, context) => {
        const bundle = await bundleOf(request, collection, context);
        const name = request.name('part');
        const file = fileOf(bundle, part, name);
        if (file === undefined) throw noPart(part, name);
        const { revision } = revisionOf(idOf(request, collection), request.key('revision'), context);
        await context.deployments.deletePiece(idOf(request, collection), revision, file);
        return ok({ name });
      },
    },
  ];
}

async function bundleOf(request: ApiRequest, collection: Collection, context: ApiContext): Promise<Bundle> {
  const id = idOf(request, collection);
  const { revision } = revisionOf(id, request.key('revision'), context);
  return (await context.deployments.readBundle(id, revision)).bundle;
}

/** File of every part, by its name: the file may have another. */
function partsOf(bundle: Bundle, part: PartKind): Map<string, string> {
  const sources =
    part === 'policies'
      ? [...bundle.policies.values()].map(({ name, root }) => [name, root.place.source] as const)
      : endpointsOf(bundle, part).map(({ name, at }) => [name, at.source] as const);
  return new Map(sources.map(([name, source]) => [name, source.file]));
}

function endpointsOf(bundle: Bundle, part: Exclude<PartKind, 'policies'>) {
  if (part === 'targets') return bundle.targetEndpoints;
  return part === 'proxies' ? bundle.proxyEndpoints : bundle.sharedFlows;
}

/** Path below the bundle's folder. */
function fileOf(bundle: Bundle, part: PartKind, name: string): string | undefined {
  return partsOf(bundle, part)
    .get(name)
    ?.slice(bundle.folder.length + 1);
}

async function put(
  request: ApiRequest,
  collection: Collection,
  part: PartKind,
  given: string | undefined,
  context: ApiContext,
): Promise<{ name: string }> {
  const id = idOf(request, collection);
  const { revision } = revisionOf(id, request.key('revision'), context);
  const { bytes } = await request.upload();
  const asked = request.query.get('name');
  const name = given ?? (asked === null ? nameInXml(bytes, part) : checkedName(asked, 'name'));
  const file = fileOf(await bundleOf(request, collection, context), part, name) ?? `${part}/${name}.xml`;
  await context.deployments.putPiece(id, revision, file, bytes);
  return { name };
}

/** @throws ApiError 400 when it is no XML, or its root has no name */
function nameInXml(bytes: Uint8Array, part: PartKind): string {
  const diagnostics = new Diagnostics();
  const root = parseXml(new Source(`${part}.xml`, Buffer.from(bytes).toString('utf8')), diagnostics);
  if (root === undefined) {
    throw new ApiError(400, 'messaging.config.beans.InvalidXml', 'The body is no well-formed XML.', {
      diagnostics: diagnostics.list,
    });
  }
  const name = root.attributes.find((one) => one.name === 'name')?.value;
  if (name === undefined) throw invalid(`<${root.name}> has no attribute "name", which is what it is stored under.`);
  return checkedName(name, 'name');
}

function show(request: ApiRequest, bundle: Bundle, part: PartKind): ApiAnswer {
  const name = request.name('part');
  if (part === 'policies') {
    const policy = bundle.policies.get(name);
    if (policy === undefined) throw noPart(part, name);
    return asXml(request, policy.root.place.source) ?? ok(policyBody(policy));
  }
  const found = endpointsOf(bundle, part).find((one) => one.name === name);
  if (found === undefined) throw noPart(part, name);
  const xml = asXml(request, found.at.source);
  if (xml !== undefined) return xml;
  const proxy = bundle.proxyEndpoints.find((one) => one.name === name);
  if (part === 'proxies' && proxy !== undefined) return ok(endpointBody(proxy));
  const target = bundle.targetEndpoints.find((one) => one.name === name);
  return ok(part === 'targets' && target !== undefined ? targetBody(target) : { name });
}

function asXml(request: ApiRequest, source: Source): ApiAnswer | undefined {
  if (!request.accepts('application/xml')) return undefined;
  return { status: 200, bytes: Buffer.from(source.text), contentType: 'application/xml' };
}

function noPart(part: PartKind, name: string): ApiError {
  return absent('messaging.config.beans.ObjectDoesNotExist', `The revision has no "${name}" among its ${part}.`);
}
