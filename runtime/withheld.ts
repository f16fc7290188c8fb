/**
 * A line of a source without the secrets in it, to be shown or logged: consumer secrets and private keys of an
 * environment's files. As long as it was, so that a column still points at what it pointed at.
 */
export function withheld(line: string): string {
  if (!/secret|PRIVATE KEY/i.test(line)) return line;
  return line
    .replace(/("\w*secret"\s*:\s*")((?:[^"\\]|\\.)*)/gi, (_, start: string, secret: string) => start + stars(secret))
    .replace(/(-----BEGIN [A-Z ]*PRIVATE KEY-----)([^-]*)/g, (_, start: string, key: string) => start + stars(key));
}

function stars(text: string): string {
  return '*'.repeat(text.length);
}
