/**
 * Freezes an object and all it leads to. Built-in prototypes keep one freedom: an object that inherits from them may
 * still be given a property of the same name (`this.toString = ...`), which freezing alone would forbid.
 */
export function hardener() {
  const { freeze, getOwnPropertyDescriptors, getPrototypeOf, defineProperty, isFrozen } = Object;
  const { ownKeys } = Reflect;
  const seen = new Set<object>();

  const makeOverridable = (prototype: object, name: string | symbol, value: unknown): void => {
    const get = () => value;
    const set = function (this: object, given: unknown): void {
      if (this === prototype) return;
      defineProperty(this, name, { value: given, writable: true, enumerable: true, configurable: true });
    };
    defineProperty(prototype, name, { get, set, enumerable: false, configurable: false });
  };

  const waiting: unknown[] = [];
  /** Frozen with the built-ins, since those are on every chain of prototypes. */
  const harden = <T>(root: T): T => {
    waiting.push(root);
    return root;
  };

  const freezeAll = (pending: unknown[]): void => {
    while (pending.length > 0) {
      const value = pending.pop();
      if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) continue;
      seen.add(value);
      const descriptors = getOwnPropertyDescriptors(value) as Record<string | symbol, PropertyDescriptor>;
      for (const name of ownKeys(descriptors)) {
        const { value: own, get, set } = descriptors[name] as PropertyDescriptor;
        for (const one of [own, get, set]) if (one !== undefined && one !== null) pending.push(one);
      }
      const prototype: unknown = getPrototypeOf(value);
      if (prototype !== null) pending.push(prototype);
      if (!isFrozen(value)) freeze(value);
    }
  };

  const overridable = (prototype: object, names: readonly (string | symbol)[]): void => {
    const descriptors = getOwnPropertyDescriptors(prototype) as Record<string | symbol, PropertyDescriptor>;
    for (const name of names) {
      const descriptor = descriptors[name];
      if (descriptor?.configurable === true && 'value' in descriptor)
        makeOverridable(prototype, name, descriptor.value);
    }
  };

  /** Everything ECMAScript brings. Called last. */
  const hardenBuiltIns = (global: object, freezesGlobal: boolean): void => {
    const errors = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];
    for (const one of errors) overridable(one.prototype, ['name', 'message', 'toString', 'constructor']);
    overridable(Object.prototype, Object.getOwnPropertyNames(Object.prototype));
    overridable(Function.prototype, ['name', 'toString', 'constructor']);
    for (const one of [Array, Date, RegExp, Promise, Map, Set, String, Number, Boolean]) {
      overridable(one.prototype, ['toString', 'valueOf', 'constructor', 'toJSON']);
    }
    const iterators = [[][Symbol.iterator](), ''[Symbol.iterator](), new Map().entries(), new Set().values()];
    const kinds = [
      function* () {
        yield 0;
      },
      async () => 0,
      async function* () {
        yield 0;
      },
    ];
    const functions = [...kinds, ...kinds.map((one) => one.prototype as object), /x/[Symbol.matchAll]('')];
    for (const one of [...iterators, ...functions]) if (one !== undefined) waiting.push(getPrototypeOf(one));
    for (const one of Object.values(getOwnPropertyDescriptors(global))) {
      for (const part of [one.value, one.get, one.set]) if (part !== global) waiting.push(part);
    }
    freezeAll(waiting);
    if (freezesGlobal) freeze(global);
  };
  return { harden, hardenBuiltIns };
}
