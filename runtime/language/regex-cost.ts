/**
 * Bounds what a search of a text can take: an expression runs by backtracking, which no one can interrupt. The bound is
 * of what an expression's form allows at worst, not of what it usually does.
 */

/** Steps are at most `factor * length ** degree`. */
export interface SearchCost {
  readonly factor: number;
  readonly degree: number;
}

const token =
  /\\(?:u\{[0-9a-f]+\}|x[0-9a-f]{2}|[pP]\{[^}]*\}|k<\w+>|.)|\((?:\?(?:<?[=!]|:|<\w+>))?|(?:[*+?]|\{(\d+)(?:(,)(\d*))?\})\??|./suy;

interface Group {
  alternatives: number;
  /** Whether repeating it could go over the same text in several ways. */
  ambiguous: boolean;
}

/**
 * Undefined: no such bound is known, as of a repetition within a repetition (`(a+)+`).
 * @param regex made by `javaRegex`
 */
export function searchCost({ source }: RegExp): SearchCost | undefined {
  const groups: Group[] = [{ alternatives: 1, ambiguous: false }];
  let factor = 1;
  // A search starts anew at every character.
  let degree = 1;
  let closed: Group | undefined;
  for (let at = 0; at < source.length; ) {
    if (source[at] === '[') {
      at = classEnd(source, at);
      closed = undefined;
      continue;
    }
    token.lastIndex = at;
    const [taken = '', minimum, comma, maximum] = token.exec(source) ?? [];
    at += Math.max(taken.length, 1);
    const top = groups.at(-1);
    if (top === undefined) return undefined;
    // What looks around is one more thing to try where it stands; looking back compares a text.
    if (taken.startsWith('\\k')) degree++;
    else if (taken.startsWith('(')) groups.push({ alternatives: 1, ambiguous: false });
    else if (taken === '|') {
      top.alternatives++;
      top.ambiguous = true;
    } else if (taken === ')') {
      groups.pop();
      closed = top;
      factor *= top.alternatives;
      const outer = groups.at(-1);
      if (outer !== undefined) outer.ambiguous ||= top.ambiguous;
      continue;
    } else if (/^(?:[*+?]|\{\d+(?:,\d*)?\})/.test(taken)) {
      const most = /^[*+]/.test(taken) || maximum === '' ? Number.POSITIVE_INFINITY : Number(maximum ?? minimum ?? 1);
      if (most > 1 && closed?.ambiguous === true) return undefined;
      if (taken.startsWith('?')) factor *= 2;
      else if (comma !== undefined || minimum === undefined) degree++;
      if (!taken.startsWith('?') && minimum !== undefined) factor *= Math.max(1, Number(minimum));
      if (comma !== undefined || minimum === undefined) top.ambiguous = true;
    }
    closed = undefined;
  }
  return { factor: factor * (groups[0]?.alternatives ?? 1), degree };
}

/** Behind a class with those inside it. */
function classEnd(source: string, start: number): number {
  let depth = 0;
  for (let at = start; at < source.length; at++) {
    const character = source[at];
    if (character === '\\') at++;
    else if (character === '[') depth++;
    else if (character === ']' && --depth === 0) return at + 1;
  }
  return source.length;
}
