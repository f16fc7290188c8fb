import { ApiError, absent, invalid } from './failure.ts';
import type { Route } from './route.ts';

/** What a request's path matched. */
export interface Match {
  readonly route: Route;
  readonly params: ReadonlyMap<string, string>;
  /** Whether `o/` or `e/` was written for `organizations/` or `environments/`: so do Edge's clients. */
  readonly isShort: boolean;
  readonly query: string;
}

interface Node {
  readonly literal: Map<string, Node>;
  parameter: Node | undefined;
  readonly routes: Map<string, Route>;
}

const shortNames: ReadonlyMap<string, string> = new Map([
  ['o', 'organizations'],
  ['e', 'environments'],
]);

/** Finds the route of a method and path. A literal segment beats a parameter; a trailing slash changes nothing. */
export class Router {
  readonly #root: Node = newNode();

  constructor(routes: Iterable<Route>) {
    for (const route of routes) this.#add(route);
  }

  /** @throws ApiError 400, 404, 405 */
  match(method: string, target: string): Match {
    const [path = '/', query = ''] = splitOnce(target, '?');
    const segments = path.replace(/\/+$/, '').slice(1).split('/');
    const isShort = isShortPath(segments);
    const spelt = segments.map((segment, index) => longName(segment, index, segments));
    const values: string[] = [];
    const node = find(this.#root, spelt, 0, values);
    if (node === undefined) throw absent('request.NoSuchResource', `There is no ${path} here.`);
    const route = node.routes.get(method) ?? (method === 'HEAD' ? node.routes.get('GET') : undefined);
    if (route === undefined) throw wrongMethod(path, [...node.routes.keys()]);
    const names = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
    const params = new Map(names.map((name, index) => [name, decode(values[index] ?? '')]));
    return { route, params, isShort, query };
  }

  #add(route: Route): void {
    let node = this.#root;
    for (const segment of route.path.slice(1).split('/')) {
      if (segment.startsWith('{') && segment.endsWith('}')) {
        node.parameter ??= newNode();
        node = node.parameter;
        continue;
      }
      let next = node.literal.get(segment);
      if (next === undefined) {
        next = newNode();
        node.literal.set(segment, next);
      }
      node = next;
    }
    if (node.routes.has(route.method)) throw new Error(`${route.method} ${route.path} is routed twice`);
    node.routes.set(route.method, route);
  }
}

function wrongMethod(path: string, methods: readonly string[]): ApiError {
  const allow = (methods.includes('GET') ? [...methods, 'HEAD'] : methods).join(', ');
  return new ApiError(405, 'request.MethodNotAllowed', `${path} takes ${allow}.`, { allow });
}

function newNode(): Node {
  return { literal: new Map(), parameter: undefined, routes: new Map() };
}

function find(node: Node, segments: readonly string[], at: number, values: string[]): Node | undefined {
  const segment = segments[at];
  if (segment === undefined) return node.routes.size === 0 ? undefined : node;
  const literal = node.literal.get(segment);
  const found = literal === undefined ? undefined : find(literal, segments, at + 1, values);
  if (found !== undefined || node.parameter === undefined || segment === '') return found;
  values.push(segment);
  const below = find(node.parameter, segments, at + 1, values);
  if (below === undefined) values.pop();
  return below;
}

/** `/v1/o/ORG/e/ENV`: short names stand where the long ones would, and nowhere else. */
function longName(segment: string, index: number, segments: readonly string[]): string {
  const isPlace = segments[0] === 'v1' && (index === 1 || (index === 3 && segments[1] !== 'emulator'));
  return (isPlace ? shortNames.get(segment) : undefined) ?? segment;
}

function isShortPath(segments: readonly string[]): boolean {
  return segments.some((segment, index) => longName(segment, index, segments) !== segment);
}

function splitOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw invalid(`"${segment}" in the path is not encoded as RFC 3986 wants it.`);
  }
}
