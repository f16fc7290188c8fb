import { pointItems, rangeItems } from './java-class.ts';
import { escaped } from './java-escape.ts';
import { maximumDepth, type State, settle } from './java-reader.ts';
import { PatternError } from './pattern.ts';

/** Translates `[...]`, from the opening bracket on: unions, nested classes and `&&`. */
export function characterClass(state: State): string {
  const { text } = state;
  const index = state.at++;
  if (++state.depth > maximumDepth) throw new PatternError('The expression is nested too deeply', index);
  const negated = text.charAt(state.at) === '^';
  if (negated) state.at++;
  const operands: string[] = [];
  let items = '';
  for (let first = true; ; first = false) {
    const quoted = settle(state);
    if (state.at >= text.length) throw new PatternError('The character class is not closed', index);
    const character = text.charAt(state.at);
    if (!quoted && character === ']' && !first) break;
    if (!quoted && character === '[') {
      items += characterClass(state);
    } else if (!quoted && text.startsWith('&&', state.at)) {
      state.at += 2;
      if (items !== '') operands.push(items);
      items = '';
    } else {
      items += classItem(state, quoted);
    }
  }
  state.at++;
  state.depth--;
  if (items !== '') operands.push(items);
  if (operands.length === 0) throw new PatternError('The character class is empty', index);
  const sign = negated ? '^' : '';
  if (operands.length === 1) return `[${sign}${operands[0]}]`;
  return `[${sign}${operands.map((operand) => `[${operand}]`).join('&&')}]`;
}

function classItem(state: State, quoted: boolean): string {
  const index = state.at;
  const low = classPoint(state, quoted);
  if (typeof low === 'string') return low;
  const isRange =
    !settle(state) && state.text.charAt(state.at) === '-' && !/[\][]|^$/.test(state.text.charAt(state.at + 1));
  if (!isRange) return pointItems(low, state.flags);
  state.at++;
  const high = classPoint(state, settle(state));
  if (typeof high === 'string') throw new PatternError('A range needs a character at its end', index);
  return rangeItems(low, high, state.flags, index);
}

function classPoint(state: State, quoted: boolean): number | string {
  const index = state.at;
  if (quoted || state.text.charAt(index) !== '\\') {
    const point = state.text.codePointAt(index) ?? 0;
    state.at += point > 0xffff ? 2 : 1;
    return point;
  }
  const read = escaped(state);
  if (read.point !== undefined) return read.point;
  if (!read.set) throw new PatternError('This escape cannot stand in a character class', index);
  return read.source;
}
