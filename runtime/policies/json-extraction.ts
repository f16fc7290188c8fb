import { type Place, placeWithin } from '../diagnostic.ts';
import { Fault } from '../fault.ts';
import { parseJson } from '../json-depth.ts';
import { valueKinds } from '../language/cast.ts';
import { compileJsonPath, type JsonPath } from '../language/json-path.ts';
import { PatternError } from '../language/pattern.ts';
import { bareJsonText, textOf } from '../language/value-text.ts';
import type { Exchange } from '../message/exchange.ts';
import { Message, mediaType } from '../message/message.ts';
import { type ConfigOf, element, type Leaf, many, requiredAttribute } from '../schema/declare.ts';
import { oneOf, template, variable } from '../schema/values.ts';
import {
  cast,
  compileTarget,
  type Extraction,
  type ExtractionContext,
  executionFailed,
  extractionFaults,
} from './extraction.ts';
import type { Compiler } from './policy.ts';

const jsonVariable = element({
  attributes: { name: requiredAttribute(variable), type: oneOf(...valueKinds) },
  children: { JSONPath: many(template) },
});

/** JSONPayload of ExtractVariables. */
export const jsonPayload = element({ children: { Variable: many(jsonVariable) } });

/** Apigee: ExtractVariables, JSONPayload. A message has to be of a JSON content type; any other value is taken as JSON. */
export function compileJsonPayload(config: ConfigOf<typeof jsonPayload>, context: ExtractionContext): Extraction[] {
  if (config.Variable.length === 0) {
    const hint = 'Add <Variable name="..."><JSONPath>...</JSONPath></Variable>, or remove it.';
    // A warning beside other elements: the platform deploys public bundles that have it empty.
    context.compiler.warning('PO033', config.at, 'JSONPayload extracts nothing.', hint);
    return [];
  }
  const variables = config.Variable.map((one) => compileJsonVariable(one, context));
  const run: Extraction['run'] = (exchange, source) => {
    if (source instanceof Message && !isJson(mediaType(source.headers.line('content-type')))) return false;
    const root = rootOf(source, context);
    let found = false;
    for (const extract of variables) found = extract(exchange, root) || found;
    return found;
  };
  return [{ at: config.at, run }];
}

/** zerohop's choice: types with `+json` (RFC 6839) are JSON as well. */
function isJson(type: string | undefined): boolean {
  return type === 'application/json' || (type?.endsWith('+json') ?? false);
}

/** @throws Fault ExecutionFailed for a text that is empty or not JSON */
function rootOf(source: unknown, { compiler }: ExtractionContext): unknown {
  if (typeof source === 'object' && !(source instanceof Message) && !(source instanceof Uint8Array)) return source;
  try {
    return source instanceof Message ? source.body.json(source.content) : parseJson(textOf(source) ?? '');
  } catch (error) {
    if (error instanceof SyntaxError) throw executionFailed(compiler);
    throw error;
  }
}

/** The schema allows a Variable several paths. zerohop's choice: the first that finds something gives the value. */
type VariableExtraction = (exchange: Exchange, root: unknown) => boolean;

function compileJsonVariable(config: ConfigOf<typeof jsonVariable>, context: ExtractionContext): VariableExtraction {
  const { compiler, ignoresUnresolved } = context;
  const name = config.name.text;
  const kind = config.type?.text ?? 'string';
  if (config.JSONPath.length === 0) reportEmptyPath(config.at, compiler);
  const paths = config.JSONPath.map((leaf) => compilePath(leaf, context));
  const target = compileTarget(name, context);
  return (exchange, root) => {
    let missing: string | undefined;
    for (const path of paths) {
      const compiled = path(exchange);
      if (compiled === undefined) continue;
      const { found, value } = evaluate(compiled.path, root, context);
      if (!found) {
        if (compiled.path.definite) missing ??= compiled.text;
        continue;
      }
      const text = bareJsonText(value);
      // JSON's null is a value that no variable can hold.
      if (text === undefined) return false;
      target(exchange, cast(text, kind, name, compiler));
      return true;
    }
    if (missing === undefined || ignoresUnresolved) return false;
    throw invalidPath(missing, context);
  };
}

function reportEmptyPath(at: Place, compiler: Compiler): void {
  compiler.error('PO040', at, 'The JSON path is empty (EmptyJSONPathExpression).', 'Write one, such as $.user.name.');
}

/** @throws Fault ExecutionFailed when the path selects more than can be held */
function evaluate(path: JsonPath, root: unknown, { compiler }: ExtractionContext): ReturnType<JsonPath['value']> {
  try {
    return path.value(root);
  } catch (error) {
    if (error instanceof PatternError) throw executionFailed(compiler);
    throw error;
  }
}

interface CompiledPath {
  readonly text: string;
  readonly path: JsonPath;
}

/** Paths a template has given that are kept compiled. Their texts come from requests: they do not end. */
const keptPaths = 64;

/** Undefined for a path that a template gave, that is none, and that is to be ignored. */
function compilePath(leaf: Leaf<string>, context: ExtractionContext): (exchange: Exchange) => CompiledPath | undefined {
  const { compiler, ignoresUnresolved } = context;
  if (leaf.text === '') {
    reportEmptyPath(leaf.at, compiler);
    return () => undefined;
  }
  const rendered = compiler.template(leaf.text, leaf.at, {
    unresolved: ignoresUnresolved
      ? undefined
      : () => {
          throw invalidPath(leaf.text, context);
        },
  });
  const { constant } = rendered;
  if (constant !== undefined) {
    const whole = /^\$\.{1,2}$/.test(constant);
    if (whole) {
      const message = `"${constant}" counts as $, the whole payload, as on Apigee Edge; Apigee X refuses it.`;
      compiler.warning('PO040', leaf.at, message, 'Write $.');
    }
    try {
      const path = { text: constant, path: compileJsonPath(whole ? '$' : constant) };
      return () => path;
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      const at = placeWithin(leaf.at, error.index, 1);
      compiler.error('PO040', at, `${error.message} in the JSON path "${leaf.text}".`);
      return () => undefined;
    }
  }
  const known = new Map<string, CompiledPath | undefined>();
  return (exchange) => {
    const text = rendered.render(exchange);
    if (!known.has(text)) {
      if (known.size >= keptPaths) known.clear();
      known.set(text, pathOrUndefined(text));
    }
    const path = known.get(text);
    if (path === undefined && !ignoresUnresolved) throw invalidPath(text, context);
    return path;
  };
}

function pathOrUndefined(text: string): CompiledPath | undefined {
  try {
    return { text, path: compileJsonPath(text) };
  } catch (error) {
    if (error instanceof PatternError) return undefined;
    throw error;
  }
}

function invalidPath(path: string, { compiler }: ExtractionContext): Fault {
  return new Fault(extractionFaults.invalidJsonPath, `Invalid JSON path ${path} in policy ${compiler.name}.`);
}
