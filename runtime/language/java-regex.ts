/**
 * Translates java.util.regex patterns (Java SE API, class Pattern) to JavaScript's `v` mode. Everything that differs is
 * spelled out: flags inside the pattern, possessive quantifiers and atomic groups (a lookahead with a back-reference),
 * line ends, classes. Known to differ still: a group inside a repetition is unset when the last round did not take part.
 */
import { characterClass } from './java-bracket.ts';
import { codePoint, pointItems } from './java-class.ts';
import { dollar, escaped } from './java-escape.ts';
import { type Flags, maximumDepth, type State, settle } from './java-reader.ts';
import { PatternError } from './pattern.ts';

export interface JavaPattern {
  /** JavaScript source for the `v` flag; group number n of the Java pattern is named `g<n>`. */
  readonly source: string;
  /** How many capturing groups the Java pattern has. */
  readonly groups: number;
  /** Group numbers by the names given in the pattern. */
  readonly names: ReadonlyMap<string, number>;
}

/**
 * `whole`: the expression has to match the whole value (Java's `matches()`), else any part of it (`find()`).
 * @throws PatternError when the pattern is not valid or uses what JavaScript cannot express.
 */
export function javaRegex(source: string, flags: 'whole' | 'find' = 'whole'): RegExp {
  const pattern = translateJavaRegex(source);
  return toRegExp(flags === 'whole' ? `^(?:${pattern.source})$` : pattern.source, 'v');
}

/** JavaScript's own `[^]` is a negated class. */
const anything = '[\\p{Any}]';

/** Every test of untrusted text against an author's expression goes through here. */
export function safeTest(regex: RegExp, value: string): boolean {
  regex.lastIndex = 0;
  return regex.test(value);
}

export function toRegExp(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, flags);
  } catch (error) {
    if (error instanceof SyntaxError) throw new PatternError(`Not usable as an expression: ${error.message}`, 0);
    throw error;
  }
}

const flagLetters: ReadonlyMap<string, keyof Flags> = new Map([
  ['i', 'ignoreCase'],
  ['u', 'unicodeCase'],
  ['m', 'multiline'],
  ['s', 'dotAll'],
  ['x', 'comments'],
  ['d', 'unixLines'],
]);

export function translateJavaRegex(text: string): JavaPattern {
  const state: State = {
    text,
    at: 0,
    quotedUntil: -1,
    flags: {
      ignoreCase: false,
      unicodeCase: false,
      multiline: false,
      dotAll: false,
      comments: false,
      unixLines: false,
    },
    groups: 0,
    atomics: 0,
    lookbehinds: 0,
    depth: 0,
    names: new Map(),
    references: [],
  };
  const source = alternatives(state);
  if (state.at < text.length) throw new PatternError('This parenthesis was not opened', state.at);
  for (const { group, index } of state.references) {
    if (group > state.groups) throw new PatternError(`There is no group ${group}`, index);
  }
  return { source, groups: state.groups, names: state.names };
}

function alternatives(state: State): string {
  if (++state.depth > maximumDepth) throw new PatternError('The expression is nested too deeply', state.at);
  let source = '';
  for (;;) {
    const quoted = settle(state);
    if (state.at >= state.text.length) break;
    const character = state.text.charAt(state.at);
    if (!quoted && character === ')') break;
    if (!quoted && character === '|') {
      source += '|';
      state.at++;
    } else {
      source += quantified(state, quoted);
    }
  }
  state.depth--;
  return source;
}

function quantified(state: State, quoted: boolean): string {
  const atom = quoted ? literal(state) : element(state);
  if (settle(state)) return atom;
  const match = quantifierAt(state);
  if (match === undefined) return atom;
  const unit = /^\(\?(?:<?[=!])|^[\^$]|^\\b$/i.test(atom) || atom === '' ? `(?:${atom})` : atom;
  const kind = state.text.charAt(state.at);
  if (kind === '?') {
    state.at++;
    return `${unit}${match}?`;
  }
  if (kind === '+') {
    const index = state.at++;
    return atomic(state, `${unit}${match}`, index);
  }
  return unit + match;
}

function quantifierAt(state: State): string | undefined {
  const character = state.text.charAt(state.at);
  if (character === '*' || character === '+' || character === '?') {
    state.at++;
    return character;
  }
  if (character !== '{') return undefined;
  const match = /^\{(\d{1,9})(?:(,)(\d{0,9}))?\}/.exec(state.text.slice(state.at, state.at + 24));
  if (match === null) throw new PatternError('Not a repetition count', state.at);
  if (match[3] !== undefined && match[3] !== '' && Number(match[3]) < Number(match[1])) {
    throw new PatternError('The repetition counts are the wrong way round', state.at);
  }
  state.at += match[0].length;
  return match[0];
}

function atomic(state: State, source: string, index: number): string {
  if (state.lookbehinds > 0) throw new PatternError('Not supported inside a lookbehind', index);
  const name = `a${++state.atomics}`;
  return `(?:(?=(?<${name}>${source}))\\k<${name}>)`;
}

function literal(state: State): string {
  const point = state.text.codePointAt(state.at) ?? 0;
  state.at += point > 0xffff ? 2 : 1;
  return pointSource(state, point);
}

function pointSource(state: State, point: number): string {
  const items = pointItems(point, state.flags);
  return items === codePoint(point) ? items : `[${items}]`;
}

/**
 * A class that stands alone. V8 up to 12 turns a negated class of the `v` mode round once more each time it copies the
 * repetition around it: `/(?:a[^b])+/v` takes `ab`. It gets a class inside a class right.
 */
function alone(set: string): string {
  return set.startsWith('[^') ? `[${set}]` : set;
}

function element(state: State): string {
  const index = state.at;
  const { flags } = state;
  switch (state.text.charAt(index)) {
    case '(':
      return group(state);
    case '[':
      return alone(characterClass(state));
    case '\\': {
      const read = escaped(state);
      return read.point === undefined ? alone(read.source) : pointSource(state, read.point);
    }
    case '.':
      state.at++;
      if (flags.dotAll) return anything;
      return alone(flags.unixLines ? '[^\\n]' : '[^\\n\\r\\x85\\u2028\\u2029]');
    case '^':
      state.at++;
      if (!flags.multiline) return '^';
      return flags.unixLines
        ? '(?:^|(?<=\\n)(?=[\\p{Any}]))'
        : '(?:^|(?<=[\\n\\x85\\u2028\\u2029]|\\r(?!\\n))(?=[\\p{Any}]))';
    case '$':
      state.at++;
      return dollar(flags);
    case '*':
    case '+':
    case '?':
      throw new PatternError('There is nothing to repeat here', index);
    case '{':
      throw new PatternError('A brace stands for a repetition; write \\{ for the character', index);
    default:
      return literal(state);
  }
}

function group(state: State): string {
  const { text } = state;
  const index = state.at;
  const saved = state.flags;
  const close = (open: string): string => {
    const inner = alternatives(state);
    if (text.charAt(state.at) !== ')') throw new PatternError('The parenthesis is not closed', index);
    state.at++;
    state.flags = saved;
    return `${open}${inner})`;
  };
  const start = /^\((?:\?(?:[:=!>]|<[=!]|<([A-Za-z][A-Za-z0-9]*)>|([a-zA-Z]*)(?:-([a-zA-Z]*))?([:)])))?/.exec(
    text.slice(index, index + 200),
  );
  const opening = start?.[0] ?? '(';
  state.at += opening.length;
  if (opening === '(' || start?.[1] !== undefined) {
    if (opening === '(' && text.charAt(index + 1) === '?') throw new PatternError('Unknown kind of group', index + 1);
    const number = ++state.groups;
    const name = start?.[1];
    if (name !== undefined) {
      if (state.names.has(name)) throw new PatternError(`The group ${name} is defined twice`, index);
      state.names.set(name, number);
    }
    return close(`(?<g${number}>`);
  }
  if (opening === '(?>') return atomic(state, close('(?:'), index);
  if (opening === '(?<=' || opening === '(?<!') {
    state.lookbehinds++;
    const source = close(opening);
    state.lookbehinds--;
    return source;
  }
  if (start?.[4] === undefined || opening === '(?:') return close(opening);
  state.flags = changedFlags(saved, start[2] ?? '', start[3] ?? '', index);
  return start[4] === ')' ? '' : close('(?:');
}

function changedFlags(flags: Flags, on: string, off: string, index: number): Flags {
  const changed: Record<keyof Flags, boolean> = { ...flags };
  for (const [letters, value] of [
    [on, true],
    [off, false],
  ] as const) {
    for (const letter of letters) {
      const flag = flagLetters.get(letter);
      if (flag === undefined) throw new PatternError(`The flag ${letter} is not supported`, index);
      changed[flag] = value;
    }
  }
  return changed;
}
