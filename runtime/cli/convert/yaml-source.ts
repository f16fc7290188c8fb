import { isAlias, isMap, isScalar, isSeq, type Node, parseAllDocuments, type Document as YamlDocument } from 'yaml';
import type { JsonMember, JsonNode } from '../../bundle/json-source.ts';
import type { Diagnostics, Place, Source } from '../../diagnostic.ts';

/** More values than any file of routes has: aliases of aliases grow without end. */
const mostNodes = 200_000;
const deepest = 100;

/**
 * The documents of a YAML text (JSON is YAML too), with the place of every value.
 * @returns undefined when it cannot be read, which is reported
 */
export function parseYaml(source: Source, diagnostics: Diagnostics): JsonNode[] | undefined {
  // An empty stream is given as an object that holds no documents.
  const documents = [...parseAllDocuments(source.text, { uniqueKeys: false })];
  const mistake = documents.flatMap((document) => document.errors)[0];
  if (mistake !== undefined) {
    const [offset, end] = mistake.pos;
    const message = mistake.message.split('\n', 1)[0] ?? mistake.message;
    diagnostics.error('ZH640', { source, offset, length: Math.max(1, end - offset) }, message);
    return undefined;
  }
  const reader = new YamlReader(source);
  const nodes = documents.flatMap((document) => (document.contents === null ? [] : [reader.read(document)]));
  if (!reader.isTooLarge) return nodes;
  diagnostics.error(
    'ZH640',
    { source, offset: 0, length: 0 },
    'The file is nested too deeply, or repeats itself by aliases.',
  );
  return undefined;
}

class YamlReader {
  readonly #source: Source;
  #left = mostNodes;
  isTooLarge = false;

  constructor(source: Source) {
    this.#source = source;
  }

  read(document: YamlDocument): JsonNode {
    return this.#node(document.contents, document, 0);
  }

  #node(node: unknown, document: YamlDocument, depth: number): JsonNode {
    const at = this.#place(node);
    if (depth > deepest || this.#left-- <= 0) {
      this.isTooLarge = true;
      return { kind: 'scalar', at, value: null };
    }
    if (isAlias(node)) return this.#node(node.resolve(document), document, depth + 1);
    if (isSeq(node)) {
      return { kind: 'array', at, items: node.items.map((item) => this.#node(item, document, depth + 1)) };
    }
    if (isMap(node)) {
      const members = new Map<string, JsonMember>();
      for (const { key, value } of node.items) {
        const name = isScalar(key) ? String(key.value) : String(key);
        members.set(name, { name: this.#place(key), value: this.#node(value, document, depth + 1) });
      }
      return { kind: 'object', at, members };
    }
    const value = isScalar(node) ? node.value : null;
    const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    return { kind: 'scalar', at, value: isPlain ? value : value === null ? null : String(value) };
  }

  #place(node: unknown): Place {
    const [offset, end] = (node as Node | null | undefined)?.range ?? [0, 0];
    return { source: this.#source, offset, length: Math.min(end - offset, 80) };
  }
}
