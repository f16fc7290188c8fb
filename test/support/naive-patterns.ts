/** Patterns of conditions, matched by trying everything: what the runtime's matchers are compared with. */

/** A piece of a pattern: a character that stands for itself, a gap, or (in paths) `**` as an element of its own. */
export type Piece = { readonly text: string } | { readonly gap: string };

/** The pieces of a pattern, read by the rules of the reference: `%` escapes, `*` and `{name}` are gaps. */
export function piecesOf(pattern: string, braces: boolean): Piece[] {
  const pieces: Piece[] = [];
  for (let rest = pattern; rest !== ''; ) {
    const escaped = /^%([*{}%])/.exec(rest);
    const named = braces ? /^\{([^{}]*[^{}\s][^{}]*)\}/.exec(rest) : null;
    const taken = escaped?.[0] ?? named?.[0] ?? rest.charAt(0);
    if (escaped !== null) pieces.push({ text: escaped[1] ?? '' });
    else if (named !== null) pieces.push({ gap: named[1] ?? '' });
    else pieces.push(taken === '*' ? { gap: '' } : { text: taken });
    rest = rest.slice(taken.length);
  }
  return pieces;
}

/** Tries every length for every gap. */
export function fits(pieces: readonly Piece[], value: string, minimum: (gap: string) => number): boolean {
  const [first, ...others] = pieces;
  if (first === undefined) return value === '';
  if ('text' in first) return value.startsWith(first.text) && fits(others, value.slice(first.text.length), minimum);
  for (let length = minimum(first.gap); length <= value.length; length++) {
    if (fits(others, value.slice(length), minimum)) return true;
  }
  return false;
}

export const anyLength = (): number => 0;

/** Tries every number of elements for every `**`. */
export function pathFits(
  pattern: readonly string[],
  value: readonly string[],
  minimum: (gap: string) => number,
): boolean {
  const [first, ...others] = pattern;
  if (first === undefined) return value.length === 0;
  if (first === '**') {
    return value.some((_, index) => pathFits(others, value.slice(index + 1), minimum));
  }
  const [element, ...elements] = value;
  return element !== undefined && fits(piecesOf(first, true), element, minimum) && pathFits(others, elements, minimum);
}

/** One slash at the end does not count. */
export const elementsOf = (path: string): string[] => path.replace(/\/$/, '').split('/');

export function referencePath(pattern: string, value: string): boolean {
  if (pattern.replace(/\/$/, '') === '/**' && (value === '' || value.startsWith('/'))) return true;
  return pathFits(elementsOf(pattern), elementsOf(value), anyLength);
}

export function referenceGlob(pattern: string, value: string): boolean {
  return fits(piecesOf(pattern, false), value, anyLength);
}
