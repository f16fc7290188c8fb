import type { Model } from './types.ts';

/**
 * Headers and parameters: a map of name to list. A list acts as its first value where a text is wanted and as a list
 * otherwise. Apigee: JavaScript object model, `request.headers`, `request.queryParams`.
 */
export function valuesModel({ host, harden }: Model) {
  const { parse, stringify } = JSON;
  const text = String.prototype as unknown as Record<string, unknown>;

  class ValueList {
    [index: number]: string;

    constructor(values: readonly string[]) {
      for (let index = 0; index < values.length; index++) this[index] = values[index] as string;
      Object.defineProperty(this, 'length', { value: () => values.length });
    }

    toString(): string {
      return this[0] ?? '';
    }

    valueOf(): string {
      return this[0] ?? '';
    }

    toJSON(): unknown {
      const all = [...this];
      return all.length === 1 ? all[0] : all;
    }

    *[Symbol.iterator](): Generator<string> {
      for (let index = 0; this[index] !== undefined; index++) yield this[index] as string;
    }
  }
  // Leniency: what a text can do, its list can.
  for (const name of Object.getOwnPropertyNames(text)) {
    const method = text[name];
    if (typeof method !== 'function' || name in ValueList.prototype) continue;
    Object.defineProperty(ValueList.prototype, name, {
      configurable: true,
      writable: true,
      value(this: ValueList, ...given: unknown[]) {
        return method.apply(`${this[0] ?? ''}`, given);
      },
    });
  }
  harden(ValueList);

  const listOf = (value: unknown): string[] => {
    if (value instanceof ValueList) return [...value];
    return Array.isArray(value) ? value.map((one) => String(one)) : [String(value)];
  };

  /** A live view of one map of a message. */
  const mapOf = (message: number, map: string): object => {
    const target: Record<string, unknown> = {};
    const valuesOf = (name: string): string[] | undefined => {
      const json = host.values(message, map, name);
      return json === undefined ? undefined : (parse(json) as string[]);
    };
    return new Proxy(target, {
      get(_, name) {
        if (typeof name !== 'string') return undefined;
        const values = valuesOf(name);
        if (values !== undefined) return new ValueList(values);
        return name in Object.prototype ? (Object.prototype as Record<string, unknown>)[name] : undefined;
      },
      set(_, name, value) {
        if (typeof name !== 'string') return false;
        const none = value === undefined || value === null;
        host.setValues(message, map, name, stringify(none ? [] : listOf(value)));
        return true;
      },
      has: (_, name) => typeof name === 'string' && valuesOf(name) !== undefined,
      deleteProperty(_, name) {
        if (typeof name === 'string') host.setValues(message, map, name, '[]');
        return true;
      },
      ownKeys: () => parse(host.names(message, map)) as string[],
      getOwnPropertyDescriptor(_, name) {
        const values = typeof name === 'string' ? valuesOf(name) : undefined;
        if (values === undefined) return undefined;
        return { value: new ValueList(values), writable: true, enumerable: true, configurable: true };
      },
      defineProperty(_, name, descriptor) {
        if (typeof name !== 'string' || !('value' in descriptor)) return false;
        host.setValues(message, map, name, stringify(listOf(descriptor.value)));
        return true;
      },
    });
  };
  return { ValueList, listOf, mapOf };
}
