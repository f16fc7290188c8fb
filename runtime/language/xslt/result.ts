import { documentNode, elementNode, leafNode, type TreeNode, unnamed } from '../../xml/tree.ts';
import { TransformationFailure } from './failure.ts';
import type { Run } from './run.ts';

/** A name with its namespace. */
export interface ResultName {
  readonly prefix: string;
  readonly local: string;
  readonly uri: string;
}

/** Takes what instructions make, and builds a tree of it. */
export class ResultBuilder {
  readonly document: TreeNode;
  readonly #run: Run;
  #open: TreeNode;

  constructor(run: Run) {
    this.#run = run;
    this.document = documentNode(run.counter);
    this.#open = this.document;
  }

  /** @param namespaces all that the element declares; what surrounds it is still in scope in the text that is written */
  startElement(name: ResultName, namespaces: ReadonlyMap<string, string>): void {
    this.#run.countNode();
    this.#run.charge(name.local.length + 1);
    const parent = this.#open;
    const element = elementNode(this.#run.counter, parent, name.prefix, name.local, name.uri, namespaces);
    parent.children.push(element);
    this.#open = element;
  }

  endElement(): void {
    this.#open = this.#open.parent ?? this.document;
  }

  /** The last of one name counts. XSLT 1.0 section 7.1.3. */
  attribute(name: ResultName, value: string): void {
    const element = this.#open;
    if (element.kind !== 'element' || element.children.length > 0) {
      const where = element.kind === 'element' ? 'after the content of its element' : 'outside of an element';
      throw new TransformationFailure(`The attribute "${name.local}" is made ${where}`);
    }
    this.#run.countNode();
    this.#run.charge(name.local.length + value.length);
    this.#run.tick(element.attributes.length);
    const known = element.attributes.find((one) => one.local === name.local && one.uri === name.uri);
    if (known !== undefined) {
      known.value = value;
      return;
    }
    let named = name;
    if (name.uri !== '' && name.prefix !== 'xml') named = { ...name, prefix: this.#bind(element, name) };
    element.attributes.push(leafNode(this.#run.counter, 'attribute', element, named, value));
  }

  /** Declares a namespace on the open element; one that its own name says otherwise is left out. */
  namespace(prefix: string, uri: string): void {
    const element = this.#open;
    if (element.kind !== 'element' || element.namespaces.get(prefix) === uri) return;
    if (element.prefix === prefix && element.uri !== uri) return;
    this.#declare(element, prefix, uri);
  }

  text(value: string, unescaped = false): void {
    if (value === '') return;
    this.#run.charge(value.length);
    const parent = this.#open;
    const last = parent.children.at(-1);
    if (last?.kind === 'text' && last.unescaped === unescaped) {
      last.value += value;
      return;
    }
    this.#run.countNode();
    parent.children.push(leafNode(this.#run.counter, 'text', parent, unnamed, value, unescaped));
  }

  /** XSLT 1.0 section 7.4: two hyphens do not stand in a comment, nor one at its end. */
  comment(value: string): void {
    this.#run.countNode();
    const safe = value.replace(/-(?=-|$)/g, '- ');
    this.#run.charge(safe.length);
    this.#open.children.push(leafNode(this.#run.counter, 'comment', this.#open, unnamed, safe));
  }

  instruction(target: string, value: string): void {
    this.#run.countNode();
    const safe = value.replace(/^\s+/, '').replaceAll('?>', '? >');
    this.#run.charge(safe.length);
    const name = { ...unnamed, local: target };
    this.#open.children.push(leafNode(this.#run.counter, 'instruction', this.#open, name, safe));
  }

  /** A copy of a whole node. XSLT 1.0 section 11.3: of a document what is in it. */
  copy(node: TreeNode): void {
    switch (node.kind) {
      case 'document':
        for (const child of node.children) this.copy(child);
        return;
      case 'element':
        this.startElement(node, node.namespaces);
        for (const attribute of node.attributes) this.attribute(attribute, attribute.value);
        for (const child of node.children) this.copy(child);
        this.endElement();
        return;
      case 'attribute':
        this.attribute(node, node.value);
        return;
      case 'text':
        this.text(node.value, node.unescaped);
        return;
      case 'comment':
        this.comment(node.value);
        return;
      case 'instruction':
        this.instruction(node.local, node.value);
        return;
      case 'namespace':
        this.namespace(node.local, node.value);
        return;
    }
  }

  /** A prefix for an attribute's namespace, bound at the element. */
  #bind(element: TreeNode, name: ResultName): string {
    const { namespaces } = element;
    if (name.prefix !== '' && namespaces.get(name.prefix) === name.uri) return name.prefix;
    for (const [prefix, uri] of namespaces) if (prefix !== '' && uri === name.uri) return prefix;
    let prefix = name.prefix;
    const isTaken = (one: string): boolean => one === '' || one === 'xmlns' || namespaces.has(one);
    for (let count = 0; isTaken(prefix) || prefix === element.prefix; count++) prefix = `ns${count}`;
    this.#declare(element, prefix, name.uri);
    return prefix;
  }

  /** Each element has a table of its own then, so that what it holds counts. */
  #declare(element: TreeNode, prefix: string, uri: string): void {
    this.#run.charge(uri.length + element.namespaces.size);
    this.#run.tick(element.namespaces.size);
    element.namespaces = new Map(element.namespaces).set(prefix, uri);
  }
}
