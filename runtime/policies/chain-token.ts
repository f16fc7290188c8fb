import type { Exchange } from '../message/exchange.ts';

/**
 * The Authorization that a chain's services and its target get: from the header that is named, else the client's own.
 * A token alone becomes a Bearer credential (RFC 6750); credentials that name their scheme stay as they are.
 */
export function tokenReader(header: string | undefined): (exchange: Exchange) => string | undefined {
  return ({ request }) => {
    const own = header === undefined || header === '' ? undefined : request.headers.line(header);
    return credentials(own ?? '') ?? credentials(request.headers.line('Authorization') ?? '');
  };
}

function credentials(value: string): string | undefined {
  const text = value.trim();
  const [, scheme = '', rest = ''] = /^([^\s]+)\s+(\S.*)$/.exec(text) ?? [];
  if (scheme !== '') return /^bearer$/i.test(scheme) ? `Bearer ${rest}` : text;
  return text === '' || /^bearer$/i.test(text) ? undefined : `Bearer ${text}`;
}
