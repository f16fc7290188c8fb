/**
 * Parameters of a query string or a form body, in order, repetition kept. What no policy touches goes out byte for byte
 * as it came in. Rule of `+`, `%` and `&`: WHATWG URL, application/x-www-form-urlencoded.
 */
export class Parameters {
  #entries: Entry[];

  constructor(text: string) {
    this.#entries = [];
    if (text === '') return;
    for (const part of text.split('&'))
      if (part !== '') this.#entries.push({ raw: part, name: undefined, value: undefined });
  }

  get(name: string): string | undefined {
    for (const entry of this.#entries) if (nameOf(entry) === name) return textOf(entry);
    return undefined;
  }

  all(name: string): string[] {
    return this.#entries.filter((entry) => nameOf(entry) === name).map(textOf);
  }

  /** All parameters in order; the value is undefined where no `=` stands. */
  entries(): (readonly [name: string, value: string | undefined])[] {
    return this.#entries.map((entry) => [nameOf(entry), entry.raw.includes('=') ? textOf(entry) : undefined]);
  }

  /** Names in order of appearance, each once. */
  names(): string[] {
    return [...new Set(this.#entries.map(nameOf))];
  }

  get size(): number {
    return this.#entries.length;
  }

  /** Replaces all values of that name by one, in the place of the first. */
  set(name: string, value: string): void {
    this.setAll(name, [value]);
  }

  setAll(name: string, values: readonly string[]): void {
    const first = this.#entries.findIndex((entry) => nameOf(entry) === name);
    const kept = this.#entries.filter((entry) => nameOf(entry) !== name);
    const made = values.map((value) => makeEntry(name, value));
    kept.splice(first === -1 ? kept.length : first, 0, ...made);
    this.#entries = kept;
  }

  add(name: string, value: string): void {
    this.#entries.push(makeEntry(name, value));
  }

  remove(name: string): void {
    this.#entries = this.#entries.filter((entry) => nameOf(entry) !== name);
  }

  clear(): void {
    this.#entries = [];
  }

  toString(): string {
    return this.#entries.map((entry) => entry.raw).join('&');
  }
}

interface Entry {
  readonly raw: string;
  name: string | undefined;
  value: string | undefined;
}

function makeEntry(name: string, value: string): Entry {
  return { raw: `${encode(name)}=${encode(value)}`, name, value };
}

function nameOf(entry: Entry): string {
  if (entry.name === undefined) {
    const equals = entry.raw.indexOf('=');
    entry.name = decode(equals === -1 ? entry.raw : entry.raw.slice(0, equals));
  }
  return entry.name;
}

function textOf(entry: Entry): string {
  if (entry.value === undefined) {
    const equals = entry.raw.indexOf('=');
    entry.value = equals === -1 ? '' : decode(entry.raw.slice(equals + 1));
  }
  return entry.value;
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/%20/g, '+')
    .replace(/[!'()]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function decode(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text;
  const spaced = text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    // Not UTF-8, or a lone `%`: decode byte by byte what can be decoded, as URL parsers do, rather than lose the value.
    const bytes = Buffer.from(spaced, 'utf8')
      .toString('latin1')
      .replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    return Buffer.from(bytes, 'latin1').toString('utf8');
  }
}
