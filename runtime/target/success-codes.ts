/** Tells whether a status is an error: none of the codes that count as success. */
export type SuccessCodes = (status: number) => boolean;

/** `1xx,2xx,3xx`. One function for all targets without a list: ten thousand tables would be ten megabytes. */
const isErrorByDefault: SuccessCodes = (status) => status < 100 || status >= 400;

/**
 * Compiles `success.codes`: statuses separated by commas, `x` (any case) for any digit, such as `2xx, 404`.
 * A list without any usable code, and no list, is the default `1xx,2xx,3xx`. Apigee: endpoint properties reference.
 */
export function parseSuccessCodes(text: string | undefined): SuccessCodes {
  const codes = codesOf(text ?? '');
  if (codes.length === 0) return isErrorByDefault;
  const success = matcher(codes);
  return (status) => success[status] !== 1;
}

/** The usable codes of a list, lower case. */
export function codesOf(text: string): string[] {
  return text
    .split(',')
    .map((code) => code.trim().toLowerCase())
    .filter(isStatusPattern);
}

/** Whether a text is a status, digits replaced by `x` at will. */
export function isStatusPattern(code: string): boolean {
  return /^[1-9x][0-9x]{2}$/i.test(code);
}

/** One place per status: asked for at every response. */
function matcher(codes: readonly string[]): Uint8Array {
  const table = new Uint8Array(1000);
  for (let status = 100; status < 1000; status++) {
    const digits = String(status);
    const fits = codes.some((code) => [...code].every((digit, at) => digit === 'x' || digit === digits[at]));
    table[status] = fits ? 1 : 0;
  }
  return table;
}
