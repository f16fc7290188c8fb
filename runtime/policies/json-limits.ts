/** Limits of a JSON text; Infinity where there is none. */
export interface JsonLimits {
  readonly arrayElements: number;
  /** Objects and arrays inside one another. */
  readonly depth: number;
  readonly entries: number;
  /** UTF-16 units, escapes counted as what they stand for. */
  readonly nameLength: number;
  readonly stringLength: number;
}

/** A text that is no JSON, or goes beyond a limit. The message ends in the line. */
export class JsonRefused extends Error {
  override readonly name = 'JsonRefused';
  readonly exceeds: boolean;

  constructor(what: string, text: string, at: number, exceeds: boolean) {
    super(`${what} at line ${lineAt(text, at)}`);
    this.exceeds = exceeds;
  }
}

/**
 * Holds a text against RFC 8259 and the limits in one pass: no tree, no recursion, so that no text costs more than its
 * length. @throws JsonRefused
 */
export function checkJson(text: string, limits: JsonLimits): void {
  new Scan(text, limits).run();
}

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const backslash = 0x5c;
const openArray = 0x5b;
const closeArray = 0x5d;
const openObject = 0x7b;
const closeObject = 0x7d;

const literals = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const escapes = /\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})/y;

class Scan {
  readonly #text: string;
  readonly #limits: JsonLimits;
  /** What closes the containers that are open, and how many members each has so far. */
  readonly #open: number[] = [];
  readonly #counts: number[] = [];
  #at = 0;

  constructor(text: string, limits: JsonLimits) {
    this.#text = text;
    this.#limits = limits;
  }

  run(): void {
    let code = this.#next();
    for (;;) {
      if (code === openObject || code === openArray) {
        if (this.#enter(code)) {
          code = this.#next();
          continue;
        }
      } else this.#scalar(code);
      const more = this.#afterValue();
      if (!more) break;
      code = this.#next();
    }
    if (this.#at < this.#text.length) this.#fail('Expecting end of text');
  }

  /** Skips blanks; the code of the character there, NaN at the end. */
  #next(): number {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return code;
      this.#at++;
    }
  }

  /** Goes into a container, up to its first value; false when it is empty. */
  #enter(code: number): boolean {
    this.#open.push(code === openObject ? closeObject : closeArray);
    if (this.#open.length > this.#limits.depth) this.#exceed('container depth');
    this.#at++;
    if (this.#next() === this.#open.at(-1)) {
      this.#at++;
      this.#open.pop();
      return false;
    }
    this.#counts.push(0);
    this.#member();
    return true;
  }

  /** Counts a member, and reads its name when it has one. */
  #member(): void {
    const index = this.#counts.length - 1;
    const count = (this.#counts[index] ?? 0) + 1;
    this.#counts[index] = count;
    if (this.#open.at(-1) === closeArray) {
      if (count > this.#limits.arrayElements) this.#exceed('array element count');
      return;
    }
    if (this.#next() !== quote) this.#fail('Expecting "');
    if (count > this.#limits.entries) this.#exceed('object entry count');
    this.#string(this.#limits.nameLength, 'object entry name length');
    if (this.#next() !== colon) this.#fail('Expecting :');
    this.#at++;
  }

  /** Closes what ends here; true when another value follows. */
  #afterValue(): boolean {
    for (;;) {
      const close = this.#open.at(-1);
      const code = this.#next();
      if (close === undefined) return false;
      this.#at++;
      if (code === comma) {
        this.#next();
        this.#member();
        return true;
      }
      if (code !== close) {
        this.#at--;
        this.#fail(`Expecting , or ${String.fromCharCode(close)}`);
      }
      this.#open.pop();
      this.#counts.pop();
    }
  }

  #scalar(code: number): void {
    if (code === quote) {
      this.#string(this.#limits.stringLength, 'string value length');
      return;
    }
    literals.lastIndex = this.#at;
    const length = literals.exec(this.#text)?.[0].length ?? 0;
    if (length === 0) this.#fail('Expecting a value');
    this.#at += length;
  }

  #string(limit: number, what: string): void {
    const text = this.#text;
    let characters = 0;
    for (let at = this.#at + 1; ; at++) {
      const code = text.charCodeAt(at);
      if (code === quote) {
        this.#at = at + 1;
        return;
      }
      if (code === backslash) {
        escapes.lastIndex = at;
        const length = escapes.exec(text)?.[0].length ?? 0;
        if (length === 0) throw new JsonRefused('Expecting an escape', text, at, false);
        at += length - 1;
      } else if (!(code >= 0x20)) {
        throw new JsonRefused('Expecting "', text, at, false);
      }
      if (++characters > limit) this.#exceed(what);
    }
  }

  #fail(what: string): never {
    throw new JsonRefused(what, this.#text, this.#at, false);
  }

  #exceed(what: string): never {
    throw new JsonRefused(`Exceeded ${what}`, this.#text, this.#at, true);
  }
}

function lineAt(text: string, end: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) line++;
  return line;
}
