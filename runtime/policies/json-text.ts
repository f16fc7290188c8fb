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

/** The offset of the quote that ends a string; -1 when none does. */
function closingQuote(json: string, from: number): number {
  let at = from;
  for (;;) {
    at = json.indexOf('"', at);
    if (at === -1) return -1;
    let before = at;
    while (json[before - 1] === '\\') before--;
    if ((at - before) % 2 === 0) return at;
    at++;
  }
}

/**
 * Whether lists and objects stand deeper inside one another than `limit`, up to the first mistake. Found out before
 * parsing: the parser of Node takes seconds for some megabytes of brackets, and whoever walks the value recurses.
 */
export function isNestedDeeper(json: string, limit: number): boolean {
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === quote) {
      at = closingQuote(json, at + 1);
      if (at === -1) return false;
    } else if (code === openList || code === openObject) {
      if (++depth > limit) return true;
    } else if (code === closeList || code === closeObject) depth--;
  }
  return false;
}

const quote = 0x22;
const openList = 0x5b;
const closeList = 0x5d;
const openObject = 0x7b;
const closeObject = 0x7d;
