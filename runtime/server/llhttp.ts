import { createRequire } from 'node:module';

/** Told by llhttp of what it finds. Takes notes only: what it finds is acted on when the parser has returned. */
export interface Notes {
  /** Texts may come in pieces. */
  onTarget(text: string): number;
  onName(text: string): number;
  onValue(text: string): number;
  onHead(upgrade: boolean, keepAlive: boolean): number;
  onBody(bytes: Buffer): number;
  onComplete(): number;
}

/** What is used of the global that Node.js has and its types leave out. */
declare const WebAssembly: {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
};

/** What the module exports; pointers are offsets in its memory. https://llhttp.org */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  malloc(size: number): number;
  llhttp_alloc(type: number): number;
  llhttp_free(parser: number): void;
  llhttp_execute(parser: number, data: number, size: number): number;
  llhttp_resume(parser: number): void;
  llhttp_get_error_pos(parser: number): number;
  llhttp_get_method(parser: number): number;
  llhttp_get_http_major(parser: number): number;
  llhttp_get_http_minor(parser: number): number;
}

interface Constants {
  readonly TYPE: { readonly REQUEST: number };
  readonly ERROR: { readonly OK: number; readonly PAUSED: number; readonly USER: number };
  readonly METHODS: Readonly<Record<string, number>>;
}

/** A part of a text keeps the whole of it in memory: only heads up to this size are read as one text. */
const wholeBytes = 2048;

/** Bytes parsed at once: as many as a socket reads. */
const inputBytes = 64 * 1024;

/**
 * llhttp, the parser of Node.js, as the WebAssembly that comes with undici. Strict: none of its lenient flags is ever
 * set. One instance serves all connections; a parser of a connection is a pointer.
 */
export class Llhttp {
  readonly ok: number;
  readonly paused: number;
  readonly refused: number;
  /** Bytes that the last run used. */
  used: number;
  readonly #exports: Exports;
  readonly #requestType: number;
  readonly #verbs: readonly string[];
  readonly #input: number;
  #view: Uint8Array;
  #notes: Notes | undefined;
  #chunk: Buffer;
  /** The bytes of this run as text where they are few; the texts of a head are then parts of it. */
  #whole: string;
  /** Turns a pointer into an offset in the chunk. */
  #shift: number;

  constructor() {
    const load = createRequire(import.meta.url);
    const { TYPE, ERROR, METHODS } = load('undici/lib/llhttp/constants.js') as Constants;
    const code = load('undici/lib/llhttp/llhttp_simd-wasm.js') as Uint8Array;
    const verbs: string[] = [];
    for (const [verb, number] of Object.entries(METHODS)) verbs[number] = verb;
    const instance = new WebAssembly.Instance(new WebAssembly.Module(code), { env: this.#callbacks() });
    this.ok = ERROR.OK;
    this.paused = ERROR.PAUSED;
    this.refused = ERROR.USER;
    this.used = 0;
    this.#exports = instance.exports as unknown as Exports;
    this.#requestType = TYPE.REQUEST;
    this.#verbs = verbs;
    this.#input = this.#exports.malloc(inputBytes);
    this.#view = new Uint8Array(this.#exports.memory.buffer);
    this.#notes = undefined;
    this.#chunk = Buffer.alloc(0);
    this.#shift = 0;
    this.#whole = '';
  }

  open(): number {
    return this.#exports.llhttp_alloc(this.#requestType);
  }

  close(parser: number): void {
    this.#exports.llhttp_free(parser);
  }

  /** Parses until the bytes, or what fits of them, are used, or a note gives another code than `ok`; gives that code. */
  run(parser: number, notes: Notes, chunk: Buffer, from: number, inHead: boolean): number {
    const exports = this.#exports;
    const size = Math.min(chunk.length - from, inputBytes);
    // The memory is another one when it grew.
    if (this.#view.length === 0) this.#view = new Uint8Array(exports.memory.buffer);
    chunk.copy(this.#view, this.#input, from, from + size);
    this.#notes = notes;
    this.#chunk = chunk;
    this.#shift = from - this.#input;
    this.#whole = inHead && size <= wholeBytes ? chunk.toString('latin1', from, from + size) : '';
    const code = exports.llhttp_execute(parser, this.#input, size);
    this.#notes = undefined;
    this.used = code === this.ok ? size : exports.llhttp_get_error_pos(parser) - this.#input;
    if (code === this.paused) exports.llhttp_resume(parser);
    return code;
  }

  verb(parser: number): string {
    return this.#verbs[this.#exports.llhttp_get_method(parser)] ?? '';
  }

  version(parser: number): string {
    const major = this.#exports.llhttp_get_http_major(parser);
    const minor = this.#exports.llhttp_get_http_minor(parser);
    if (major === 1) return minor === 1 ? '1.1' : '1.0';
    return `${major}.${minor}`;
  }

  #callbacks(): Record<string, (parser: number, a: number, b: number, c: number) => number> {
    return {
      wasm_on_message_begin: () => this.ok,
      wasm_on_url: (_, at, length) => this.#notes?.onTarget(this.#text(at, length)) ?? this.refused,
      wasm_on_status: () => this.refused,
      wasm_on_header_field: (_, at, length) => this.#notes?.onName(this.#text(at, length)) ?? this.refused,
      wasm_on_header_value: (_, at, length) => this.#notes?.onValue(this.#text(at, length)) ?? this.refused,
      wasm_on_headers_complete: (_, _status, upgrade, keepAlive) =>
        this.#notes?.onHead(upgrade !== 0, keepAlive !== 0) ?? this.refused,
      wasm_on_body: (_, at, length) => {
        const start = at + this.#shift;
        return this.#notes?.onBody(this.#chunk.subarray(start, start + length)) ?? this.refused;
      },
      wasm_on_message_complete: () => this.#notes?.onComplete() ?? this.refused,
    };
  }

  #text(at: number, length: number): string {
    if (this.#whole !== '') return this.#whole.substring(at - this.#input, at - this.#input + length);
    const start = at + this.#shift;
    return this.#chunk.toString('latin1', start, start + length);
  }
}
