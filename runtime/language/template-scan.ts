/** What a template is made of, in order. `index` and `length` are the place in its text, delimiters included. */
export type Piece = { readonly kind: 'text'; readonly text: string } | VariablePiece | FunctionPiece;

export interface VariablePiece {
  readonly kind: 'variable';
  readonly name: string;
  readonly fallback: string | undefined;
  readonly index: number;
  readonly length: number;
}

export interface FunctionPiece {
  readonly kind: 'function';
  readonly name: string;
  readonly args: readonly Argument[];
  readonly fallback: string | undefined;
  /** The piece as it is written. */
  readonly text: string;
  readonly index: number;
  readonly length: number;
}

export type Argument =
  | { readonly kind: 'literal'; readonly text: string; readonly index: number }
  | { readonly kind: 'variable'; readonly name: string; readonly fallback: string | undefined };

/** Something that looks like a function call but has to stay text. */
export interface NearMiss {
  readonly name: string;
  readonly index: number;
  readonly length: number;
}

/** Characters no name holds: white space and what JSON, scripts and style sheets put behind their braces. */
const nameEnd = /[\s{}():"',;<>=\\]/;
const nameStart = /[A-Za-z_]/;
/** No sensible call has more; it bounds what a text from a variable can make the scan do. */
const maximumArguments = 64;

/** Apigee: message templates reference. Whatever is not a variable or a function call stays text. */
export function scanTemplate(text: string, prefix: string, suffix: string): { pieces: Piece[]; missed: NearMiss[] } {
  const pieces: Piece[] = [];
  const missed: NearMiss[] = [];
  const scanner = new Scanner(text, prefix, suffix);
  let plainFrom = 0;
  for (let open = text.indexOf(prefix); open !== -1; ) {
    const piece = scanner.pieceAt(open);
    if (piece === undefined) {
      const miss = scanner.missAt(open);
      if (miss !== undefined) missed.push(miss);
      open = text.indexOf(prefix, open + 1);
      continue;
    }
    if (open > plainFrom) pieces.push({ kind: 'text', text: text.slice(plainFrom, open) });
    pieces.push(piece);
    plainFrom = open + piece.length;
    open = text.indexOf(prefix, plainFrom);
  }
  if (plainFrom < text.length) pieces.push({ kind: 'text', text: text.slice(plainFrom) });
  return { pieces, missed };
}

class Scanner {
  readonly #text: string;
  readonly #prefix: string;
  readonly #suffix: string;
  #at: number;

  constructor(text: string, prefix: string, suffix: string) {
    this.#text = text;
    this.#prefix = prefix;
    this.#suffix = suffix;
    this.#at = 0;
  }

  pieceAt(open: number): VariablePiece | FunctionPiece | undefined {
    this.#at = open + this.#prefix.length;
    const name = this.#name();
    if (name === undefined) return undefined;
    const isCall = this.#text.charAt(this.#at) === '(';
    const args = isCall ? this.#arguments() : undefined;
    if (isCall && args === undefined) return undefined;
    const fallback = this.#text.charAt(this.#at) === ':' ? this.#fallback() : undefined;
    if (!this.#text.startsWith(this.#suffix, this.#at)) return undefined;
    const end = this.#at + this.#suffix.length;
    const place = { index: open, length: end - open };
    if (args === undefined) return { kind: 'variable', name, fallback, ...place };
    return { kind: 'function', name, args, fallback, text: this.#text.slice(open, end), ...place };
  }

  /** `{ substring(a, 1) }`: blanks make text of a call, which its author should hear of. */
  missAt(open: number): NearMiss | undefined {
    this.#at = open + this.#prefix.length;
    while (/[ \t]/.test(this.#text.charAt(this.#at))) this.#at++;
    const index = this.#at;
    const name = this.#name();
    if (name === undefined || this.#text.charAt(this.#at) !== '(') return undefined;
    return { name, index, length: name.length };
  }

  #name(): string | undefined {
    const start = this.#at;
    if (!nameStart.test(this.#text.charAt(start))) return undefined;
    while (this.#at < this.#text.length && !nameEnd.test(this.#text.charAt(this.#at)) && !this.#atDelimiter())
      this.#at++;
    return this.#at === start ? undefined : this.#text.slice(start, this.#at);
  }

  /** The text behind the colon, up to the end of the piece; it stays on its line and holds no other piece. */
  #fallback(): string {
    const start = ++this.#at;
    while (this.#at < this.#text.length && !/[\r\n]/.test(this.#text.charAt(this.#at)) && !this.#atDelimiter())
      this.#at++;
    return this.#text.slice(start, this.#at);
  }

  #atDelimiter(): boolean {
    return this.#text.startsWith(this.#suffix, this.#at) || this.#text.startsWith(this.#prefix, this.#at);
  }

  #arguments(): Argument[] | undefined {
    this.#at++;
    const args: Argument[] = [];
    if (this.#text.charAt(this.#at) === ')') {
      this.#at++;
      return args;
    }
    while (args.length < maximumArguments) {
      const argument = this.#text.charAt(this.#at) === "'" ? this.#quoted() : this.#bare();
      if (argument === undefined) return undefined;
      args.push(argument);
      const next = this.#text.charAt(this.#at++);
      if (next === ')') return args;
      if (next !== ',') return undefined;
    }
    return undefined;
  }

  /** A literal is read with its quotes, whatever it holds. */
  #quoted(): Argument | undefined {
    const end = this.#text.indexOf("'", this.#at + 1);
    if (end === -1) return undefined;
    const argument: Argument = { kind: 'literal', text: this.#text.slice(this.#at + 1, end), index: this.#at + 1 };
    this.#at = end + 1;
    return argument;
  }

  #bare(): Argument | undefined {
    const start = this.#at;
    const number = /[+-]?\d+(?:\.\d+)?(?=[,)])/y;
    number.lastIndex = start;
    const digits = number.exec(this.#text)?.[0];
    if (digits !== undefined) {
      this.#at += digits.length;
      return { kind: 'literal', text: digits, index: start };
    }
    const name = this.#name();
    if (name === undefined) return undefined;
    if (name === 'true' || name === 'false') return { kind: 'literal', text: name, index: start };
    if (this.#text.charAt(this.#at) !== ':') return { kind: 'variable', name, fallback: undefined };
    const from = ++this.#at;
    while (this.#at < this.#text.length && !/[,)\r\n]/.test(this.#text.charAt(this.#at)) && !this.#atDelimiter())
      this.#at++;
    return { kind: 'variable', name, fallback: this.#text.slice(from, this.#at) };
  }
}
