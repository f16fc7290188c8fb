import { nearest, type Place } from '../diagnostic.ts';
import { Fault, type FaultKind } from '../fault.ts';
import { isNestedDeeper } from '../json-depth.ts';
import { textOf } from '../language/value-text.ts';
import type { Exchange } from '../message/exchange.ts';
import { Message } from '../message/message.ts';
import type { Leaf } from '../schema/declare.ts';
import { integer, oneOf, text, variable } from '../schema/values.ts';
import { GraphqlMistake, type GraphqlSchema } from './graphql-engine.ts';
import { depthOf, type GraphqlParts, partsOf, setVariables } from './graphql-variables.ts';
import { isDecoded, isJson } from './payload-text.ts';
import { type Compiler, policy, type Step } from './policy.ts';

const refused = (name: string, message: string): FaultKind => ({
  code: `steps.graphql.${name}`,
  status: 400,
  text: message,
});

const faults = {
  unsupportedOperation: refused('UnsupportedOperationType', 'GraphQL: this type of operation is not allowed'),
  maxDepth: refused('MaxDepthExceeded', 'GraphQL: the document is too deep'),
  maxCount: refused('MaxCountExceeded', 'GraphQL: the document has too many fragments'),
  tooLarge: refused('PayloadTooLarge', 'GraphQL: the payload is too large'),
  parseFailed: refused('ParseFailed', 'GraphQL: the document cannot be parsed'),
  verificationFailed: refused('VerificationFailed', 'GraphQL: the document does not fit the schema'),
};

/** Types of operations that a value of OperationType allows. */
const operationTypes: Readonly<Record<string, readonly string[]>> = {
  query: ['query'],
  mutation: ['mutation'],
  query_mutation: ['query', 'mutation'],
  all: ['query', 'mutation'],
};

/** Reads a GraphQL request into flow variables, and holds it against limits and a schema. Apigee: GraphQL policy reference. */
export const GraphQL = policy({
  element: 'GraphQL',
  failedPrefix: 'graphql',
  children: {
    Source: variable,
    OperationType: oneOf('query', 'mutation', 'query_mutation', 'all'),
    MaxDepth: integer(1),
    MaxCount: integer(0),
    MaxPayloadSizeInBytes: integer(1),
    Action: oneOf('parse', 'verify', 'parse_verify'),
    ResourceURL: text,
  },
  faults,
  compile(config, compiler) {
    const source = config.Source?.text ?? 'request';
    const read = compiler.reader(source);
    const action = config.Action?.text ?? 'parse';
    const allowed = operationTypes[config.OperationType?.text ?? 'query'] ?? [];
    const maximumDepth = config.MaxDepth?.text ?? 10;
    const maximumCount = config.MaxCount?.text ?? 10;
    const maximumSize = config.MaxPayloadSizeInBytes?.text ?? Number.POSITIVE_INFINITY;
    const schema = action === 'parse' ? undefined : compileSchema(config.ResourceURL, config.at, compiler);
    const engine = compiler.graphql;
    if (engine === undefined) throw new Error('The GraphQL engine has not been loaded');
    const fail = (kind: FaultKind, reason: string): never => {
      throw new Fault(kind, `GraphQL[${compiler.name}]: ${reason}`);
    };
    const step: Step = (exchange) => {
      const value = read(exchange);
      if (value instanceof Message && value.body.length > maximumSize) {
        fail(faults.tooLarge, `the payload is larger than ${maximumSize} bytes`);
      }
      try {
        const document = engine.parse(queryOf(value, source));
        const parts = partsOf(document);
        check(parts);
        const reason = schema?.verify(document);
        if (reason !== undefined) fail(faults.verificationFailed, reason);
        publish(exchange, parts);
      } catch (error) {
        if (error instanceof GraphqlMistake) fail(faults.parseFailed, error.message);
        throw error;
      }
    };
    const check = (parts: GraphqlParts): void => {
      if (parts.operations.length === 0) throw new GraphqlMistake('The document has no operation');
      for (const { operation } of parts.operations) {
        if (!allowed.includes(operation)) fail(faults.unsupportedOperation, `a ${operation} is not allowed`);
      }
      if (action === 'verify') return;
      if (parts.fragments.length > maximumCount) fail(faults.maxCount, `more than ${maximumCount} fragments`);
      if (depthOf(parts) > maximumDepth) fail(faults.maxDepth, `fields are nested deeper than ${maximumDepth} levels`);
    };
    return step;
  },
});

/** Variables of a document that was read before must not be taken for those of this one. */
function publish(exchange: Exchange, parts: GraphqlParts): void {
  const before = [...(exchange.variables?.keys() ?? [])];
  for (const name of before) if (/^graphql\.(?:operation|fragment)\./.test(name)) exchange.setVariable(name, undefined);
  setVariables(parts, (name, value) => exchange.setVariable(name, value));
}

/** @throws GraphqlMistake when there is no query */
function queryOf(value: unknown, source: string): string {
  const query = value instanceof Message ? queryOfMessage(value) : textOf(value);
  if (query === undefined || query.trim() === '') throw new GraphqlMistake(`There is no query in ${source}`);
  return query;
}

/** Levels of the JSON around a query: its variables are not read. */
const depthOfJson = 256;

/** GraphQL over HTTP: a GET has it in a parameter, a POST in its payload, as JSON or as it is. */
function queryOfMessage(message: Message): string | undefined {
  if (message.kind === 'request' && (message.verb === 'GET' || message.body.isEmpty))
    return message.query.all('query')[0];
  const { content } = message;
  if (!isDecoded(message, content)) throw new GraphqlMistake('The payload is not UTF-8 text');
  if (!isJson(message)) return content;
  if (isNestedDeeper(content, depthOfJson)) throw new GraphqlMistake('The payload is nested too deeply');
  try {
    const payload = message.body.json(content);
    const holds = typeof payload === 'object' && payload !== null && Object.hasOwn(payload, 'query');
    const query: unknown = holds ? (payload as { readonly query: unknown }).query : undefined;
    return typeof query === 'string' ? query : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) throw new GraphqlMistake('The payload is not JSON');
    throw error;
  }
}

function compileSchema(url: Leaf<string> | undefined, at: Place, compiler: Compiler): GraphqlSchema | undefined {
  const name = /^graphql:\/\/(.+)$/.exec(url?.text ?? '')?.[1];
  if (url === undefined || name === undefined) {
    const message = 'To verify, GraphQL needs a schema.';
    compiler.error('ZH450', url?.at ?? at, message, 'Add <ResourceURL>graphql://FILE</ResourceURL>.');
    return undefined;
  }
  const resource = compiler.resource(url.text);
  if (resource === undefined) {
    const [best] = nearest(name, compiler.resourceNames('graphql'));
    const hint = best === undefined ? 'Put the file into resources/graphql.' : `Did you mean "graphql://${best}"?`;
    compiler.error('ZH451', url.at, `There is no resource "${url.text}" in the bundle or its environment.`, hint);
    return undefined;
  }
  try {
    return compiler.graphql?.schema(new TextDecoder().decode(resource.bytes));
  } catch (error) {
    if (!(error instanceof GraphqlMistake)) throw error;
    compiler.error('ZH452', url.at, `"${url.text}" is no GraphQL schema: ${error.message}.`);
    return undefined;
  }
}
