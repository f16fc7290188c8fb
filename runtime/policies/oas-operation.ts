import type { OasDocument, OasNode } from './oas-document.ts';
import type { OasEngine, OasSchema, OasSchemas } from './oas-engine.ts';
import { compileParameter, type OasParameter } from './oas-parameters.ts';
import { OasPaths } from './oas-paths.ts';

/** An OpenAPI document, compiled. */
export interface OasApi {
  /** Operations of a path by their verbs, upper case. */
  readonly paths: OasPaths<ReadonlyMap<string, OasOperation>>;
}

export interface OasOperation {
  readonly parameters: readonly OasParameter[];
  /** Names, lower case, that the document specifies. */
  readonly known: Readonly<Record<'query' | 'header' | 'cookie', ReadonlySet<string>>>;
  readonly body: OasBody | undefined;
  response(status: number): OasResponse | undefined;
}

export interface OasBody {
  readonly required: boolean;
  /** The schema of a JSON payload; undefined when there is none. */
  readonly schema: OasSchema | undefined;
}

export interface OasResponse {
  readonly headers: readonly OasParameter[];
  readonly body: OasBody;
}

const verbs = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

/** @param bodies whether schemas of payloads are compiled. @throws OasMistake */
export function compileApi(document: OasDocument, engine: OasEngine, bodies: boolean): OasApi {
  const context = { document, schemas: engine.schemas(document.root, document.version), bodies };
  const paths = new OasPaths<ReadonlyMap<string, OasOperation>>();
  const keys = apiKeys(document);
  for (const [template, path] of document.children(document.child(document.rootNode, 'paths'))) {
    const operations = new Map<string, OasOperation>();
    for (const verb of verbs) {
      const operation = document.child(path, verb);
      if (operation !== undefined) operations.set(verb.toUpperCase(), compileOperation(path, operation, keys, context));
    }
    paths.add(template, operations);
  }
  return { paths };
}

interface Context {
  readonly document: OasDocument;
  readonly schemas: OasSchemas;
  readonly bodies: boolean;
}

interface Key {
  readonly place: string;
  readonly name: string;
}

/** Keys of security schemes are parameters that no operation lists. OpenAPI 3.0.3, Security Scheme Object. */
function apiKeys(document: OasDocument): Key[] {
  const components = document.child(document.rootNode, 'components');
  const schemes = components === undefined ? undefined : document.child(components, 'securitySchemes');
  return document.children(schemes).flatMap(([, { value }]) => {
    const isKey = value.type === 'apiKey' && typeof value.in === 'string' && typeof value.name === 'string';
    return isKey ? [{ place: String(value.in), name: String(value.name) }] : [];
  });
}

function compileOperation(path: OasNode, operation: OasNode, keys: readonly Key[], context: Context): OasOperation {
  const { document } = context;
  const byName = new Map<string, OasParameter>();
  // Those of the operation replace those of the path. OpenAPI 3.0.3, Operation Object.
  for (const node of [...document.items(path, 'parameters'), ...document.items(operation, 'parameters')]) {
    const parameter = parameterOf(node, context);
    if (parameter !== undefined) byName.set(`${parameter.place} ${parameter.name}`, parameter);
  }
  const parameters = [...byName.values()];
  const known = (place: string): ReadonlySet<string> =>
    new Set([
      ...parameters.filter((one) => one.place === place).flatMap((one) => one.names.map(lower)),
      ...keys.filter((one) => one.place === place).map((one) => one.name.toLowerCase()),
    ]);
  const body = document.child(operation, 'requestBody');
  const responses = new Map(
    document.children(document.child(operation, 'responses')).map(([status, node]) => {
      return [status.toLowerCase(), compileResponse(node, context)] as const;
    }),
  );
  return {
    parameters,
    known: { query: known('query'), header: known('header'), cookie: known('cookie') },
    body: body === undefined ? undefined : compileBody(body, body.value.required === true, context),
    response: (status) =>
      responses.get(String(status)) ?? responses.get(`${Math.floor(status / 100)}xx`) ?? responses.get('default'),
  };
}

function lower(name: string): string {
  return name.toLowerCase();
}

/** OpenAPI 3.0.3, Parameter Object: header parameters of these names are ignored. */
const ignoredHeaders: ReadonlySet<string> = new Set(['accept', 'content-type', 'authorization']);

function parameterOf(node: OasNode, { document, schemas }: Context): OasParameter | undefined {
  const { name, in: place } = node.value;
  if (typeof name !== 'string') return undefined;
  if (place !== 'path' && place !== 'query' && place !== 'header' && place !== 'cookie') return undefined;
  if (place === 'header' && ignoredHeaders.has(name.toLowerCase())) return undefined;
  return compileParameter(name, place, node, document, schemas);
}

function compileBody(node: OasNode, required: boolean, { document, schemas, bodies }: Context): OasBody {
  const contents = document.children(document.child(node, 'content'));
  const json =
    contents.find(([type]) => /^application\/(?:[\w.+-]*\+)?json\b/i.test(type)) ??
    contents.find(([type]) => /^(?:application|\*)\/\*/.test(type));
  const schema = json === undefined ? undefined : document.child(json[1], 'schema');
  return { required, schema: schema === undefined || !bodies ? undefined : schemas.compile(schema.pointer) };
}

function compileResponse(node: OasNode, context: Context): OasResponse {
  const { document, schemas } = context;
  const headers = document
    .children(document.child(node, 'headers'))
    .flatMap(([name, header]) =>
      name.toLowerCase() === 'content-type' ? [] : [compileParameter(name, 'header', header, document, schemas)],
    );
  const hasContent = document.children(document.child(node, 'content')).length > 0;
  return { headers, body: compileBody(node, hasContent, context) };
}
