import { OasMistake, type OasVersion } from './oas-engine.ts';

/** A place in an OpenAPI document. */
export interface OasNode {
  readonly value: Readonly<Record<string, unknown>>;
  /** As in a `$ref`: `#/paths/~1pets/get`. */
  readonly pointer: string;
}

const depthLimit = 256;
const referenceLimit = 32;

/** An OpenAPI document in which the schemas of 3.0 are written as JSON Schema, and references can be followed. */
export class OasDocument {
  readonly version: OasVersion;
  readonly root: Readonly<Record<string, unknown>>;

  /** @throws OasMistake */
  constructor(read: unknown) {
    if (!isObject(read)) throw new OasMistake('The document is no object');
    const { openapi } = read;
    if (typeof openapi !== 'string' || !/^3\.[01]\./.test(`${openapi}.`)) {
      const found = openapi ?? read.swagger;
      const what = found === undefined ? 'It names no version' : `Its version is ${String(found)}`;
      throw new OasMistake(`${what}; OpenAPI 3.0 and 3.1 are known`);
    }
    this.version = openapi.startsWith('3.0') ? '3.0' : '3.1';
    const plain = plainCopy(read, this.version === '3.0', 0);
    if (!isObject(plain)) throw new OasMistake('The document is no object');
    this.root = plain;
  }

  /** The child of a node at a key, references followed; undefined when there is none. @throws OasMistake */
  child(node: OasNode, key: string): OasNode | undefined {
    const value = Object.hasOwn(node.value, key) ? node.value[key] : undefined;
    return isObject(value) ? this.#follow({ value, pointer: `${node.pointer}/${pointerPart(key)}` }) : undefined;
  }

  get rootNode(): OasNode {
    return { value: this.root, pointer: '#' };
  }

  /** Own keys of a node with what they hold, references followed. */
  children(node: OasNode | undefined): [string, OasNode][] {
    if (node === undefined) return [];
    return Object.keys(node.value).flatMap((key): [string, OasNode][] => {
      const child = this.child(node, key);
      return child === undefined ? [] : [[key, child]];
    });
  }

  /** The items of a list of objects. */
  items(node: OasNode, key: string): OasNode[] {
    const list = node.value[key];
    if (!Array.isArray(list)) return [];
    return list.flatMap((value: unknown, index) =>
      isObject(value) ? [this.#follow({ value, pointer: `${node.pointer}/${pointerPart(key)}/${index}` })] : [],
    );
  }

  #follow(node: OasNode): OasNode {
    let at = node;
    for (let count = 0; typeof at.value.$ref === 'string'; count++) {
      if (count > referenceLimit) throw new OasMistake(`${node.pointer}: the references go round in circles`);
      at = this.#lookUp(at.value.$ref);
    }
    return at;
  }

  #lookUp(reference: string): OasNode {
    if (!reference.startsWith('#/')) throw new OasMistake(`"${reference}" leads out of the document`);
    let value: unknown = this.root;
    for (const part of reference.slice(2).split('/')) {
      const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
      const holds = typeof value === 'object' && value !== null && Object.hasOwn(value, key);
      value = holds ? (value as Record<string, unknown>)[key] : undefined;
    }
    if (!isObject(value)) throw new OasMistake(`"${reference}" leads nowhere`);
    return { value, pointer: reference };
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** RFC 6901, as a fragment. */
function pointerPart(key: string): string {
  return encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'));
}

/** A copy without shared parts, so that nothing goes round in circles. OpenAPI 3.0.3, Schema Object. */
function plainCopy(value: unknown, is30: boolean, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > depthLimit) throw new OasMistake(`The document is nested deeper than ${depthLimit} levels`);
  if (Array.isArray(value)) return value.map((one) => plainCopy(one, is30, depth + 1));
  const copy: Record<string, unknown> = {};
  for (const [key, one] of Object.entries(value)) {
    if (key !== '__proto__') copy[key] = plainCopy(one, is30, depth + 1);
  }
  return is30 ? modern(copy) : copy;
}

/** What 3.0 says in its own way: nullable, exclusive bounds that are booleans, and no siblings of a reference. */
function modern(schema: Record<string, unknown>): Record<string, unknown> {
  if (typeof schema.$ref === 'string') return { $ref: schema.$ref };
  for (const [exclusive, bound] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (typeof schema[exclusive] !== 'boolean') continue;
    if (schema[exclusive] && typeof schema[bound] === 'number') {
      schema[exclusive] = schema[bound];
      delete schema[bound];
    } else delete schema[exclusive];
  }
  if (schema.nullable !== true) return schema;
  const { nullable: _, ...rest } = schema;
  if (typeof rest.type !== 'string') return { anyOf: [rest, { type: 'null' }] };
  if (Array.isArray(rest.enum) && !rest.enum.includes(null)) rest.enum = [...(rest.enum as unknown[]), null];
  return { ...rest, type: [rest.type, 'null'] };
}
