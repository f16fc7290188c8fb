import type { XmlEvents } from '../xml/events.ts';

/** How XML becomes JSON. Apigee: XMLToJSON reference, Options. */
export interface JsonWriterOptions {
  readonly recognizesNumber: boolean;
  readonly recognizesBoolean: boolean;
  /** Whether an empty element is null, else an empty object. */
  readonly recognizesNull: boolean;
  /** A text that stands for null. */
  readonly nullValue: string | undefined;
  /** Between prefix and name; undefined: prefixes are dropped. */
  readonly namespaceSeparator: string | undefined;
  readonly namespaceBlockName: string | undefined;
  readonly defaultNamespaceNodeName: string;
  readonly textNodeName: string;
  readonly textAlwaysAsProperty: boolean;
  readonly attributeBlockName: string | undefined;
  readonly attributePrefix: string;
  readonly outputPrefix: string;
  readonly outputSuffix: string;
  readonly stripLevels: number;
  readonly arrays: ArrayNode | undefined;
}

/** A path of TreatAsArray. */
export interface ArrayPath {
  /** Names of elements from the root, with slashes; prefixes do not count. */
  readonly path: string;
  /** Whether the parent's value is the array itself, when the parent holds nothing else. */
  readonly unwraps: boolean;
  /** The array's name, when it is not the element's. */
  readonly name: string | undefined;
}

/** The paths of TreatAsArray as a tree of names, so that no path is put together while a payload is read. */
export interface ArrayNode {
  readonly children: Map<string, ArrayNode>;
  array: ArrayPath | undefined;
}

export function arrayPaths(paths: readonly ArrayPath[]): ArrayNode {
  const root: ArrayNode = { children: new Map(), array: undefined };
  for (const one of paths) {
    let node = root;
    for (const step of one.path
      .split('/')
      .map((name) => localName(name.trim()))
      .filter(Boolean)) {
      const next = node.children.get(step) ?? { children: new Map(), array: undefined };
      node.children.set(step, next);
      node = next;
    }
    node.array = one;
  }
  return root;
}

/** The values of one property; all of them JSON texts. */
interface Property {
  readonly values: string[];
  readonly array: ArrayPath | undefined;
}

/** An element that is open. */
interface Open {
  readonly name: string;
  readonly properties: Map<string, Property>;
  readonly texts: string[];
  /** Whether the next text goes on where the last one ended: only a comment or a CDATA section stands between them. */
  joins: boolean;
  readonly arrays: ArrayNode | undefined;
  /** What the last child came to with its outer levels dropped; undefined before there is one. */
  stripped: string | undefined;
}

const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Builds the JSON text from inside out: a value is final when its element closes, so that nothing is built twice. */
export class JsonWriter implements XmlEvents {
  readonly #options: JsonWriterOptions;
  readonly #stack: Open[] = [];
  #top: Open;

  constructor(options: JsonWriterOptions) {
    this.#options = options;
    this.#top = opened('', options.arrays);
  }

  /** The whole text, once the root element is closed. */
  get json(): string {
    const { outputPrefix, outputSuffix, stripLevels } = this.#options;
    const text = (stripLevels > 0 ? this.#top.stripped : undefined) ?? objectText(this.#top.properties);
    return `${outputPrefix}${text}${outputSuffix}`;
  }

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    const parent = this.#top;
    parent.joins = false;
    this.#stack.push(parent);
    this.#top = opened(this.#nameOf(name), parent.arrays?.children.get(localName(name)));
    this.#attributes(attributes);
  }

  text(text: string): void {
    const { texts, joins } = this.#top;
    if (joins) texts[texts.length - 1] += text;
    else texts.push(text);
    this.#top.joins = true;
  }

  close(): void {
    const element = this.#top;
    const depth = this.#stack.length;
    const value = this.#valueOf(element);
    const strips = depth < this.#options.stripLevels && isSingle(element.properties) && element.texts.every(isBlank);
    this.#top = this.#stack.pop() ?? this.#top;
    this.#top.stripped = (strips ? element.stripped : undefined) ?? value;
    const array = element.arrays?.array;
    add(this.#top.properties, array?.name ?? element.name, value, array);
  }

  #nameOf(name: string): string {
    const colon = name.indexOf(':');
    if (colon === -1) return name;
    const local = name.slice(colon + 1);
    const separator = this.#options.namespaceSeparator;
    return separator === undefined ? local : `${name.slice(0, colon)}${separator}${local}`;
  }

  #attributes(attributes: Readonly<Record<string, string>>): void {
    const { attributePrefix, attributeBlockName, namespaceBlockName, namespaceSeparator } = this.#options;
    const { properties } = this.#top;
    if (namespaceBlockName !== undefined) this.#namespaces(attributes, namespaceBlockName);
    const block = attributeBlockName === undefined ? properties : new Map<string, Property>();
    // zerohop's choice: without a block the declarations of namespaces are attributes like others.
    const takesDeclarations = namespaceBlockName === undefined && namespaceSeparator !== undefined;
    for (const name in attributes) {
      if (isDeclaration(name) && !takesDeclarations) continue;
      add(block, `${attributePrefix}${this.#nameOf(name)}`, quoted(attributes[name] ?? ''), undefined);
    }
    if (attributeBlockName !== undefined && block.size > 0) {
      add(properties, attributeBlockName, objectText(block), undefined);
    }
  }

  #namespaces(attributes: Readonly<Record<string, string>>, blockName: string): void {
    const block = new Map<string, Property>();
    for (const name in attributes) {
      if (!isDeclaration(name)) continue;
      const prefix = name === 'xmlns' ? this.#options.defaultNamespaceNodeName : name.slice(6);
      add(block, prefix, quoted(attributes[name] ?? ''), undefined);
    }
    if (block.size > 0) add(this.#top.properties, blockName, objectText(block), undefined);
  }

  #valueOf({ properties, texts }: Open): string {
    const { textNodeName, textAlwaysAsProperty, recognizesNull } = this.#options;
    // Blanks that only indent the elements are no text.
    const written = texts.filter((text) => !isBlank(text));
    const [first] = written;
    if (first === undefined) {
      if (properties.size === 0 && recognizesNull) return 'null';
      return unwrapped(properties) ?? objectText(properties);
    }
    if (properties.size === 0 && written.length === 1 && !textAlwaysAsProperty) return this.#scalar(first);
    for (const text of written) add(properties, textNodeName, this.#scalar(text), undefined);
    return objectText(properties);
  }

  /** A number stays as it is written, with all its digits. */
  #scalar(text: string): string {
    const { recognizesNumber, recognizesBoolean, nullValue } = this.#options;
    if (nullValue !== undefined && text.trim() === nullValue) return 'null';
    if (recognizesNumber || recognizesBoolean) {
      const trimmed = text.trim();
      if (recognizesNumber && number.test(trimmed)) return trimmed;
      if (recognizesBoolean && (trimmed === 'true' || trimmed === 'false')) return trimmed;
    }
    return quoted(text);
  }
}

function opened(name: string, arrays: ArrayNode | undefined): Open {
  return { name, properties: new Map(), texts: [], joins: false, arrays, stripped: undefined };
}

function add(properties: Map<string, Property>, name: string, value: string, array: ArrayPath | undefined): void {
  const known = properties.get(name);
  if (known === undefined) properties.set(name, { values: [value], array });
  else known.values.push(value);
}

function isSingle(properties: ReadonlyMap<string, Property>): boolean {
  if (properties.size !== 1) return false;
  for (const { values } of properties.values()) return values.length === 1;
  return false;
}

function unwrapped(properties: ReadonlyMap<string, Property>): string | undefined {
  if (properties.size !== 1) return undefined;
  for (const { values, array } of properties.values()) return array?.unwraps ? `[${values.join(',')}]` : undefined;
  return undefined;
}

function objectText(properties: ReadonlyMap<string, Property>): string {
  let text = '{';
  for (const [name, { values, array }] of properties) {
    if (text !== '{') text += ',';
    const [only = ''] = values;
    text += `${quoted(name)}:${values.length === 1 && array === undefined ? only : `[${values.join(',')}]`}`;
  }
  return `${text}}`;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

function isDeclaration(name: string): boolean {
  return name === 'xmlns' || name.startsWith('xmlns:');
}

function isBlank(text: string): boolean {
  return text.trim() === '';
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
