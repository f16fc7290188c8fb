/** Numbers as xsl:number writes them. XSLT 1.0 section 7.7.1. */

export interface Grouping {
  readonly separator: string;
  readonly size: number;
}

/** The numbers with the format's tokens and what stands between them. */
export function formatNumbers(numbers: readonly number[], format: string, grouping: Grouping | undefined): string {
  const parts = format.match(/[\p{L}\p{N}]+|[^\p{L}\p{N}]+/gu) ?? [];
  const isToken = (part: string): boolean => /^[\p{L}\p{N}]/u.test(part);
  const tokens = parts.filter(isToken);
  const [start = ''] = parts;
  const end = parts.at(-1) ?? '';
  const separators: string[] = [];
  for (let at = 0, seen = 0; at < parts.length; at++) {
    const part = parts[at] ?? '';
    if (isToken(part)) seen++;
    else if (seen > 0 && seen < tokens.length) separators.push(part);
  }
  let text = isToken(start) ? '' : start;
  for (const [index, number] of numbers.entries()) {
    if (index > 0) text += separators[Math.min(index, separators.length) - 1] ?? '.';
    text += formatOne(number, tokens[Math.min(index, tokens.length - 1)] ?? '1', grouping);
  }
  return parts.length > 1 && !isToken(end) ? text + end : text;
}

function formatOne(number: number, token: string, grouping: Grouping | undefined): string {
  if (!Number.isFinite(number) || number < 0) return String(number);
  switch (token) {
    case 'a':
      return letters(number);
    case 'A':
      return letters(number).toUpperCase();
    case 'i':
      return roman(number).toLowerCase();
    case 'I':
      return roman(number);
    default: {
      const zeros = /^\p{Nd}*1$/u.test(token) ? token.length : 1;
      const text = String(number).padStart(zeros, '0');
      if (grouping === undefined) return text;
      return text.replace(new RegExp(`\\B(?=(?:\\d{${grouping.size}})+$)`, 'g'), () => grouping.separator);
    }
  }
}

function letters(number: number): string {
  let text = '';
  for (let rest = number; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    text = String.fromCharCode(97 + ((rest - 1) % 26)) + text;
  }
  return text === '' ? '0' : text;
}

const numerals: readonly (readonly [string, number])[] = [
  ['M', 1000],
  ['CM', 900],
  ['D', 500],
  ['CD', 400],
  ['C', 100],
  ['XC', 90],
  ['L', 50],
  ['XL', 40],
  ['X', 10],
  ['IX', 9],
  ['V', 5],
  ['IV', 4],
  ['I', 1],
];

function roman(number: number): string {
  if (number === 0 || number > 3999) return String(number);
  let text = '';
  let rest = number;
  for (const [numeral, value] of numerals) {
    for (; rest >= value; rest -= value) text += numeral;
  }
  return text;
}
