import { closingQuote } from '../json-depth.ts';

/**
 * JSON for whoever writes numbers out as text again: those that a double would change (`10.50`, more than 15 digits,
 * exponents) are given as the texts they are written as, all others as numbers. @throws SyntaxError
 */
export function parseLossless(json: string): unknown {
  const value: unknown = JSON.parse(json);
  return /\d[.eE]|\d{16}/.test(json) ? JSON.parse(quoteNumbers(json)) : value;
}

const risky = /-?(?:\d+[.eE][\d.eE+-]*|\d{16,})/g;

/** Puts quotes around numbers of a text that is known to be JSON. */
function quoteNumbers(json: string): string {
  const parts: string[] = [];
  let at = 0;
  for (;;) {
    const open = json.indexOf('"', at);
    const between = json.slice(at, open === -1 ? undefined : open);
    parts.push(between.replace(risky, '"$&"'));
    if (open === -1) return parts.join('');
    at = closingQuote(json, open + 1) + 1;
    parts.push(json.slice(open, at));
  }
}
