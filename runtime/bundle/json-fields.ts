import { type Diagnostics, nearest, type Place } from '../diagnostic.ts';
import type { JsonNode, JsonObject } from './json-source.ts';

/** Codes of findings in files of an environment. */
const codes = { shape: 'ZH051', unknown: 'ZH052' } as const;

/**
 * Reads the members of a JSON object, each mistake at its place. Numbers and booleans may be written as strings, as the
 * documented files have them now so, now so. Members nobody asked for are kept silent unless they look misspelt.
 */
export class JsonFields {
  readonly at: Place;
  readonly #object: JsonObject;
  readonly #what: string;
  readonly #diagnostics: Diagnostics;
  readonly #asked = new Set<string>();

  /** @param what names the object in messages: `A target server` */
  constructor(object: JsonObject, what: string, diagnostics: Diagnostics) {
    this.at = object.at;
    this.#object = object;
    this.#what = what;
    this.#diagnostics = diagnostics;
  }

  /** Undefined, and reported, when the node is no object. */
  static of(node: JsonNode, what: string, diagnostics: Diagnostics): JsonFields | undefined {
    if (node.kind === 'object') return new JsonFields(node, what, diagnostics);
    diagnostics.error(codes.shape, node.at, `${what} is an object { ... }, this is ${kindOf(node)}.`);
    return undefined;
  }

  get names(): string[] {
    return [...this.#object.members.keys()];
  }

  place(name: string): Place {
    return this.#object.members.get(name)?.value.at ?? this.at;
  }

  /** A text; numbers and booleans count as texts too. */
  text(name: string): string | undefined {
    const node = this.node(name);
    if (node === undefined) return undefined;
    if (node.kind === 'scalar' && node.value !== null) return String(node.value);
    this.wrong(name, 'a string');
    return undefined;
  }

  requiredText(name: string): string | undefined {
    const text = this.text(name);
    if (text !== undefined && text.trim() !== '') return text;
    if (text !== undefined || this.#object.members.get(name) === undefined) {
      const message = text === undefined ? `${this.#what} needs "${name}".` : `"${name}" is empty.`;
      this.#diagnostics.error(codes.shape, this.place(name), message, `Add "${name}": "...".`);
    }
    return undefined;
  }

  boolean(name: string): boolean | undefined {
    const node = this.node(name);
    if (node === undefined) return undefined;
    const text = node.kind === 'scalar' ? String(node.value).toLowerCase() : '';
    if (text === 'true' || text === 'false') return text === 'true';
    if (text !== '') this.wrong(name, 'true or false');
    return undefined;
  }

  integer(name: string, least: number, most: number): number | undefined {
    const node = this.node(name);
    if (node === undefined || (node.kind === 'scalar' && node.value === '')) return undefined;
    const number = node.kind === 'scalar' && /^-?\d+$/.test(String(node.value)) ? Number(node.value) : Number.NaN;
    if (number >= least && number <= most) return number;
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    this.wrong(name, `a whole number ${range}`);
    return undefined;
  }

  /** A word, in any case, of a few. */
  oneOf<const W extends string>(name: string, words: readonly W[]): W | undefined {
    const text = this.text(name);
    if (text === undefined || text === '') return undefined;
    const word = words.find((one) => one.toLowerCase() === text.toLowerCase());
    if (word === undefined) this.wrong(name, `one of ${words.join(', ')}`);
    return word;
  }

  texts(name: string): string[] {
    return this.#items(name).flatMap((item) => {
      if (item.kind === 'scalar' && item.value !== null) return [String(item.value)];
      this.#diagnostics.error(codes.shape, item.at, `"${name}" is a list of strings, this is ${kindOf(item)}.`);
      return [];
    });
  }

  object(name: string, what = `"${name}"`): JsonFields | undefined {
    const node = this.node(name);
    return node === undefined ? undefined : JsonFields.of(node, what, this.#diagnostics);
  }

  objects(name: string, what: string): JsonFields[] {
    return this.#items(name).flatMap((item) => JsonFields.of(item, what, this.#diagnostics) ?? []);
  }

  /** `[{ "name": "a", "value": "1" }]` */
  attributes(name = 'attributes'): ReadonlyMap<string, string> {
    const attributes = new Map<string, string>();
    for (const one of this.objects(name, 'An attribute')) {
      const key = one.requiredText('name');
      if (key !== undefined) attributes.set(key, one.text('value') ?? '');
    }
    return attributes;
  }

  /** The member as it is; null counts as absent. */
  node(name: string): JsonNode | undefined {
    this.#asked.add(name);
    const node = this.#object.members.get(name)?.value;
    return node?.kind === 'scalar' && node.value === null ? undefined : node;
  }

  wrong(name: string, expected: string): void {
    const node = this.#object.members.get(name)?.value;
    const found = node === undefined ? 'missing' : kindOf(node);
    this.#diagnostics.error(codes.shape, this.place(name), `"${name}" is ${found}, expected ${expected}.`);
  }

  error(name: string, message: string, hint?: string): void {
    this.#diagnostics.error(codes.shape, this.place(name), message, hint);
  }

  /** Members nobody has asked for, in order, each with the place of its name. */
  get unread(): (readonly [name: string, at: Place])[] {
    return [...this.#object.members].flatMap(([name, member]) => (this.#asked.has(name) ? [] : [[name, member.name]]));
  }

  /** To be called when all members have been read. */
  reportMisspelt(): void {
    const known = [...this.#asked];
    for (const [name, member] of this.#object.members) {
      if (this.#asked.has(name)) continue;
      const [best] = nearest(name, known);
      if (best === undefined || this.#object.members.has(best)) continue;
      const message = `${this.#what} has no "${name}"; it has no effect.`;
      this.#diagnostics.warning(codes.unknown, member.name, message, `Did you mean "${best}"?`);
    }
  }

  #items(name: string): readonly JsonNode[] {
    const node = this.node(name);
    if (node === undefined) return [];
    if (node.kind === 'array') return node.items;
    this.wrong(name, 'a list [ ... ]');
    return [];
  }
}

/** The objects of a file that is a list of them, or holds it in one member. */
export function listOf(root: JsonNode, member: string, what: string, diagnostics: Diagnostics): JsonFields[] {
  const list = root.kind === 'object' ? root.members.get(member)?.value : root;
  if (list?.kind === 'array') return list.items.flatMap((item) => JsonFields.of(item, what, diagnostics) ?? []);
  diagnostics.error(codes.shape, root.at, `The file is ${kindOf(root)}, expected a list [ ... ].`);
  return [];
}

function kindOf(node: JsonNode): string {
  if (node.kind === 'object') return 'an object';
  if (node.kind === 'array') return 'a list';
  const text = JSON.stringify(node.value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
