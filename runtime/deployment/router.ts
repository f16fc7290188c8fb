import type { Endpoint } from '../message/exchange.ts';

/**
 * Base paths to endpoints, compared whole segment by whole segment: the longest base path wins, at equal length a
 * literal segment beats `*`. A tree of Maps by segment: the cost depends on the length of the path, not on the number
 * of proxies (bench/micro/router.ts). Apigee: base path rules of ProxyEndpoint.
 */
export class Router<E extends Endpoint> {
  readonly #root: Node<E>;

  constructor(endpoints: Iterable<E>) {
    this.#root = newNode();
    for (const endpoint of endpoints) insert(this.#root, endpoint);
  }

  /** The endpoint that takes a request path (no query in it). */
  find(path: string): E | undefined {
    return findFrom(this.#root, path, 0);
  }
}

interface Node<E> {
  readonly literal: Map<string, Node<E>>;
  wildcard: Node<E> | undefined;
  endpoint: E | undefined;
}

function newNode<E>(): Node<E> {
  return { literal: new Map(), wildcard: undefined, endpoint: undefined };
}

function insert<E extends Endpoint>(root: Node<E>, endpoint: E): void {
  let node = root;
  for (const segment of segmentsOf(endpoint.basePath)) {
    if (segment === '*') {
      node.wildcard ??= newNode();
      node = node.wildcard;
      continue;
    }
    let next = node.literal.get(segment);
    if (next === undefined) {
      next = newNode();
      node.literal.set(segment, next);
    }
    node = next;
  }
  node.endpoint ??= endpoint;
}

/** Segments of a base path; none for `/`. */
export function segmentsOf(basePath: string): string[] {
  return basePath === '' ? [] : basePath.slice(1).split('/');
}

/** `from` is the index of the slash before the segment to look at, or the end of the path. */
function findFrom<E>(node: Node<E>, path: string, from: number): E | undefined {
  if (from < path.length) {
    const end = path.indexOf('/', from + 1);
    const next = end === -1 ? path.length : end;
    const literal = node.literal.get(path.slice(from + 1, next));
    if (literal !== undefined) {
      const found = findFrom(literal, path, next);
      if (found !== undefined) return found;
    }
    if (node.wildcard !== undefined && next > from + 1) {
      const found = findFrom(node.wildcard, path, next);
      if (found !== undefined) return found;
    }
  }
  return node.endpoint;
}
