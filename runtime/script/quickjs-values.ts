import type {
  JSContextPointer,
  JSValueConstPointer,
  JSValuePointer,
  QuickJSEmscriptenModule,
  QuickJSSyncVariant,
} from 'quickjs-emscripten';
import type { Plain } from './host.ts';

export type Module = QuickJSEmscriptenModule;
export type Bindings = InstanceType<Awaited<ReturnType<QuickJSSyncVariant['importFFI']>>>;
export type Value = JSValuePointer;
type Borrowed = JSValuePointer | JSValueConstPointer;

const scratchBytes = 4096;

/**
 * Values of QuickJS by pointer. The bindings of quickjs-emscripten are used as they are, without its handles: a handle
 * for each value that crosses, and a generator for each call out, were most of what a script with a few calls cost.
 */
export class Values {
  readonly #module: Module;
  readonly #bindings: Bindings;
  readonly #context: JSContextPointer;
  /** Room for short texts on their way in, and for the list of arguments of a call. */
  readonly #scratch: number;

  constructor(module: Module, bindings: Bindings, context: JSContextPointer) {
    this.#module = module;
    this.#bindings = bindings;
    this.#context = context;
    this.#scratch = module._malloc(scratchBytes);
  }

  /** A new value, owned by the caller. Texts hold no zero character: see inside/wire.ts. */
  make(value: Plain): Value {
    switch (typeof value) {
      case 'string':
        return this.#text(value);
      case 'number':
        return this.#bindings.QTS_NewFloat64(this.#context, value);
      case 'boolean':
        return this.#constant(value ? this.#bindings.QTS_GetTrue() : this.#bindings.QTS_GetFalse());
      default:
        return this.#constant(value === null ? this.#bindings.QTS_GetNull() : this.#bindings.QTS_GetUndefined());
    }
  }

  #constant(value: JSValueConstPointer): Value {
    return this.#bindings.QTS_DupValuePointer(this.#context, value);
  }

  #text(text: string): Value {
    const module = this.#module;
    // Three bytes hold any UTF-16 unit.
    const isShort = text.length * 3 < scratchBytes;
    const size = isShort ? scratchBytes : module.lengthBytesUTF8(text) + 1;
    const at = isShort ? this.#scratch : module._malloc(size);
    module.stringToUTF8(text, at as Parameters<Module['stringToUTF8']>[1], size);
    const value = this.#bindings.QTS_NewString(this.#context, at as Parameters<Bindings['QTS_NewString']>[1]);
    if (!isShort) module._free(at);
    return value;
  }

  text(value: Borrowed): string {
    const chars = this.#bindings.QTS_GetString(this.#context, value);
    const text = this.#module.UTF8ToString(chars);
    this.#bindings.QTS_FreeCString(this.#context, chars);
    return text;
  }

  number(value: Borrowed): number {
    return this.#bindings.QTS_GetFloat64(this.#context, value);
  }

  typeof(value: Borrowed): string {
    const chars = this.#bindings.QTS_Typeof(this.#context, value);
    const text = this.#module.UTF8ToString(chars as unknown as Parameters<Module['UTF8ToString']>[0]);
    this.#module._free(chars);
    return text;
  }

  property(object: Borrowed, name: string): Value {
    const key = this.make(name);
    const value = this.#bindings.QTS_GetProp(this.#context, object, key);
    this.free(key);
    return value;
  }

  free(value: Value): void {
    this.#bindings.QTS_FreeValuePointer(this.#context, value);
  }

  /** Calls a function with borrowed arguments; gives its result, or what `thrown` makes of what it threw. */
  call(callee: Borrowed, given: readonly Borrowed[], thrown: (error: Value) => Error): Value {
    const none = this.#bindings.QTS_GetUndefined();
    let list = 0;
    if (given.length > 0) {
      list = this.#scratch;
      // Memory may have grown since: its bytes are looked up anew.
      new Uint32Array(this.#module.HEAPU8.buffer, list, given.length).set(given);
    }
    const result = this.#bindings.QTS_Call(
      this.#context,
      callee,
      none,
      given.length,
      list as Parameters<Bindings['QTS_Call']>[4],
    );
    return this.checked(result, thrown);
  }

  evaluate(source: string, fileName: string, thrown: (error: Value) => Error): Value {
    const size = this.#module.lengthBytesUTF8(source) + 1;
    const at = this.#module._malloc(size);
    this.#module.stringToUTF8(source, at as Parameters<Module['stringToUTF8']>[1], size);
    const result = this.#bindings.QTS_Eval(
      this.#context,
      at as Parameters<Bindings['QTS_Eval']>[1],
      size - 1,
      fileName,
      0 as Parameters<Bindings['QTS_Eval']>[4],
      0 as Parameters<Bindings['QTS_Eval']>[5],
    );
    this.#module._free(at);
    return this.checked(result, thrown);
  }

  checked(result: Value, thrown: (error: Value) => Error): Value {
    const error = this.#bindings.QTS_ResolveException(this.#context, result);
    if ((error as number) === 0) return result;
    this.free(result);
    throw thrown(error);
  }

  close(): void {
    this.#module._free(this.#scratch);
  }
}
