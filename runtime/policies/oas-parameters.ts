import type { OasDocument, OasNode } from './oas-document.ts';
import type { OasFinding, OasSchema, OasSchemas } from './oas-engine.ts';

/** A parameter of an operation, or a header of a response. */
export interface OasParameter {
  readonly name: string;
  readonly place: 'path' | 'query' | 'header' | 'cookie';
  readonly required: boolean;
  /** Names under which it can come; more than one for an object whose members are parameters of their own. */
  readonly names: readonly string[];
  /** Why its values are not valid; undefined when they are. `read` gives the values of a name, none when it is absent. */
  check(read: (name: string) => readonly string[]): string | undefined;
}

/** What a parameter's text is taken apart into. */
type Decode = (values: readonly string[]) => unknown[];

/** OpenAPI 3.0.3, Parameter Object. */
export function compileParameter(
  name: string,
  place: OasParameter['place'],
  node: OasNode,
  document: OasDocument,
  schemas: OasSchemas,
): OasParameter {
  const required = place === 'path' || node.value.required === true;
  const common = { name, place, required };
  const schema = document.child(node, 'schema');
  const content = document.children(document.child(node, 'content'))[0]?.[1];
  if (schema === undefined) {
    const inside = content === undefined ? undefined : document.child(content, 'schema');
    const check = inside === undefined ? undefined : schemas.compile(inside.pointer);
    return { ...common, names: [name], check: (read) => single(read(name), (text) => jsonFinding(text, check)) };
  }
  const validate = schemas.compile(schema.pointer);
  const style = typeof node.value.style === 'string' ? node.value.style : usualStyles[place];
  const explodes = typeof node.value.explode === 'boolean' ? node.value.explode : style === 'form';
  if (kindOf(schema, document) === 'object') {
    return { ...common, ...objectParameter(name, style, explodes, schema, document, validate) };
  }
  // Labels and matrices in paths are rare: that they are there is all that is checked. zerohop's choice.
  if (style === 'label' || style === 'matrix') return { ...common, names: [name], check: () => undefined };
  const isList = kindOf(schema, document) === 'array';
  const decode = isList ? listDecoder(style, explodes) : scalars;
  return {
    ...common,
    names: [name],
    check: (read) => {
      const values = read(name);
      return values.length === 0 ? undefined : firstText(decode(values), validate);
    },
  };
}

const usualStyles = { path: 'simple', query: 'form', header: 'simple', cookie: 'form' } as const;

function single(values: readonly string[], check: (text: string) => string | undefined): string | undefined {
  const [first] = values;
  return first === undefined ? undefined : check(first);
}

function jsonFinding(text: string, check: OasSchema | undefined): string | undefined {
  try {
    return check?.(JSON.parse(text))?.text;
  } catch (error) {
    if (error instanceof SyntaxError) return 'The value is not JSON';
    throw error;
  }
}

/** A text may stand for a number or a boolean: the schema decides. Both readings, the typed one first. */
const scalars: Decode = ([text = '']) => readings(text);

function readings(text: string): unknown[] {
  const typed = typedValue(text);
  return typed === text ? [text] : [typed, text];
}

function typedValue(text: string): unknown {
  if (/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text)) return Number(text);
  return text === 'true' ? true : text === 'false' ? false : text;
}

function listDecoder(style: string, explodes: boolean): Decode {
  const separator = style === 'spaceDelimited' ? ' ' : style === 'pipeDelimited' ? '|' : ',';
  return (values) => {
    const items = explodes && style === 'form' ? values : values.flatMap((one) => one.split(separator));
    return [items.map(typedValue), [...items]];
  };
}

/** Valid when one of the readings is; else what is wrong with the one that is of the right type. */
function firstText(candidates: readonly unknown[], validate: OasSchema): string | undefined {
  let found: OasFinding | undefined;
  for (const value of candidates) {
    const finding = validate(value);
    if (finding === undefined) return undefined;
    if (found === undefined || (found.isType && !finding.isType)) found = finding;
  }
  return found?.text;
}

function kindOf(schema: OasNode, document: OasDocument): string | undefined {
  const { type } = schema.value;
  const first: unknown = Array.isArray(type) ? type.find((one) => one !== 'null') : type;
  if (typeof first === 'string') return first;
  return document.child(schema, 'properties') === undefined ? undefined : 'object';
}

function objectParameter(
  name: string,
  style: string,
  explodes: boolean,
  schema: OasNode,
  document: OasDocument,
  validate: OasSchema,
): Pick<OasParameter, 'names' | 'check'> {
  const properties = document.children(document.child(schema, 'properties')).map(([key]) => key);
  const nameOf = style === 'deepObject' ? (key: string) => `${name}[${key}]` : (key: string) => key;
  if (style === 'deepObject' || (style === 'form' && explodes)) {
    return {
      names: properties.map(nameOf),
      check: (read) =>
        objectText(
          properties.map((key) => [key, read(nameOf(key))[0]]),
          validate,
        ),
    };
  }
  return {
    names: [name],
    check: (read) => {
      const [text] = read(name);
      if (text === undefined) return undefined;
      const parts = text.split(',');
      // `k,v,k,v`, or with explode `k=v,k=v`.
      const pairs = explodes
        ? parts.map((part): [string, string] => [part.split('=', 1)[0] ?? '', part.slice(part.indexOf('=') + 1)])
        : parts.flatMap((part, index): [string, string][] => (index % 2 === 0 ? [[part, parts[index + 1] ?? '']] : []));
      return objectText(pairs, validate);
    },
  };
}

function objectText(
  pairs: readonly (readonly [string, string | undefined])[],
  validate: OasSchema,
): string | undefined {
  const present = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== undefined);
  if (present.length === 0) return undefined;
  const typed = Object.fromEntries(present.map(([key, value]) => [key, typedValue(value)]));
  return firstText([typed, Object.fromEntries(present)], validate);
}
