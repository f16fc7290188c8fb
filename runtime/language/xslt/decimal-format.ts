import { TransformationFailure } from './failure.ts';
import { numberText } from './values.ts';

/** format-number(). XSLT 1.0 section 12.3; patterns as java.text.DecimalFormat has them. */

export interface DecimalFormat {
  readonly decimalSeparator: string;
  readonly groupingSeparator: string;
  readonly infinity: string;
  readonly minusSign: string;
  readonly notANumber: string;
  readonly percent: string;
  readonly perMille: string;
  readonly zeroDigit: string;
  readonly digit: string;
  readonly patternSeparator: string;
}

export const standardFormat: DecimalFormat = {
  decimalSeparator: '.',
  groupingSeparator: ',',
  infinity: 'Infinity',
  minusSign: '-',
  notANumber: 'NaN',
  percent: '%',
  perMille: '\u2030',
  zeroDigit: '0',
  digit: '#',
  patternSeparator: ';',
};

interface Picture {
  readonly prefix: string;
  readonly suffix: string;
  readonly leastInteger: number;
  readonly leastFraction: number;
  readonly mostFraction: number;
  /** Digits between two grouping separators; 0: none. */
  readonly group: number;
  readonly factor: number;
}

/** @throws TransformationFailure for a pattern that is none */
export function formatNumber(value: number, pattern: string, format: DecimalFormat): string {
  const [first = '', second] = pattern.split(format.patternSeparator);
  const positive = readPicture(first, format);
  if (Number.isNaN(value)) return format.notANumber;
  const negative = value < 0 || Object.is(value, -0);
  let { prefix, suffix } = positive;
  const text = Number.isFinite(value) ? digits(Math.abs(value), positive) : format.infinity;
  const isZero = !/[1-9]/.test(text) && Number.isFinite(value);
  if (negative && !(isZero && Object.is(value, -0))) {
    const own = second === undefined ? undefined : readPicture(second, format);
    prefix = own?.prefix ?? `${format.minusSign}${prefix}`;
    suffix = own?.suffix ?? suffix;
  }
  return prefix + (Number.isFinite(value) ? localized(text, format) : text) + suffix;
}

function readPicture(pattern: string, format: DecimalFormat): Picture {
  const active = [format.digit, format.zeroDigit, format.groupingSeparator, format.decimalSeparator];
  const characters = Array.from(pattern);
  const start = characters.findIndex((one) => active.includes(one));
  if (start === -1) throw new TransformationFailure(`"${pattern}" is no pattern of format-number()`);
  let end = characters.length;
  while (end > start && !active.includes(characters[end - 1] ?? '')) end--;
  const body = characters.slice(start, end);
  if (body.some((one) => !active.includes(one))) {
    throw new TransformationFailure(`"${pattern}" is no pattern of format-number()`);
  }
  const around = [...characters.slice(0, start), ...characters.slice(end)];
  const point = body.indexOf(format.decimalSeparator);
  const integer = point === -1 ? body : body.slice(0, point);
  const fraction = point === -1 ? [] : body.slice(point + 1);
  const lastGroup = integer.lastIndexOf(format.groupingSeparator);
  const zeros = (list: readonly string[]): number => list.filter((one) => one === format.zeroDigit).length;
  const leastInteger = zeros(integer);
  return {
    prefix: characters.slice(0, start).join(''),
    suffix: characters.slice(end).join(''),
    leastInteger: leastInteger === 0 && fraction.length === 0 ? 1 : leastInteger,
    leastFraction: zeros(fraction),
    mostFraction: fraction.filter((one) => one === format.zeroDigit || one === format.digit).length,
    group: lastGroup === -1 ? 0 : integer.length - lastGroup - 1,
    factor: around.includes(format.percent) ? 100 : around.includes(format.perMille) ? 1000 : 1,
  };
}

/** With `.` and `,`, in ASCII digits. */
function digits(value: number, picture: Picture): string {
  const [whole = '', part = ''] = roundHalfEven(numberText(value * picture.factor), picture.mostFraction).split('.');
  const integer = whole.replace(/^0+/, '').padStart(picture.leastInteger, '0');
  const fraction = part.replace(/0+$/, '').padEnd(picture.leastFraction, '0');
  const grouped =
    picture.group === 0 ? integer : integer.replace(new RegExp(`\\B(?=(?:\\d{${picture.group}})+$)`, 'g'), ',');
  if (grouped === '' && fraction === '') return '0';
  return fraction === '' ? grouped : `${grouped}.${fraction}`;
}

function localized(text: string, format: DecimalFormat): string {
  const zero = format.zeroDigit.codePointAt(0) ?? 48;
  return text.replace(/[\d.,]/g, (character) => {
    if (character === '.') return format.decimalSeparator;
    if (character === ',') return format.groupingSeparator;
    return String.fromCodePoint(zero + character.charCodeAt(0) - 48);
  });
}

/** As Java rounds: to the nearest, halves to the even digit. */
function roundHalfEven(text: string, places: number): string {
  const [whole = '0', part = ''] = text.split('.');
  if (part.length <= places) return text;
  const kept = whole + part.slice(0, places);
  const rest = part.slice(places);
  const half = /^50*$/.test(rest);
  const up = half ? Number(kept.at(-1)) % 2 === 1 : (rest[0] ?? '0') >= '5';
  const rounded = (up ? BigInt(kept) + 1n : BigInt(kept)).toString().padStart(places + 1, '0');
  if (places === 0) return rounded;
  return `${rounded.slice(0, -places)}.${rounded.slice(-places)}`;
}
