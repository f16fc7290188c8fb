import type { LineCause, RequestLine } from './request-line.ts';

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
type Style = keyof typeof codes;

/**
 * An access log line for people: what was asked, the chain that answered, status and time; under it each fault with its
 * policy, file and line. `GET /shop/products/42  shop -> catalog -> stock  200  3.1 ms`
 */
export function requestText(line: RequestLine, color: boolean): string {
  const paint = (style: Style, text: string): string => (color ? `\u001b[${codes[style]}m${text}\u001b[0m` : text);
  const { method, path, proxy, chain, status, milliseconds, aborted, cause } = line;
  const parts = [`${printable(method)} ${printable(path)}`];
  if (proxy !== undefined) parts.push(paint('cyan', printable(chain ?? proxy)));
  parts.push(paint(statusStyle(status), String(status)));
  if (milliseconds !== undefined) parts.push(paint('dim', `${milliseconds.toFixed(1)} ms`));
  if (aborted === true) parts.push(paint('yellow', 'the client left'));
  const lines = [parts.join('  ')];
  for (const one of cause === undefined ? [line] : [cause, line]) {
    const text = faultText(one);
    if (text !== undefined) lines.push(`  ${paint('red', text)}`);
  }
  return lines.join('\n');
}

function faultText({ fault, policy, at, proxy }: LineCause | RequestLine): string | undefined {
  if (fault === undefined) return undefined;
  const where = policy === undefined ? '' : ` by ${printable(policy)} (${printable(at ?? '')})`;
  return `${proxy === undefined ? '' : `${printable(proxy)}: `}${printable(fault)}${where}`;
}

function statusStyle(status: number): Style {
  return status >= 500 ? 'red' : status >= 400 ? 'yellow' : 'green';
}

/** Control characters of a request must not reach the terminal. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd');
}
