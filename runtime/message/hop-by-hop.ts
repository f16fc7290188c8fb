/**
 * Header fields that belong to one connection and never travel on (RFC 9110 section 7.6.1). Told apart by their length
 * first: almost every field of a message is done after one comparison.
 */
export function isHopByHop(name: string): boolean {
  switch (name.length) {
    case 2:
      return name.toLowerCase() === 'te';
    case 7: {
      const lower = name.toLowerCase();
      return lower === 'trailer' || lower === 'upgrade';
    }
    case 10: {
      const lower = name.toLowerCase();
      return lower === 'connection' || lower === 'keep-alive';
    }
    case 14:
      return name.toLowerCase() === 'http2-settings';
    case 16:
      return name.toLowerCase() === 'proxy-connection';
    case 17:
      return name.toLowerCase() === 'transfer-encoding';
    case 18:
      return name.toLowerCase() === 'proxy-authenticate';
    case 19:
      return name.toLowerCase() === 'proxy-authorization';
    default:
      return false;
  }
}

/** Names that a Connection field nominates as belonging to the connection, lower case; those that may not be are left out. */
export function nominated(connection: string): string[] {
  return connection
    .split(',')
    .map((part) => part.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'close' && name !== 'keep-alive' && !protectedNames.has(name));
}

/** Nominating these would let a client take away what the message means. */
const protectedNames: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'cdn-loop',
  'content-type',
]);
