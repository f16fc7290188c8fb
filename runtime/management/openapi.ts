import type { AnswerKind, BodyKind, Route } from './route.ts';
import { schemas } from './schemas.ts';

/**
 * The OpenAPI 3.1 document of the management port. It is made from the same table that requests are routed by, so that
 * it can leave nothing out.
 */
export function openApiDocument(routes: readonly Route[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const operations = paths[route.path] ?? {};
    operations[route.method.toLowerCase()] = operationOf(route);
    paths[route.path] = operations;
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'zerohop management',
      version,
      description,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{}, { bearer: [] }, { basic: [] }],
    paths,
    components: {
      schemas,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        basic: { type: 'http', scheme: 'basic', description: 'The token as password; the name is written to the log.' },
      },
      responses: { Error: { description: 'Why not', content: json('Error') } },
    },
  };
}

const description =
  'Health, metrics, the control API of the Apigee emulator, and the management API of Apigee X and Apigee Edge. ' +
  '`o` may be written for `organizations`, `e` for `environments`; with either, or with Basic authentication, ' +
  'lists come in the shapes of Edge.';

function operationOf(route: Route): object {
  const answers = Object.entries(route.answers).map(([status, what]) => [status, responseOf(Number(status), what)]);
  return {
    operationId: operationId(route),
    summary: route.summary,
    tags: [tagOf(route.path)],
    parameters: [
      ...[...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
        name,
        in: 'path',
        required: true,
        schema: { type: 'string' },
      })),
      ...Object.entries(route.query ?? {}).map(([name, text]) => ({
        name,
        in: 'query',
        description: text,
        schema: { type: 'string' },
      })),
    ],
    ...(route.body === undefined ? {} : { requestBody: { content: bodyContent(route.body) } }),
    responses: { ...Object.fromEntries(answers), default: { $ref: '#/components/responses/Error' } },
  };
}

function operationId({ method, path }: Route): string {
  const words = path.replace(/^\/v1\//, '').match(/\w+/g) ?? [];
  return [method.toLowerCase(), ...words].map((word, index) => (index === 0 ? word : capital(word))).join('');
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}

function tagOf(path: string): string {
  if (path.startsWith('/v1/emulator')) return 'emulator';
  const words = path.split('/').filter((word) => word !== '' && !word.startsWith('{'));
  const known = words.filter((word) => word !== 'v1' && word !== 'organizations' && word !== 'environments');
  return known[0]?.replace(/:.*/, '') ?? words.at(-1) ?? 'server';
}

function responseOf(status: number, answers: AnswerKind | readonly AnswerKind[]): object {
  const description = status === 201 ? 'Created' : status === 204 ? 'Done' : status < 400 ? 'OK' : 'Not now';
  const kinds = [answers].flat().filter((kind) => kind !== null);
  return kinds.length === 0 ? { description } : { description, content: Object.assign({}, ...kinds.map(contentOf)) };
}

function contentOf(kind: Exclude<AnswerKind, null>): object {
  if (kind === 'bytes') return { 'application/octet-stream': {} };
  if (kind === 'text') return { 'text/plain': {} };
  if (kind === 'events') return { 'text/event-stream': {} };
  return kind === 'xml' ? { 'application/xml': {} } : json(kind);
}

function bodyContent(body: BodyKind): object {
  const binary = { schema: { type: 'string', format: 'binary' } };
  const file = { schema: { type: 'object', properties: { file: { type: 'string', format: 'binary' } } } };
  switch (body) {
    case 'zip':
      return {
        'application/zip': binary,
        'application/octet-stream': binary,
        'application/x-www-form-urlencoded': binary,
        'multipart/form-data': file,
      };
    case 'bytes':
      return { 'application/octet-stream': binary, 'multipart/form-data': file };
    case 'xml':
      return { 'application/xml': { schema: { type: 'string' } } };
    case 'form':
      return { 'application/x-www-form-urlencoded': { schema: { type: 'object' } } };
    case 'multipart':
      return { 'multipart/form-data': { schema: { type: 'object' } } };
    default:
      return json(body);
  }
}

function json(schema: string): object {
  return { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } };
}
