/** The head of a request, as the other versions of HTTP have it. */
export interface RequestHead {
  readonly verb: string;
  readonly target: string;
  /** Flat `[name, value, ...]`. */
  readonly fields: readonly string[];
}

/**
 * Pseudo-header fields become what they stand for (RFC 9113 section 8.3.1). `:authority` is the Host; a Host field that
 * says otherwise is kept beside it, and so is refused as every second Host is. Cookies come in pieces and are joined
 * (section 8.2.3).
 */
export function requestHead(raw: readonly string[]): RequestHead {
  let verb = 'GET';
  let target = '';
  let authority: string | undefined;
  let cookie: string | undefined;
  const fields: string[] = [];
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? '';
    const value = raw[at + 1] ?? '';
    if (name === ':method') verb = value;
    else if (name === ':path') target = value;
    else if (name === ':authority') authority = value;
    else if (name === 'cookie') cookie = cookie === undefined ? value : `${cookie}; ${value}`;
    else if (name.startsWith(':') || (name === 'host' && value === authority)) continue;
    else fields.push(name, value);
  }
  if (authority !== undefined) fields.unshift('host', authority);
  if (cookie !== undefined) fields.push('cookie', cookie);
  return { verb, target: target === '' ? (authority ?? '') : target, fields };
}
