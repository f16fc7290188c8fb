import type { HostOperations, Plain } from '../host.ts';
import type { Current, Host } from './types.ts';

/**
 * Texts cross as UTF-8 that ends at the first zero character. A text that would not survive crosses as JSON; an error of
 * the host arrives as a text and is thrown here, as an error of this heap.
 */
export function wireHost(raw: Record<string, (...values: Plain[]) => Plain>, current: Current): Host {
  const { parse, stringify } = JSON;
  const isWellFormed = String.prototype.isWellFormed;
  const apply = Reflect.apply;
  const indexOf = String.prototype.indexOf;
  const slice = String.prototype.slice;
  const outward = (value: Plain): Plain => {
    if (typeof value !== 'string' || value === '') return value;
    const mark = value[0];
    if (mark !== '\u0001' && mark !== '\u0002' && apply(indexOf, value, ['\0']) < 0 && apply(isWellFormed, value, []))
      return value;
    return `\u0001${stringify(value)}`;
  };
  const inward = (value: Plain): Plain => {
    if (typeof value !== 'string') return value;
    const mark = value[0];
    if (mark === '\u0001') return parse(apply(slice, value, [1])) as string;
    if (mark === '\u0002') throw new Error(apply(slice, value, [1]));
    return value;
  };
  const wired: Record<string, unknown> = {};
  for (const name of Object.keys(raw)) {
    const call = raw[name] as (...values: Plain[]) => Plain;
    const isWrite = /^(set|remove|send|wait)/.test(name);
    // By count of what is given, so that no list is made for it.
    wired[name] = function (a: Plain, b: Plain, c: Plain, d: Plain): Plain {
      if (isWrite) current.reads = undefined;
      // biome-ignore lint/complexity/noArguments: a rest parameter would make that list
      switch (arguments.length) {
        case 0:
          return inward(call());
        case 1:
          return inward(call(outward(a)));
        case 2:
          return inward(call(outward(a), outward(b)));
        case 3:
          return inward(call(outward(a), outward(b), outward(c)));
        default:
          return inward(call(outward(a), outward(b), outward(c), outward(d)));
      }
    };
  }
  return wired as unknown as HostOperations;
}
