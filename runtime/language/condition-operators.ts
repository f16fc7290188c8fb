/** Apigee, Conditions reference: operators and their words. Words are matched in any case. */
export type Comparison = '=' | '!=' | ':=' | '>' | '>=' | '<' | '<=' | '~' | '!~' | '~~' | '~/' | '=|';

const bySymbol: ReadonlyMap<string, Comparison> = new Map<string, Comparison>([
  ['=', '='],
  ['==', '='],
  ['!=', '!='],
  [':=', ':='],
  ['>', '>'],
  ['>=', '>='],
  ['<', '<'],
  ['<=', '<='],
  ['~', '~'],
  ['!~', '!~'],
  ['~~', '~~'],
  ['~/', '~/'],
  ['/~', '~/'],
  ['=|', '=|'],
]);

const byWord: ReadonlyMap<string, Comparison> = new Map<string, Comparison>([
  ['equals', '='],
  ['is', '='],
  ['notequals', '!='],
  ['isnot', '!='],
  ['equalscaseinsensitive', ':='],
  ['greaterthan', '>'],
  ['greaterthanorequals', '>='],
  ['lesserthan', '<'],
  ['lesserthanorequals', '<='],
  ['javaregex', '~~'],
  ['matches', '~'],
  ['like', '~'],
  ['matchespath', '~/'],
  ['likepath', '~/'],
  ['startswith', '=|'],
]);

/** The operators' words as documented, for "did you mean". */
export const operatorWords: readonly string[] = [
  'Equals',
  'Is',
  'NotEquals',
  'IsNot',
  'EqualsCaseInsensitive',
  'GreaterThan',
  'GreaterThanOrEquals',
  'LesserThan',
  'LesserThanOrEquals',
  'JavaRegex',
  'Matches',
  'Like',
  'MatchesPath',
  'LikePath',
  'StartsWith',
  'And',
  'Or',
  'Not',
];

export function comparisonOfSymbol(text: string): Comparison | undefined {
  return bySymbol.get(text);
}

export function comparisonOfWord(text: string): Comparison | undefined {
  return byWord.get(text.toLowerCase());
}

/** Java binds order tighter than equality and matching. */
export function isRelational(comparison: Comparison): boolean {
  return comparison === '>' || comparison === '>=' || comparison === '<' || comparison === '<=';
}
