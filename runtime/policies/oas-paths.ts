/** Path templates of an OpenAPI document, the more concrete first. OpenAPI 3.0.3, Paths Object. */
export class OasPaths<T> {
  /** By the number of segments. */
  readonly #paths = new Map<number, PathTemplate<T>[]>();

  add(template: string, value: T): void {
    const segments = segmentsOf(template).map(compileSegment);
    const concreteness = segments.map((one) => one.rank).join('');
    const same = this.#paths.get(segments.length) ?? [];
    same.push({ segments, concreteness, value });
    same.sort((one, other) => (one.concreteness < other.concreteness ? -1 : 1));
    this.#paths.set(segments.length, same);
  }

  /** The path that matches, with the values of its parameters, percent-encoding removed. */
  find(path: string): { readonly value: T; readonly parameters: ReadonlyMap<string, string> } | undefined {
    const segments = segmentsOf(path);
    for (const template of this.#paths.get(segments.length) ?? []) {
      const parameters = new Map<string, string>();
      if (template.segments.every((one, index) => one.match(segments[index] ?? '', parameters))) {
        return { value: template.value, parameters };
      }
    }
    return undefined;
  }
}

interface PathTemplate<T> {
  readonly segments: readonly Segment[];
  readonly concreteness: string;
  readonly value: T;
}

interface Segment {
  /** `a` for a text, `b` for a text with parameters in it, `c` for a parameter alone. */
  readonly rank: string;
  match(text: string, parameters: Map<string, string>): boolean;
}

/** Without the slash in front, and one at the end. */
function segmentsOf(path: string): string[] {
  return path.replace(/^\//, '').replace(/\/$/, '').split('/');
}

function compileSegment(text: string): Segment {
  if (!text.includes('{')) {
    const decoded = decodeSegment(text);
    return { rank: 'a', match: (segment) => segment === text || decodeSegment(segment) === decoded };
  }
  const names: string[] = [];
  const pattern = text
    .split(/(\{[^{}]*\})/)
    .map((part) => {
      if (!/^\{.*\}$/.test(part)) return part.replace(/[.*+?^$()|[\]\\{}]/g, '\\$&');
      names.push(part.slice(1, -1));
      return '(.+)';
    })
    .join('');
  const expression = new RegExp(`^${pattern}$`, 's');
  return {
    rank: pattern === '(.+)' ? 'c' : 'b',
    match: (segment, parameters) => {
      const match = expression.exec(segment);
      if (match === null) return false;
      names.forEach((name, index) => {
        parameters.set(name, decodeSegment(match[index + 1] ?? ''));
      });
      return true;
    },
  };
}

function decodeSegment(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}
