import type { XmlNode } from '../host.ts';
import type { Model } from './types.ts';

/**
 * `content.asXML`: a tree reached by element name, text where a text is wanted. What E4X (ECMA-357, section 9) gave
 * without operators of its own: names, indexes, `length()`, `attribute()`, `children()`, `toXMLString()`.
 */
export function xmlModel({ harden }: Model) {
  const escaped = (text: string, quote: boolean): string => {
    const plain = text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
    return quote ? plain.replace(/"/g, '&quot;') : plain;
  };
  const serialize = (node: XmlNode | string): string => {
    if (typeof node === 'string') return escaped(node, false);
    const attributes = node.a.map(([name, value]) => ` ${name}="${escaped(value, true)}"`).join('');
    const inner = node.c.map(serialize).join('');
    return inner === '' ? `<${node.n}${attributes}/>` : `<${node.n}${attributes}>${inner}</${node.n}>`;
  };
  const localName = (name: string): string => name.slice(name.indexOf(':') + 1);
  const isElement = (node: XmlNode | string): node is XmlNode => typeof node !== 'string';
  /** Simple content is its text, anything else the markup (ECMA-357, section 9.1.1.9). */
  const textOf = (node: XmlNode | string): string => {
    if (typeof node === 'string') return node;
    return node.c.some(isElement) ? serialize(node) : node.c.join('');
  };

  class XmlView {
    readonly #nodes: readonly (XmlNode | string)[];

    constructor(nodes: readonly (XmlNode | string)[]) {
      this.#nodes = nodes;
    }

    #select(pick: (node: XmlNode) => readonly (XmlNode | string)[]): object {
      return view(this.#nodes.flatMap((node) => (typeof node === 'string' ? [] : pick(node))));
    }

    at(index: number): object | undefined {
      const node = this.#nodes[index];
      return node === undefined ? undefined : view([node]);
    }

    named(name: string): object {
      if (name.startsWith('@')) return this.attribute(name.slice(1));
      return this.#select((node) =>
        node.c.filter(isElement).filter((one) => name === '*' || one.n === name || localName(one.n) === name),
      );
    }

    length(): number {
      return this.#nodes.length;
    }

    attribute(name: string): object {
      return this.#select((node) =>
        node.a.filter(([own]) => own === name || localName(own) === name).map(([, value]) => value),
      );
    }

    child(name: string): object {
      return this.named(name);
    }

    children(): object {
      return this.#select((node) => node.c);
    }

    elements(name?: string): object {
      return this.named(name ?? '*');
    }

    text(): object {
      return this.#select((node) => node.c.filter((one) => typeof one === 'string'));
    }

    descendants(name?: string): object {
      const all = (node: XmlNode): XmlNode[] => node.c.filter(isElement).flatMap((one) => [one, ...all(one)]);
      const wanted = name ?? '*';
      return this.#select((node) =>
        all(node).filter((one) => wanted === '*' || localName(one.n) === localName(wanted)),
      );
    }

    name(): string {
      const [first] = this.#nodes;
      return first === undefined || typeof first === 'string' ? '' : first.n;
    }

    localName(): string {
      return localName(this.name());
    }

    toString(): string {
      const [first] = this.#nodes;
      if (this.#nodes.length === 1 && first !== undefined) return textOf(first);
      return this.#nodes.some(isElement) ? this.#nodes.map(serialize).join('\n') : this.#nodes.map(textOf).join('');
    }

    valueOf(): string {
      return this.toString();
    }

    toJSON(): string {
      return this.toString();
    }

    toXMLString(): string {
      return this.#nodes.map(serialize).join('\n');
    }

    *[Symbol.iterator](): Generator<object> {
      for (const node of this.#nodes) yield view([node]);
    }
  }
  harden(XmlView);
  const basic = /^(length|constructor|toString|valueOf|toJSON|toXMLString)$/;
  const view = (nodes: readonly (XmlNode | string)[]): object => {
    const own = new XmlView(nodes);
    return new Proxy(Object.freeze({}), {
      get(_, name) {
        if (typeof name === 'string' && /^\d+$/.test(name)) return own.at(Number(name));
        if (typeof name === 'string') {
          // An element may be named like a method; then the element counts, as it did for E4X.
          const found = basic.test(name) ? undefined : own.named(name);
          if (!(name in XmlView.prototype)) return found;
          if (found !== undefined && (found as XmlView).length() > 0) return found;
        }
        const member = (own as unknown as Record<string | symbol, unknown>)[name];
        return typeof member === 'function' ? member.bind(own) : member;
      },
      has: (_, name) => typeof name === 'string' && /^\d+$/.test(name) && Number(name) < nodes.length,
    });
  };
  const xmlOf = (text: string, parsed: () => string): object =>
    text.trim() === '' ? view([]) : view([JSON.parse(parsed()) as XmlNode]);
  return { xmlOf };
}
