/** Levels of lists and objects that are read; deeper ones only come from somebody who wants to see what happens. */
const readableDepth = 5000;

/** JSON from outside. @throws SyntaxError, also for a text that is nested too deeply to be read in reasonable time */
export function parseJson(text: string): unknown {
  if (isNestedDeeper(text, readableDepth)) throw new SyntaxError(`JSON is nested deeper than ${readableDepth} levels`);
  return JSON.parse(text);
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

/** The offset of the quote that ends a string; -1 when none does. */
export function closingQuote(json: string, from: number): number {
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
