const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
type Style = keyof typeof codes;

/** A fault as an access log line holds it. */
interface LoggedFault {
  readonly fault?: unknown;
  readonly policy?: unknown;
  readonly at?: unknown;
  readonly proxy?: unknown;
}

/**
 * An access log line for people: what was asked, the chain that answered, status and time; under it each fault with its
 * policy, file and line. `GET /shop/products/42  shop -> catalog -> stock  200  3.1 ms`
 */
export function requestText(fields: Readonly<Record<string, unknown>>, color: boolean): string {
  const paint = (style: Style, text: string): string => (color ? `\u001b[${codes[style]}m${text}\u001b[0m` : text);
  const { method, path, proxy, chain, status, milliseconds, aborted } = fields;
  const parts = [`${textOf(method)} ${textOf(path)}`];
  if (proxy !== undefined) parts.push(paint('cyan', textOf(chain ?? proxy)));
  parts.push(paint(statusStyle(Number(status)), textOf(status)));
  if (typeof milliseconds === 'number') parts.push(paint('dim', `${milliseconds.toFixed(1)} ms`));
  if (aborted === true) parts.push(paint('yellow', 'the client left'));
  const cause = typeof fields.cause === 'object' && fields.cause !== null ? fields.cause : undefined;
  const lines = [parts.join('  ')];
  for (const one of cause === undefined ? [fields] : [cause, fields]) {
    const text = faultText(one);
    if (text !== undefined) lines.push(`  ${paint('red', text)}`);
  }
  return lines.join('\n');
}

function faultText({ fault, policy, at, proxy }: LoggedFault): string | undefined {
  if (fault === undefined) return undefined;
  const where = policy === undefined ? '' : ` by ${textOf(policy)} (${textOf(at)})`;
  return `${proxy === undefined ? '' : `${textOf(proxy)}: `}${textOf(fault)}${where}`;
}

function statusStyle(status: number): Style {
  return status >= 500 ? 'red' : status >= 400 ? 'yellow' : 'green';
}

/** Control characters of a request must not reach the terminal. */
function textOf(value: unknown): string {
  return String(value ?? '').replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd');
}
