import { PatternError } from './pattern.ts';
import { textOf } from './value-text.ts';

/** Gives the compiled form of an argument; undefined when there is none: no value, or not a valid pattern. */
export type Compiled<T> = (argument: unknown) => T | undefined;

/**
 * For an argument of a template function that has to be compiled. A literal is compiled here and now. A variable is
 * compiled when it is used, and again only when its text has changed: authors keep constant patterns in variables.
 * @throws PatternError for a literal that cannot be compiled
 */
export function compileOnce<T>(literal: unknown, compile: (text: string) => T): Compiled<T> {
  if (literal !== undefined) {
    const ready = compile(textOf(literal) ?? '');
    return () => ready;
  }
  let lastText: string | undefined;
  let last: T | undefined;
  return (argument) => {
    const text = textOf(argument);
    if (text === undefined) return undefined;
    if (text !== lastText) {
      last = validOrUndefined(() => compile(text));
      lastText = text;
    }
    return last;
  };
}

/** What `work` gives, or undefined when a pattern in it, taken from data, turns out not to be valid. */
export function validOrUndefined<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof PatternError) return undefined;
    throw error;
  }
}
