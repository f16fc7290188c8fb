/** A pattern, path, format or expression that cannot be compiled. `index` is the place in its text, counted from 0. */
export class PatternError extends Error {
  readonly index: number;

  constructor(message: string, index: number) {
    super(message);
    this.name = 'PatternError';
    this.index = index;
  }
}

/**
 * Text with gaps: `texts[0] gap[0] texts[1] gap[1] ... texts[n]`. A gap takes as little as it can, the last one the rest,
 * so that one walk from left to right decides: there is nothing to go back to.
 */
interface GappedText {
  readonly texts: readonly string[];
  readonly gaps: readonly Gap[];
}

interface Gap {
  readonly name: string | undefined;
  readonly minimum: number;
}

type Element = GappedText | 'several';

/** Apigee, Conditions reference: `Matches` (`~`, `Like`). `*` is any run of characters; `%` escapes `*`, `{`, `}` and `%`. */
export function glob(pattern: string): (value: string) => boolean {
  const gapped = parseGapped(pattern, 0, { braces: 'text', nameMinimum: 0 });
  if (gapped.gaps.length === 0) {
    const whole = gapped.texts[0] ?? '';
    return (value) => value === whole;
  }
  return (value) => matchGapped(gapped, value, undefined);
}

/**
 * Apigee, Conditions reference: `MatchesPath` (`~/`, `LikePath`). `*` and `{name}` are one element, `**` is one or more.
 * zerohop's choice: one slash at the end does not count, `/**` takes the empty path too, and `*` inside a longer element
 * stays within that element.
 */
export function matchesPath(pattern: string): (value: string) => boolean {
  const elements = parsePath(pattern, { braces: 'lenient', nameMinimum: 0 });
  if (elements.length === 2 && isEmptyText(elements[0]) && elements[1] === 'several') {
    return (value) => value === '' || value.startsWith('/');
  }
  const plain = plainPath(elements);
  if (plain !== undefined) return plain;
  const match = matchPathElements(elements);
  return (value) => match(pathElements(value), undefined, undefined);
}

const slash = 47;

/**
 * A matcher for what nearly all patterns are made of: elements that are text or a gap, `**` only at the end. It walks
 * the value by places in it, without cutting it up (bench/micro/condition.ts). Undefined for other patterns.
 */
function plainPath(elements: readonly Element[]): ((value: string) => boolean) | undefined {
  const isOpen = elements.at(-1) === 'several';
  // What stands between the gaps, slashes included.
  let text = '';
  const texts: string[] = [];
  for (const [index, element] of (isOpen ? elements.slice(0, -1) : elements).entries()) {
    if (element === 'several') return undefined;
    if (index > 0) text += '/';
    const [before = '', after = ''] = element.texts;
    if (element.gaps.length === 0) text += before;
    else if (element.gaps.length === 1 && before === '' && after === '') {
      texts.push(text);
      text = '';
    } else return undefined;
  }
  texts.push(text);
  const [first = '', ...others] = texts;
  if (others.length === 0 && !isOpen && !first.endsWith('/')) {
    const slashed = `${first}/`;
    return (value) => value === first || value === slashed;
  }
  return (value) => {
    const end = value.charCodeAt(value.length - 1) === slash ? value.length - 1 : value.length;
    if (!value.startsWith(first)) return false;
    let at = first.length;
    for (const text of others) {
      if (at > end) return false;
      const next = value.indexOf('/', at);
      at = next === -1 || next > end ? end : next;
      if (!value.startsWith(text, at)) return false;
      at += text.length;
    }
    return isOpen ? at < end && value.charCodeAt(at) === slash : at === end;
  };
}

export interface CapturePattern {
  /** Variable names in the order written. */
  readonly names: readonly string[];
  /** Path segments the pattern is written with: of several matching patterns the one with the most segments wins. */
  readonly segments: number;
  /** The captured texts by name when the whole value matches. */
  match(value: string): Map<string, string> | undefined;
}

/**
 * Apigee, ExtractVariables reference, "Matching patterns". `{name}` captures. In `pathMode` a capture and `*` stay within
 * one path segment and `**` spans several; elsewhere both stars are any run of characters. `%` escapes.
 * zerohop's choice: in a path a capture holds at least one character, and one slash at the end of the value does not count.
 * @throws PatternError for a brace that is not closed, or a name that is empty or holds a brace.
 */
export function capturePattern(pattern: string, ignoreCase: boolean, pathMode: boolean): CapturePattern {
  const segments = pattern.split('/').filter((segment) => segment !== '').length;
  const syntax: Syntax = { braces: 'strict', nameMinimum: pathMode ? 1 : 0 };
  if (!pathMode) {
    const gapped = foldTexts(parseGapped(pattern, 0, syntax), ignoreCase);
    const names = namesOf([gapped]);
    return {
      names,
      segments,
      match(value) {
        const captured = new Map<string, string>();
        return matchGapped(gapped, value, captured, ignoreCase ? fold(value) : value) ? captured : undefined;
      },
    };
  }
  const elements = parsePath(pattern, syntax).map((element) =>
    element === 'several' ? element : foldTexts(element, ignoreCase),
  );
  const match = matchPathElements(elements);
  return {
    names: namesOf(elements),
    segments,
    match(value) {
      const captured = new Map<string, string>();
      const values = pathElements(value);
      return match(values, captured, ignoreCase ? values.map(fold) : values) ? captured : undefined;
    },
  };
}

interface Syntax {
  /** What a brace means: a name (`strict`: must be closed), a name when closed (`lenient`), or text. */
  readonly braces: 'strict' | 'lenient' | 'text';
  readonly nameMinimum: number;
}

function parsePath(pattern: string, syntax: Syntax): Element[] {
  const trimmed = pattern.endsWith('/') ? pattern.slice(0, -1) : pattern;
  let offset = 0;
  return trimmed.split('/').map((text) => {
    const start = offset;
    offset += text.length + 1;
    return text === '**' ? 'several' : parseGapped(text, start, syntax);
  });
}

function parseGapped(pattern: string, offset: number, syntax: Syntax): GappedText {
  const texts: string[] = [];
  const gaps: Gap[] = [];
  let text = '';
  const addGap = (name: string | undefined, minimum: number): void => {
    texts.push(text);
    text = '';
    gaps.push({ name, minimum });
  };
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern.charAt(at);
    const next = pattern.charAt(at + 1);
    if (character === '%' && next !== '' && '*{}%'.includes(next)) {
      text += next;
      at++;
    } else if (character === '*') {
      addGap(undefined, 0);
    } else if (character === '{' && syntax.braces !== 'text') {
      const end = pattern.indexOf('}', at);
      const name = end === -1 ? '' : pattern.slice(at + 1, end);
      const usable = name.trim() !== '' && !name.includes('{');
      if (!usable && syntax.braces === 'strict') {
        throw new PatternError(end === -1 ? 'The brace is not closed' : 'A name is missing here', offset + at);
      }
      if (usable) {
        addGap(name.trim(), syntax.nameMinimum);
        at = end;
      } else {
        text += character;
      }
    } else {
      text += character;
    }
  }
  texts.push(text);
  return { texts, gaps };
}

/** `folded` is what the texts are compared with; the captures are cut from `value`. Both have the same length. */
function matchGapped(
  gapped: GappedText,
  value: string,
  captured: Map<string, string> | undefined,
  folded: string = value,
): boolean {
  const { texts, gaps } = gapped;
  const first = texts[0] ?? '';
  if (!folded.startsWith(first)) return false;
  let at = first.length;
  if (gaps.length === 0) return at === folded.length;
  for (let index = 0; index < gaps.length; index++) {
    const gap = gaps[index];
    const text = texts[index + 1] ?? '';
    const earliest = at + (gap?.minimum ?? 0);
    let found: number;
    if (index === gaps.length - 1) {
      found = folded.length - text.length;
      if (found < earliest || !folded.endsWith(text)) return false;
    } else {
      found = earliest > folded.length ? -1 : folded.indexOf(text, earliest);
      if (found === -1) return false;
    }
    if (captured !== undefined && gap?.name !== undefined) captured.set(gap.name, value.slice(at, found));
    at = found + text.length;
  }
  return true;
}

type ElementsMatcher = (
  values: readonly string[],
  captured: Map<string, string> | undefined,
  folded: readonly string[] | undefined,
) => boolean;

/** The same walk as for text, one level up: runs of elements between `**`, each taken at its first possible place. */
function matchPathElements(elements: readonly Element[]): ElementsMatcher {
  const runs: GappedText[][] = [[]];
  for (const element of elements) {
    if (element === 'several') runs.push([]);
    else runs.at(-1)?.push(element);
  }
  return (values, captured, folded = values) => {
    const fits = (run: readonly GappedText[], at: number): boolean =>
      run.every((element, index) => matchGapped(element, values[at + index] ?? '', undefined, folded[at + index]));
    let at = 0;
    for (let index = 0; index < runs.length; index++) {
      const run = runs[index] ?? [];
      const last = values.length - run.length;
      // `**` takes at least one element.
      const earliest = index === 0 ? 0 : at + 1;
      let start = index === runs.length - 1 && index > 0 ? Math.max(last, earliest) : earliest;
      const latest = index === 0 ? 0 : last;
      while (start <= latest && !fits(run, start)) start++;
      if (start > latest || start + run.length > values.length) return false;
      if (captured !== undefined) {
        run.forEach((element, offset) => {
          matchGapped(element, values[start + offset] ?? '', captured, folded[start + offset]);
        });
      }
      at = start + run.length;
    }
    return at === values.length;
  };
}

function pathElements(value: string): string[] {
  return (value.endsWith('/') ? value.slice(0, -1) : value).split('/');
}

function isEmptyText(element: Element | undefined): boolean {
  return element !== undefined && element !== 'several' && element.gaps.length === 0 && element.texts[0] === '';
}

function namesOf(elements: readonly Element[]): string[] {
  const names = elements.flatMap((element) => (element === 'several' ? [] : element.gaps.map((gap) => gap.name)));
  return [...new Set(names.filter((name) => name !== undefined))];
}

function foldTexts(gapped: GappedText, ignoreCase: boolean): GappedText {
  return ignoreCase ? { texts: gapped.texts.map(fold), gaps: gapped.gaps } : gapped;
}

/** Lower case of the same length, so that offsets stay valid (`İ` would become two units). */
function fold(text: string): string {
  const lower = text.toLowerCase();
  return lower.length === text.length ? lower : text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
