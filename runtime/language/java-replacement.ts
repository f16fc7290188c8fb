import { toRegExp, translateJavaRegex } from './java-regex.ts';
import { PatternError } from './pattern.ts';

/** Literal texts, and the JavaScript names of the groups between them. */
type Part = { readonly text: string } | { readonly text: undefined; readonly group: string };

/** A compiled replacement of the first match (`first`) or of all matches. */
export type Replacement = (value: string, replacement: string) => string;

/**
 * Java's String.replaceAll and replaceFirst. In the replacement `$1` and `${name}` are groups and `\` escapes.
 * @throws PatternError at once for a bad expression, in the call for a bad replacement.
 */
export function compileReplacement(expression: string, extent: 'first' | 'all'): Replacement {
  const pattern = translateJavaRegex(expression);
  const regex = toRegExp(pattern.source, extent === 'all' ? 'gv' : 'v');
  return (value, replacement) => {
    if (!replacement.includes('$') && !replacement.includes('\\')) return value.replace(regex, () => replacement);
    const parts = parseReplacement(replacement, pattern.groups, pattern.names);
    return value.replace(regex, (...found: unknown[]) => {
      const groups = found.at(-1);
      const whole = String(found[0]);
      return parts.map((part) => part.text ?? groupText(groups, part.group, whole)).join('');
    });
  };
}

function groupText(groups: unknown, name: string, whole: string): string {
  if (name === 'g0') return whole;
  if (typeof groups !== 'object' || groups === null) return '';
  const text: unknown = Reflect.get(groups, name);
  return typeof text === 'string' ? text : '';
}

function parseReplacement(text: string, groups: number, names: ReadonlyMap<string, number>): Part[] {
  const parts: Part[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '\\') {
      at++;
      if (at >= text.length) throw new PatternError('The backslash escapes nothing', at - 1);
      parts.push({ text: text.charAt(at) });
    } else if (character === '$') {
      const reference = /^\$(?:\{([A-Za-z][A-Za-z0-9]*)\}|(\d))/.exec(text.slice(at, at + 100));
      if (reference === null) throw new PatternError('Not a group; write \\$ for the character', at);
      const name = reference[1];
      let group = name === undefined ? Number(reference[2]) : names.get(name);
      if (group === undefined || group > groups) throw new PatternError(`There is no group ${reference[0]}`, at);
      at += reference[0].length - 1;
      // A further digit belongs to the number as long as there is such a group.
      while (
        name === undefined &&
        /\d/.test(text.charAt(at + 1)) &&
        group * 10 + Number(text.charAt(at + 1)) <= groups
      ) {
        group = group * 10 + Number(text.charAt(++at));
      }
      parts.push({ text: undefined, group: `g${group}` });
    } else {
      parts.push({ text: character });
    }
  }
  return parts;
}
