import { Fault, flowFaults } from '../fault.ts';

/**
 * Header fields that hold one value whose text may contain commas: never split, and refused when a client sends them
 * twice. zerohop's choice of the names; splitting the rest at commas is Apigee's rule (flow variables reference).
 */
const singleValued: ReadonlySet<string> = new Set([
  'age',
  'authorization',
  'content-disposition',
  'content-length',
  'content-location',
  'content-range',
  'content-type',
  'cookie',
  'date',
  'etag',
  'expires',
  'from',
  'host',
  'if-modified-since',
  'if-range',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'referer',
  'retry-after',
  'server',
  'set-cookie',
  'user-agent',
  'www-authenticate',
]);

const badValue = /[\0-\x08\x0a-\x1f\x7f]/;
const badName = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/;

/**
 * The header fields of one message: a flat array `[name, value, name, value, ...]` as it came, order, case and
 * repetition kept. A linear search over 8 to 20 fields beats any index, and copying is one array copy, which happens
 * only when a shared array is written to (bench/micro/headers.ts).
 */
export class Headers {
  #raw: string[];
  #shared: boolean;

  constructor(raw: string[], shared = false) {
    this.#raw = raw;
    this.#shared = shared;
  }

  /** A second owner of the same fields; whoever writes first takes a copy. */
  share(): Headers {
    this.#shared = true;
    return new Headers(this.#raw, true);
  }

  /** The flat array itself. Callers must not change it. */
  get raw(): readonly string[] {
    return this.#raw;
  }

  /** The text of the first field of that name. */
  line(name: string): string | undefined {
    const index = this.#find(name, 0);
    return index === -1 ? undefined : this.#raw[index + 1];
  }

  has(name: string): boolean {
    return this.#find(name, 0) !== -1;
  }

  /** The texts of all fields of that name, not split. */
  lines(name: string): string[] {
    const found: string[] = [];
    for (let at = this.#find(name, 0); at !== -1; at = this.#find(name, at + 2)) found.push(this.#raw[at + 1] ?? '');
    return found;
  }

  /** The whole header text, fields of the same name joined (RFC 9110 section 5.3). */
  text(name: string): string | undefined {
    const first = this.#find(name, 0);
    if (first === -1) return undefined;
    if (this.#find(name, first + 2) === -1) return this.#raw[first + 1];
    return this.lines(name).join(name.toLowerCase() === 'cookie' ? '; ' : ', ');
  }

  /** The values of a header: each field split at commas and trimmed, single-valued headers left whole. */
  values(name: string): string[] {
    const lines = this.lines(name);
    if (singleValued.has(name.toLowerCase())) return lines;
    return lines.flatMap((line) => (line.includes(',') ? line.split(',').map((part) => part.trim()) : [line]));
  }

  /** The first value: the text up to the first comma. */
  value(name: string): string | undefined {
    const line = this.line(name);
    if (line === undefined) return undefined;
    const comma = line.indexOf(',');
    return comma === -1 || singleValued.has(name.toLowerCase()) ? line : line.slice(0, comma).trim();
  }

  /** Names in order of appearance, each once, spelled as first met. */
  names(): string[] {
    const seen = new Set<string>();
    const names: string[] = [];
    for (let at = 0; at < this.#raw.length; at += 2) {
      const name = this.#raw[at] ?? '';
      const lower = name.toLowerCase();
      if (seen.has(lower)) continue;
      seen.add(lower);
      names.push(name);
    }
    return names;
  }

  /** Replaces all fields of that name by one, in the place of the first. */
  set(name: string, value: string): void {
    checkField(name, value);
    this.setChecked(name, value);
  }

  /** `set` for what `isFieldName` and `isFieldValue` have passed: constants, checked once. */
  setChecked(name: string, value: string): void {
    this.#own();
    const first = this.#find(name, 0);
    if (first === -1) {
      this.#raw.push(name, value);
      return;
    }
    this.#raw[first + 1] = value;
    this.#removeFrom(name, first + 2);
  }

  /** Replaces all fields of that name by one field per value. */
  setAll(name: string, values: readonly string[]): void {
    for (const value of values) checkField(name, value);
    this.#own();
    this.#removeFrom(name, 0);
    for (const value of values) this.#raw.push(name, value);
  }

  add(name: string, value: string): void {
    checkField(name, value);
    this.addChecked(name, value);
  }

  /** `add` for what `isFieldName` and `isFieldValue` have passed: constants, checked once. */
  addChecked(name: string, value: string): void {
    this.#own();
    this.#raw.push(name, value);
  }

  remove(name: string): void {
    const first = this.#find(name, 0);
    if (first === -1) return;
    this.#own();
    this.#removeFrom(name, first);
  }

  clear(): void {
    this.#raw = [];
    this.#shared = false;
  }

  #own(): void {
    if (!this.#shared) return;
    this.#raw = this.#raw.slice();
    this.#shared = false;
  }

  #find(name: string, from: number): number {
    const raw = this.#raw;
    const length = name.length;
    let lower: string | undefined;
    for (let at = from; at < raw.length; at += 2) {
      const candidate = raw[at];
      if (candidate === undefined || candidate.length !== length) continue;
      if (candidate === name) return at;
      lower ??= name.toLowerCase();
      if (candidate.toLowerCase() === lower) return at;
    }
    return -1;
  }

  #removeFrom(name: string, from: number): void {
    for (let at = this.#find(name, from); at !== -1; at = this.#find(name, at)) this.#raw.splice(at, 2);
  }
}

/** Whether a header's text is never split at commas. */
export function isSingleValued(name: string): boolean {
  return singleValued.has(name.toLowerCase());
}

/** RFC 9110 section 5.1: a field name is a token. */
export function isFieldName(name: string): boolean {
  return name !== '' && !badName.test(name);
}

/** Whether a value holds nothing that could start a new header or message (RFC 9110 section 5.5). */
export function isFieldValue(value: string): boolean {
  return !badValue.test(value);
}

/** @throws Fault protocol.http.HeaderWithInvalidChar */
export function checkFieldValue(name: string, value: string): void {
  if (isFieldValue(value)) return;
  throw new Fault(flowFaults.headerWithInvalidChar, `Header ${name} contains a character that is not allowed`);
}

/**
 * A name or value from outside must never start a new header or message.
 * @throws Fault protocol.http.HeaderWithInvalidChar
 */
function checkField(name: string, value: string): void {
  if (!isFieldName(name)) {
    throw new Fault(flowFaults.headerWithInvalidChar, `Invalid header name "${name.replace(/[^ -~]/g, '?')}"`);
  }
  checkFieldValue(name, value);
}
