/**
 * Paths of API products, matched against what follows the base path. Apigee: API products, resource paths.
 * `/`: the base path and everything below. `**`: one or more segments. `*`: one segment, or any text within one.
 * Anything else stands for itself, case and all. A slash at the end does not matter (zerohop's choice).
 */
export type PathTest = (path: string) => boolean;

export function compileResourcePath(pattern: string): PathTest {
  const wanted = withoutEnd(pattern.startsWith('/') ? pattern : `/${pattern}`);
  if (wanted === '' || wanted === '/') return () => true;
  if (!wanted.includes('*')) return (path) => withoutEnd(path) === wanted;
  const start = wanted.slice(0, -2);
  if (wanted.endsWith('/**') && !start.includes('*')) {
    return (path) => path.startsWith(start) && withoutEnd(path).length > start.length;
  }
  const segments = wanted.slice(1).split('/').map(compileSegment);
  return (path) => matches(segments, withoutEnd(path).slice(1).split('/'));
}

function withoutEnd(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}

const anyDepth = Symbol('**');
type Segment = ((segment: string) => boolean) | typeof anyDepth;

function compileSegment(pattern: string): Segment {
  if (pattern === '**') return anyDepth;
  if (pattern === '*') return (segment) => segment !== '';
  const parts = pattern.split('*');
  if (parts.length === 1) return (segment) => segment === pattern;
  const [first = ''] = parts;
  const last = parts.at(-1) ?? '';
  const middle = parts.slice(1, -1);
  return (segment) => {
    if (!segment.startsWith(first)) return false;
    let from = first.length;
    for (const part of middle) {
      const at = segment.indexOf(part, from);
      if (at === -1) return false;
      from = at + part.length;
    }
    return segment.length - last.length >= from && segment.endsWith(last);
  };
}

/** Only the last `**` is ever taken back: what those before it took can stay. Time: segments of the two multiplied. */
function matches(pattern: readonly Segment[], path: readonly string[]): boolean {
  let at = 0;
  let index = 0;
  let retryPattern = -1;
  let retryPath = 0;
  while (index < path.length) {
    const segment = pattern[at];
    if (segment === anyDepth) {
      // One segment at least; more are taken when the rest does not fit.
      retryPattern = ++at;
      retryPath = ++index;
    } else if (segment?.(path[index] ?? '') === true) {
      at++;
      index++;
    } else if (retryPattern !== -1) {
      at = retryPattern;
      index = ++retryPath;
    } else {
      return false;
    }
  }
  return at === pattern.length;
}
