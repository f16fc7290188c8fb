import { propertyClass, shorthandClasses } from './java-class.ts';
import type { Flags, State } from './java-reader.ts';
import { PatternError } from './pattern.ts';

/** A code point, or source text for anything else (`set`: it is a class). */
export type Escape =
  | { readonly point: number }
  | { readonly point: undefined; readonly source: string; readonly set: boolean };

const controlEscapes: ReadonlyMap<string, number> = new Map([
  ['t', 9],
  ['n', 10],
  ['f', 12],
  ['r', 13],
  ['a', 7],
  ['e', 27],
]);

export function escaped(state: State): Escape {
  const { text } = state;
  const index = state.at;
  const letter = String.fromCodePoint(text.codePointAt(index + 1) ?? 0);
  if (index + 1 >= text.length) throw new PatternError('The backslash escapes nothing', index);
  state.at += 1 + letter.length;
  const control = controlEscapes.get(letter);
  if (control !== undefined) return { point: control };
  const set = shorthandClasses.get(letter);
  if (set !== undefined) return { point: undefined, source: set, set: true };
  const rest = text.slice(state.at, state.at + 80);
  const numeric = numericEscape(letter, rest);
  if (numeric !== null) {
    state.at += numeric[0].length;
    const [digits = '', radix] = [numeric[1] ?? numeric[0], letter === '0' ? 8 : 16];
    const point = Number.parseInt(digits, radix);
    if (point > 0x10ffff) throw new PatternError('There is no such character', index);
    return { point };
  }
  if (letter === 'c' && rest !== '') {
    state.at++;
    return { point: rest.charCodeAt(0) ^ 64 };
  }
  if (letter === 'p' || letter === 'P') {
    const name = /^(?:\{([^}]*)\}|([A-Za-z]))/.exec(rest);
    const property = propertyClass(name?.[1] ?? name?.[2] ?? '', letter === 'P', state.flags.ignoreCase);
    if (name === null || property === undefined) throw new PatternError('This property is not supported', index);
    state.at += name[0].length;
    return { point: undefined, source: property, set: true };
  }
  const source = assertionOrReference(state, letter, rest, index);
  if (source !== undefined) return { point: undefined, source, set: false };
  if (/[A-Za-z0-9]/.test(letter)) throw new PatternError(`The escape \\${letter} is not supported`, index);
  return { point: letter.codePointAt(0) ?? 0 };
}

function numericEscape(letter: string, rest: string): RegExpExecArray | null {
  if (letter === '0') return /^(?:[0-3][0-7]{0,2}|[0-7]{1,2})/.exec(rest);
  if (letter === 'x') return /^(?:\{([0-9A-Fa-f]{1,8})\}|[0-9A-Fa-f]{2})/.exec(rest);
  return letter === 'u' ? /^[0-9A-Fa-f]{4}/.exec(rest) : null;
}

function assertionOrReference(state: State, letter: string, rest: string, index: number): string | undefined {
  switch (letter) {
    case 'b':
    case 'B':
      return `\\${letter}`;
    case 'A':
      return '^';
    case 'z':
      return '$';
    case 'Z':
      return dollar({ ...state.flags, multiline: false });
    case 'R':
      return '(?:\\r\\n|[\\n-\\r\\x85\\u2028\\u2029])';
    default: {
      const named = letter === 'k' ? /^<([A-Za-z][A-Za-z0-9]*)>/.exec(rest) : null;
      let number = Number.NaN;
      if (named !== null) {
        number = state.names.get(named[1] ?? '') ?? Number.NaN;
        if (Number.isNaN(number)) throw new PatternError(`There is no group ${named[1]} before this`, index);
        state.at += named[0].length;
      } else if (/[1-9]/.test(letter)) {
        number = Number(letter);
        // Java takes a further digit only when that many groups are open already.
        while (
          /\d/.test(state.text.charAt(state.at)) &&
          number * 10 + Number(state.text.charAt(state.at)) <= state.groups
        ) {
          number = number * 10 + Number(state.text.charAt(state.at++));
        }
      }
      if (Number.isNaN(number)) return undefined;
      if (state.flags.ignoreCase) {
        throw new PatternError('A back-reference that ignores case is not supported', index);
      }
      state.references.push({ group: number, index });
      return `\\k<g${number}>`;
    }
  }
}

/** Without MULTILINE `$` also holds before a line end that ends the text. */
export function dollar(flags: Flags): string {
  if (flags.multiline) {
    return flags.unixLines ? '(?=\\n|$)' : '(?=[\\r\\x85\\u2028\\u2029]|(?<!\\r)\\n|$)';
  }
  return flags.unixLines ? '(?=\\n?$)' : '(?:$|(?=(?:\\r\\n|[\\r\\x85\\u2028\\u2029]|(?<!\\r)\\n)$))';
}
