import type { Resource } from '../state/resources.ts';
import { created, ok } from './answer.ts';
import type { ApiContext } from './context.ts';
import { absent, taken } from './failure.ts';
import { environment, environmentName } from './places.ts';
import { type ApiRequest, checkedName, checkedPath } from './request.ts';
import type { Route } from './route.ts';

const path = `${environment}/resourcefiles`;
const one = `${path}/{type}/{file}`;

/** Files that all bundles of the environment may use. Apigee: environments.resourcefiles, X and Edge. */
export const resourceFileRoutes: readonly Route[] = [
  {
    method: 'GET',
    path,
    summary: 'Names and types of the resource files',
    answers: { 200: 'ResourceFiles' },
    run: (request, context) => {
      environmentName(request, context);
      return ok({ resourceFile: context.deployments.resources.list('resourcefiles').map(fileBody) });
    },
  },
  {
    method: 'POST',
    path,
    summary: 'Adds a resource file',
    query: { type: 'jsc, xsl, properties ...', name: 'name of the file' },
    body: 'bytes',
    answers: { 201: 'ResourceFile' },
    run: async (request, context) => {
      environmentName(request, context);
      const [type, name] = [request.queryName('type'), checkedPath(request.query.get('name') ?? '', 'name')];
      if (context.deployments.resources.get('resourcefiles', `${type}/${name}`) !== undefined) {
        throw taken(
          'messaging.config.beans.ResourceAlreadyExists',
          `There is a resource file ${type}://${name} already.`,
        );
      }
      return created(await put(request, type, name, context));
    },
  },
  {
    method: 'GET',
    path: `${path}/{type}`,
    summary: 'Resource files of a type',
    answers: { 200: 'ResourceFiles' },
    run: (request, context) => {
      environmentName(request, context);
      const type = request.name('type');
      const files = context.deployments.resources.list('resourcefiles').map(fileBody);
      return ok({ resourceFile: files.filter((file) => file.type === type) });
    },
  },
  {
    method: 'GET',
    path: one,
    summary: 'The content of a resource file',
    answers: { 200: 'bytes' },
    run: (request, context) => {
      const { value } = found(request, context);
      const bytes = Buffer.from(String(value.content ?? ''), 'base64');
      return { status: 200, bytes, contentType: 'application/octet-stream' };
    },
  },
  {
    method: 'PUT',
    path: one,
    summary: 'Replaces a resource file',
    body: 'bytes',
    answers: { 200: 'ResourceFile' },
    run: async (request, context) => {
      const { type, name } = fileBody(found(request, context));
      return ok(await put(request, type, name, context));
    },
  },
  {
    method: 'DELETE',
    path: one,
    summary: 'Deletes a resource file',
    answers: { 200: 'ResourceFile' },
    run: async (request, context) => {
      const resource = found(request, context);
      await context.deployments.changeResource('resourcefiles', resource.name, undefined);
      return ok(fileBody(resource));
    },
  },
];

function found(request: ApiRequest, context: ApiContext): Resource {
  environmentName(request, context);
  const name = `${request.name('type')}/${request.key('file')}`;
  const resource = context.deployments.resources.get('resourcefiles', name);
  if (resource !== undefined) return resource;
  throw absent('messaging.config.beans.ResourceDoesNotExist', `There is no resource file ${name} in the environment.`);
}

async function put(request: ApiRequest, type: string, name: string, context: ApiContext): Promise<ApiFile> {
  checkedName(type, 'type');
  const bytes = request.isMultipart ? (await request.upload()).bytes : await request.bytes();
  const value = { type, name, content: bytes.toString('base64') };
  await context.deployments.changeResource('resourcefiles', `${type}/${name}`, value);
  return { name, type };
}

interface ApiFile {
  readonly name: string;
  readonly type: string;
}

function fileBody({ value }: Resource): ApiFile {
  return { name: String(value.name), type: String(value.type) };
}
