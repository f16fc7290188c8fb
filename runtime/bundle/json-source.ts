import type { Diagnostics, Place, Source } from '../diagnostic.ts';

/** JSON with the place of every value, so that a wrong member is reported where it stands. */
export type JsonNode = JsonObject | JsonArray | JsonScalar;

export interface JsonObject {
  readonly kind: 'object';
  readonly at: Place;
  /** Of a repeated member the last, as JSON.parse has it. */
  readonly members: ReadonlyMap<string, JsonMember>;
}

export interface JsonMember {
  readonly name: Place;
  readonly value: JsonNode;
}

export interface JsonArray {
  readonly kind: 'array';
  readonly at: Place;
  readonly items: readonly JsonNode[];
}

export interface JsonScalar {
  readonly kind: 'scalar';
  readonly at: Place;
  readonly value: string | number | boolean | null;
}

/** The value without its places. */
export function plainJson(node: JsonNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'array') return node.items.map(plainJson);
  return Object.fromEntries([...node.members].map(([name, member]) => [name, plainJson(member.value)]));
}

/** Undefined when the text is no JSON, which is reported at its first mistake. */
export function parseJson(source: Source, diagnostics: Diagnostics): JsonNode | undefined {
  const reader = new JsonReader(source);
  try {
    return reader.document();
  } catch (error) {
    if (!(error instanceof JsonMistake)) throw error;
    diagnostics.error('ZH050', { source, offset: error.offset, length: error.length }, error.message, error.hint);
    return undefined;
  }
}

/** Nesting deeper than any file has; keeps the recursion safe. */
const depthLimit = 100;

/** Unwinds the recursion of the reader; never leaves this file. */
class JsonMistake extends Error {
  readonly offset: number;
  readonly length: number;
  readonly hint: string | undefined;

  constructor(offset: number, length: number, message: string, hint?: string) {
    super(message);
    this.offset = offset;
    this.length = length;
    this.hint = hint;
  }
}

class JsonReader {
  readonly #source: Source;
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(source: Source) {
    this.#source = source;
    this.#text = source.text;
  }

  document(): JsonNode {
    if (this.#text.trim() === '') throw new JsonMistake(0, 0, 'The file is empty, JSON is expected.');
    const value = this.#value();
    this.#blanks();
    if (this.#at < this.#text.length) throw this.#unexpected('Nothing more is expected after the value');
    return value;
  }

  #value(): JsonNode {
    this.#blanks();
    const start = this.#text[this.#at];
    if (start === '{') return this.#nested(() => this.#object());
    if (start === '[') return this.#nested(() => this.#array());
    const from = this.#at;
    if (start === '"') {
      const value = this.#string();
      return { kind: 'scalar', at: this.#place(from), value };
    }
    const word = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])/.exec(
      this.#text.slice(from, from + 400),
    )?.[0];
    if (word === undefined) throw this.#unexpected('A value is expected');
    this.#at += word.length;
    return { kind: 'scalar', at: this.#place(from), value: JSON.parse(word) };
  }

  #nested(read: () => JsonNode): JsonNode {
    if (++this.#depth > depthLimit) throw new JsonMistake(this.#at, 1, `Nested deeper than ${depthLimit} levels.`);
    const node = read();
    this.#depth--;
    return node;
  }

  #object(): JsonObject {
    const from = this.#at++;
    const members = new Map<string, JsonMember>();
    while (!this.#ends('}', members.size === 0, from)) {
      const nameAt = this.#at;
      if (this.#text[nameAt] !== '"') throw this.#unexpected('A member name in double quotes is expected');
      const name = this.#string();
      const place = this.#place(nameAt);
      this.#blanks();
      if (this.#text[this.#at] !== ':') throw this.#unexpected(`":" is expected after "${name}"`);
      this.#at++;
      members.set(name, { name: place, value: this.#value() });
    }
    return { kind: 'object', at: { source: this.#source, offset: from, length: 1 }, members };
  }

  #array(): JsonArray {
    const from = this.#at++;
    const items: JsonNode[] = [];
    while (!this.#ends(']', items.length === 0, from)) items.push(this.#value());
    return { kind: 'array', at: { source: this.#source, offset: from, length: 1 }, items };
  }

  /** Whether the object or array ends here; else moves past the comma before its next part. */
  #ends(bracket: string, first: boolean, from: number): boolean {
    this.#blanks();
    if (this.#text[this.#at] === bracket) {
      this.#at++;
      return true;
    }
    if (this.#at >= this.#text.length) {
      const opened = bracket === '}' ? '{' : '[';
      throw new JsonMistake(from, 1, `This "${opened}" is never closed.`, `Add "${bracket}" where it ends.`);
    }
    if (first) return false;
    if (this.#text[this.#at] !== ',') throw this.#unexpected(`"," or "${bracket}" is expected`);
    const comma = this.#at++;
    this.#blanks();
    if (this.#text[this.#at] === bracket) {
      throw new JsonMistake(comma, 1, `The comma before "${bracket}" is one too many.`, 'Remove it.');
    }
    return false;
  }

  #string(): string {
    const from = this.#at;
    const match = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"/y;
    match.lastIndex = from;
    const found = match.exec(this.#text)?.[0];
    if (found !== undefined) {
      this.#at += found.length;
      return JSON.parse(found);
    }
    const line = /^"(?:[^"\\\r\n]|\\.)*/.exec(this.#text.slice(from))?.[0] ?? '"';
    if (this.#text[from + line.length] !== '"') {
      const hint = 'Add the closing quote; a line break inside is written \\n.';
      throw new JsonMistake(from, 1, 'This string does not end in its line.', hint);
    }
    const badEscape = /\\(?!["\\/bfnrt]|u[0-9A-Fa-f]{4})/.exec(line.replace(/\\\\/g, '__'))?.index;
    const at = badEscape ?? line.search(/[\u0000-\u001f]/);
    const message =
      badEscape === undefined ? 'A control character stands in this string.' : 'This escape is not known.';
    throw new JsonMistake(
      from + Math.max(at, 0),
      badEscape === undefined ? 1 : 2,
      message,
      'A backslash is written \\\\.',
    );
  }

  #blanks(): void {
    while (/[ \t\r\n]/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  #place(from: number): Place {
    return { source: this.#source, offset: from, length: this.#at - from };
  }

  #unexpected(expected: string): JsonMistake {
    const rest = this.#text.slice(this.#at);
    if (rest === '') return new JsonMistake(this.#at, 1, `${expected}, the file ends here.`);
    if (/^\/[/*]/.test(rest)) return new JsonMistake(this.#at, 2, 'JSON has no comments.', 'Remove it.');
    const word = /^(?:[\w.$+-]+|.)/su.exec(rest)?.[0] ?? '';
    const hint = word === "'" ? 'JSON knows double quotes only.' : undefined;
    return new JsonMistake(this.#at, word.length, `${expected}, not ${JSON.stringify(word)}.`, hint);
  }
}
