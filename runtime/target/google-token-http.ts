/** Milliseconds a source of tokens may take. */
const patience = 10_000;
/** Bytes of an answer; the longest tokens have a few thousand. */
const mostBytes = 64 * 1024;

export interface TokenCall {
  readonly method: 'GET' | 'POST';
  readonly headers: Record<string, string>;
  readonly body?: string;
}

/** The text of a 200 answer. @throws Error that names the status, and nothing that was sent */
export async function askForToken(url: string, call: TokenCall): Promise<string> {
  const answer = await fetch(url, { ...call, redirect: 'error', signal: AbortSignal.timeout(patience) });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.length;
    if (size > mostBytes) throw new Error(`the answer has more than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  if (answer.status !== 200) throw new Error(`the answer has status ${answer.status}`);
  return Buffer.concat(chunks).toString('utf8').trim();
}

/** The fields of a JSON answer. @throws Error when it is no JSON object */
export function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // The parser's message would quote the answer, which may hold a token.
    throw new Error('the answer is no JSON', { cause: error instanceof Error ? error.name : undefined });
  }
  if (typeof value !== 'object' || value === null) throw new Error('the answer is no JSON object');
  return { ...value };
}

/** A field that must be a text. @throws Error */
export function textField(fields: Readonly<Record<string, unknown>>, name: string): string {
  const value = fields[name];
  // A token with a line end in it would be a header injection.
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) throw new Error(`the answer has no ${name}`);
  return value;
}

/** When a JWT expires, in milliseconds since 1970; its signature is for others to check. @throws Error */
export function expiryOf(token: string): number {
  const [, payload = ''] = token.split('.');
  const { exp } = fieldsOf(Buffer.from(payload, 'base64url').toString('utf8'));
  if (typeof exp !== 'number') throw new Error('the ID token has no exp');
  return exp * 1000;
}

/** When `expires_in` seconds are over; an hour when it is not said, as Google's tokens last. */
export function expiryIn(fields: Readonly<Record<string, unknown>>): number {
  const seconds = Number(fields.expires_in);
  return Date.now() + (seconds > 0 ? seconds : 3600) * 1000;
}
