/** The target of a request line. RFC 9112 section 3.2. */
export interface RequestTarget {
  readonly path: string;
  /** Without `?`. */
  readonly query: string;
  /** Of an absolute-form target: it takes the place of the Host field. */
  readonly authority: string | undefined;
}

/** Takes a request target apart; undefined for a form that a gateway does not serve (`*`, authority form, nonsense). */
export function parseRequestTarget(target: string): RequestTarget | undefined {
  let rest = target;
  let authority: string | undefined;
  if (rest.charCodeAt(0) !== slash) {
    const absolute = /^https?:\/\/([^/?#@\\]+)([/?#].*)?$/is.exec(rest);
    if (absolute === null) return undefined;
    authority = absolute[1];
    rest = absolute[2] ?? '/';
    if (!rest.startsWith('/')) rest = `/${rest}`;
  }
  // A fragment is not part of a request target; what a client sends behind one is dropped.
  const hash = rest.indexOf('#');
  if (hash !== -1) rest = rest.slice(0, hash);
  const mark = rest.indexOf('?');
  const path = mark === -1 ? rest : rest.slice(0, mark);
  return { path, query: mark === -1 ? '' : rest.slice(mark + 1), authority };
}

const slash = 47;

/** Whether a path holds segments that would have to be resolved, or a backslash, which some servers take for a slash. */
export function needsResolving(path: string): boolean {
  return (
    (path.includes('.') && dotSegment.test(path)) ||
    path.includes('\\') ||
    (path.includes('%') && dotSegment.test(path))
  );
}

const dotSegment = /\/(?:\.|%2e){1,2}(?:\/|$)/i;
const oneDot = /^(?:\.|%2e)$/i;
const twoDots = /^(?:\.|%2e){2}$/i;

/**
 * The path with its dot segments taken out (RFC 3986 section 5.2.4). Undefined when it climbs above the `kept` first
 * segments, those of the base path it was matched by, or holds a backslash: such a request must not leave its proxy.
 */
export function resolvePath(path: string, kept: number): string | undefined {
  if (path.includes('\\')) return undefined;
  const resolved: string[] = [];
  const segments = path.slice(1).split('/');
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1;
    if (twoDots.test(segment)) {
      if (resolved.length <= Math.min(kept, index)) return undefined;
      resolved.pop();
      if (last) resolved.push('');
    } else if (!oneDot.test(segment)) resolved.push(segment);
    else if (last) resolved.push('');
  }
  return `/${resolved.join('/')}`;
}
