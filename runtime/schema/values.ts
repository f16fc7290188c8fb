import type { ValueType } from './declare.ts';

/** Value types: what a text or an attribute may hold. */

function textType(expects: string, keepsBlanks: boolean, empty: string | undefined): ValueType<string> {
  return { kind: 'value', xsd: 'xs:string', expects, keepsBlanks, empty, parse: (value) => value };
}

/** Any text, blanks around it cut off. */
export const text: ValueType<string> = textType('text', false, '');

/** Any text exactly as written. */
export const rawText: ValueType<string> = textType('text', true, '');

/** A text with `{variable}` and `{function(args)}` in it, blanks around it cut off. Compiled with `compiler.template`. */
export const template: ValueType<string> = textType('a message template', false, '');

/** A message template exactly as written. */
export const rawTemplate: ValueType<string> = textType('a message template', true, '');

/** The name of a flow variable, without braces. */
export const variable: ValueType<string> = textType('the name of a flow variable', false, undefined);

/** A condition. Compiled with `compiler.condition`. */
export const condition: ValueType<string> = textType('a condition', true, '');

/** `true` or `false`, in any case. */
export const boolean: ValueType<boolean> = {
  kind: 'value',
  xsd: 'xs:boolean',
  expects: 'true or false',
  keepsBlanks: false,
  empty: undefined,
  parse: (value) => (/^true$/i.test(value) ? true : /^false$/i.test(value) ? false : undefined),
};

/** A boolean element that counts as true when written empty, as the console writes `<Payload/>`. */
export const flag: ValueType<boolean> = { ...boolean, empty: true };

export function integer(minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER): ValueType<number> {
  const least = minimum === Number.MIN_SAFE_INTEGER ? '' : ` of at least ${minimum}`;
  const most = maximum === Number.MAX_SAFE_INTEGER ? '' : `${least === '' ? ' of' : ' and'} at most ${maximum}`;
  return {
    kind: 'value',
    xsd: 'xs:long',
    expects: `a whole number${least}${most}`,
    keepsBlanks: false,
    empty: undefined,
    parse: (value) => {
      if (!/^[+-]?\d+$/.test(value)) return undefined;
      const number = Number(value);
      return number >= minimum && number <= maximum ? number : undefined;
    },
  };
}

export const decimal: ValueType<number> = {
  kind: 'value',
  xsd: 'xs:decimal',
  expects: 'a number',
  keepsBlanks: false,
  empty: undefined,
  parse: (value) => (/^[+-]?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined),
};

/** One of a few words, compared without regard to case; the configuration holds the word as declared. */
export function oneOf<const W extends string>(...words: readonly W[]): ValueType<W> {
  return {
    kind: 'value',
    xsd: words,
    expects: `one of ${words.join(', ')}`,
    keepsBlanks: false,
    empty: undefined,
    parse: (value) => words.find((word) => word.toLowerCase() === value.toLowerCase()),
  };
}
