import { randomInt } from 'node:crypto';
import { PatternError } from './pattern.ts';

/** Writes random text; `longest` is the most characters it can come to. */
interface Writer {
  readonly longest: number;
  write(): string;
}

/** Inclusive code points. */
type Range = readonly [number, number];

interface State {
  readonly text: string;
  at: number;
  depth: number;
}

/** How often `*`, `+` and `{n,}` repeat beyond their minimum, at most. */
const openEnd = 10;
const longestText = 100_000;
const maximumDepth = 100;
/** What `.` and negated classes choose from. */
const printable: Range = [0x20, 0x7e];
const digits: readonly Range[] = [[48, 57]];
const wordCharacters: readonly Range[] = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
];
const blanks: readonly Range[] = [[32, 32]];

const classes: ReadonlyMap<string, readonly Range[]> = new Map([
  ['d', digits],
  ['D', complement(digits)],
  ['w', wordCharacters],
  ['W', complement(wordCharacters)],
  ['s', blanks],
  ['S', complement(blanks)],
]);

const controls: ReadonlyMap<string, number> = new Map([
  ['t', 9],
  ['n', 10],
  ['r', 13],
  ['f', 12],
]);

/**
 * A source of random texts that match a simple regular expression: characters, classes, groups, alternatives, repetitions.
 * @throws PatternError for anything else, and for expressions that could give more than 100000 characters.
 */
export function compileXeger(regex: string): () => string {
  const state: State = { text: regex, at: 0, depth: 0 };
  const writer = alternatives(state);
  if (state.at < regex.length) throw new PatternError('This parenthesis was not opened', state.at);
  if (writer.longest > longestText) throw new PatternError('The text could become too long', 0);
  return writer.write;
}

function alternatives(state: State): Writer {
  if (++state.depth > maximumDepth) throw new PatternError('The expression is nested too deeply', state.at);
  const choices = [sequence(state)];
  while (state.text.charAt(state.at) === '|') {
    state.at++;
    choices.push(sequence(state));
  }
  state.depth--;
  const [only] = choices;
  if (only !== undefined && choices.length === 1) return only;
  const longest = Math.max(...choices.map((choice) => choice.longest));
  return { longest, write: () => choices[randomInt(choices.length)]?.write() ?? '' };
}

function sequence(state: State): Writer {
  const parts: Writer[] = [];
  while (state.at < state.text.length && !'|)'.includes(state.text.charAt(state.at))) parts.push(repeated(state));
  const longest = parts.reduce((sum, part) => sum + part.longest, 0);
  return { longest, write: () => parts.map((part) => part.write()).join('') };
}

function repeated(state: State): Writer {
  const unit = element(state);
  const match = /^(?:[*+?]|\{(\d{1,6})(?:(,)(\d{0,6}))?\})[?+]?/.exec(state.text.slice(state.at, state.at + 20));
  if (match === null) return unit;
  const [minimum, maximum] = repetitions(match);
  if (maximum < minimum) throw new PatternError('The repetition counts are the wrong way round', state.at);
  state.at += match[0].length;
  return {
    longest: unit.longest * maximum,
    write: () => Array.from({ length: randomInt(minimum, maximum + 1) }, () => unit.write()).join(''),
  };
}

function repetitions(match: RegExpExecArray): [number, number] {
  switch (match[0].charAt(0)) {
    case '*':
      return [0, openEnd];
    case '+':
      return [1, 1 + openEnd];
    case '?':
      return [0, 1];
    default: {
      const minimum = Number(match[1]);
      if (match[2] === undefined) return [minimum, minimum];
      return [minimum, match[3] === '' ? minimum + openEnd : Number(match[3])];
    }
  }
}

function element(state: State): Writer {
  const index = state.at;
  const character = state.text.charAt(index);
  switch (character) {
    case '(': {
      const open = /^\((?:\?(?::|<[A-Za-z]\w*>))?/.exec(state.text.slice(index, index + 80))?.[0] ?? '(';
      state.at += open.length;
      if (open === '(' && state.text.charAt(state.at) === '?') throw new PatternError('Not supported here', index);
      const inner = alternatives(state);
      if (state.text.charAt(state.at) !== ')') throw new PatternError('The parenthesis is not closed', index);
      state.at++;
      return inner;
    }
    case '[':
      return oneOf(bracket(state));
    case '.':
      state.at++;
      return oneOf([printable]);
    case '^':
    case '$':
      // The whole text is written, so it starts and ends here anyway.
      state.at++;
      return { longest: 0, write: () => '' };
    case '*':
    case '+':
    case '?':
    case '{':
      throw new PatternError('There is nothing to repeat here', index);
    default:
      return oneOf(single(state));
  }
}

function oneOf(ranges: readonly Range[]): Writer {
  const total = ranges.reduce((sum, [low, high]) => sum + high - low + 1, 0);
  const write = (): string => {
    let left = randomInt(total);
    for (const [low, high] of ranges) {
      const size = high - low + 1;
      if (left < size) return String.fromCodePoint(low + left);
      left -= size;
    }
    return '';
  };
  const [first] = ranges;
  if (total === 1 && first !== undefined) {
    const text = String.fromCodePoint(first[0]);
    return { longest: text.length, write: () => text };
  }
  return { longest: 2, write };
}

/** A character or an escape. */
function single(state: State): readonly Range[] {
  const index = state.at;
  const point = state.text.codePointAt(index) ?? 0;
  state.at += point > 0xffff ? 2 : 1;
  if (point !== 0x5c) return [[point, point]];
  const letter = state.text.charAt(state.at);
  if (letter === '') throw new PatternError('The backslash escapes nothing', index);
  state.at++;
  const hex = /^(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4})/.exec(state.text.slice(state.at - 1, state.at + 4));
  if (hex !== null) state.at += hex[0].length - 1;
  const set = classes.get(letter);
  if (set !== undefined) return set;
  const code = hex === null ? controls.get(letter) : Number.parseInt(hex[0].slice(1), 16);
  if (code === undefined && /[A-Za-z0-9]/.test(letter)) throw new PatternError(`\\${letter} is not supported`, index);
  const value = code ?? letter.charCodeAt(0);
  return [[value, value]];
}

function bracket(state: State): readonly Range[] {
  const index = state.at++;
  const negated = state.text.charAt(state.at) === '^';
  if (negated) state.at++;
  const ranges: Range[] = [];
  for (let first = true; ; first = false) {
    if (state.at >= state.text.length) throw new PatternError('The character class is not closed', index);
    if (state.text.charAt(state.at) === ']' && !first) break;
    const place = state.at;
    const low = single(state);
    const [only] = low;
    const isRange = state.text.charAt(state.at) === '-' && !['', ']'].includes(state.text.charAt(state.at + 1));
    if (!isRange || low.length !== 1 || only === undefined || only[0] !== only[1]) {
      ranges.push(...low);
      continue;
    }
    state.at++;
    const [high] = single(state);
    if (high === undefined || high[0] !== high[1] || high[0] < only[0]) {
      throw new PatternError('The range is the wrong way round', place);
    }
    ranges.push([only[0], high[0]]);
  }
  state.at++;
  const chosen = negated ? complement(ranges) : merged(ranges);
  if (chosen.length === 0) throw new PatternError('The class leaves no character to choose', index);
  return chosen;
}

/** Sorted and without overlaps, so that every character is as likely as the others. */
function merged(ranges: readonly Range[]): Range[] {
  const result: Range[] = [];
  for (const [low, high] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last !== undefined && low <= last[1] + 1) result[result.length - 1] = [last[0], Math.max(last[1], high)];
    else result.push([low, high]);
  }
  return result;
}

/** The printable characters outside the ranges. */
function complement(ranges: readonly Range[]): Range[] {
  const result: Range[] = [];
  let next = printable[0];
  for (const [low, high] of merged(ranges)) {
    if (low > next) result.push([next, Math.min(low - 1, printable[1])]);
    next = Math.max(next, high + 1);
  }
  if (next <= printable[1]) result.push([next, printable[1]]);
  return result.filter(([low, high]) => low <= high);
}
