import type { JsonObject } from '../bundle/environment.ts';
import type { ResourceKind } from '../state/resource-kinds.ts';
import type { Resource } from '../state/resources.ts';
import { type ApiAnswer, created, ok } from './answer.ts';
import type { ApiContext } from './context.ts';
import { type ApiError, absent, taken } from './failure.ts';
import { requiredText } from './members.ts';
import { type ApiRequest, checkedName, type JsonMembers } from './request.ts';
import type { Method, Route } from './route.ts';
import type { SchemaName } from './schemas.ts';

/** Resources that are created, listed, read, changed and deleted by name, all in the same way. */
export interface ResourceApi {
  readonly kind: ResourceKind;
  /** Path of all of them. */
  readonly path: string;
  /** Name of the path parameter. */
  readonly parameter: string;
  /** `A target server`, for messages. */
  readonly title: string;
  readonly schema: SchemaName;
  readonly listSchema: SchemaName;
  readonly codes: { readonly absent: string; readonly taken: string };
  /** Called before anything else: whether the place that the path names is there. */
  readonly checkPlace: (request: ApiRequest, context: ApiContext) => void;
  /** The name it is kept under, of one that is created; default: its member `name`. */
  readonly nameOf?: (body: JsonMembers, request: ApiRequest) => string;
  /** The name it is kept under, of one that is asked for; default: the path parameter. */
  readonly keyOf?: (request: ApiRequest, context: ApiContext) => string;
  /** What is kept; default: what was sent. @throws ApiError 400 */
  readonly read?: (body: JsonMembers, name: string) => JsonObject;
  /** What is answered; default: what is kept. */
  readonly show?: (resource: Resource, context: ApiContext) => object;
  /** Default: the names. */
  readonly list?: (resources: readonly Resource[], request: ApiRequest, context: ApiContext) => unknown;
  readonly listQuery?: Readonly<Record<string, string>>;
  /** Methods that change one; default: PUT alone. Their bodies replace what is kept. */
  readonly changedBy?: readonly Method[];
}

export function resourceRoutes(api: ResourceApi): Route[] {
  const one = `${api.path}/{${api.parameter}}`;
  const show = (resource: Resource, context: ApiContext): object => api.show?.(resource, context) ?? resource.value;
  return [
    {
      method: 'GET',
      path: api.path,
      summary: `Each of them: ${api.title.toLowerCase()}`,
      ...(api.listQuery === undefined ? {} : { query: api.listQuery }),
      answers: { 200: api.listSchema },
      run: (request, context) => {
        api.checkPlace(request, context);
        const resources = context.deployments.resources.list(api.kind);
        return ok(api.list?.(resources, request, context) ?? resources.map(({ name }) => name));
      },
    },
    {
      method: 'POST',
      path: api.path,
      summary: `Creates one: ${api.title.toLowerCase()}`,
      body: api.schema,
      answers: { 201: api.schema },
      run: (request, context) => create(api, request, context, show),
    },
    {
      method: 'GET',
      path: one,
      summary: api.title,
      answers: { 200: api.schema },
      run: (request, context) => ok(show(found(api, request, context), context)),
    },
    ...(api.changedBy ?? (['PUT'] as const)).map(
      (method): Route => ({
        method,
        path: one,
        summary: `Replaces it: ${api.title.toLowerCase()}`,
        body: api.schema,
        answers: { 200: api.schema },
        run: async (request, context) => {
          const { name } = found(api, request, context);
          const body = await request.json();
          await context.deployments.changeResource(api.kind, name, api.read?.(body, name) ?? { ...body, name });
          return ok(show(found(api, request, context), context));
        },
      }),
    ),
    {
      method: 'DELETE',
      path: one,
      summary: `Deletes it: ${api.title.toLowerCase()}`,
      answers: { 200: api.schema },
      run: async (request, context) => {
        const resource = found(api, request, context);
        const body = show(resource, context);
        await context.deployments.changeResource(api.kind, resource.name, undefined);
        return ok(body);
      },
    },
  ];
}

async function create(
  api: ResourceApi,
  request: ApiRequest,
  context: ApiContext,
  show: (resource: Resource, context: ApiContext) => object,
): Promise<ApiAnswer> {
  api.checkPlace(request, context);
  const body = await request.json();
  const name = api.nameOf?.(body, request) ?? checkedName(requiredText(body, 'name', api.title), 'name');
  const { deployments } = context;
  if (deployments.resources.get(api.kind, name) !== undefined) {
    throw taken(api.codes.taken, `${api.title} named ${name} exists already.`);
  }
  await deployments.changeResource(api.kind, name, api.read?.(body, name) ?? { ...body, name });
  const made = deployments.resources.get(api.kind, name);
  if (made === undefined) throw absent(api.codes.absent, `${api.title} named ${name} is gone again.`);
  return created(show(made, context));
}

function found(api: ResourceApi, request: ApiRequest, context: ApiContext): Resource {
  api.checkPlace(request, context);
  const name = api.keyOf?.(request, context) ?? request.name(api.parameter);
  const resource = context.deployments.resources.get(api.kind, name);
  if (resource === undefined) throw missing(api, name);
  return resource;
}

export function missing(api: Pick<ResourceApi, 'codes' | 'title'>, name: string): ApiError {
  return absent(api.codes.absent, `${api.title} named ${name} does not exist.`);
}
