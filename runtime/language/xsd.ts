/** XML Schema 1.0 over XML texts, by libxml2. */
import type { XmlDocument, XmlElement, XmlNode, XmlTreeNode, XsdValidator } from 'libxml2-wasm';
import { documentParser, elementText, XmlMalformed } from './xpath.ts';

export interface XsdEngine {
  /**
   * Compiles the schema at `url` out of texts by their URLs, such as `xsd:///order.xsd`; includes and imports are looked up
   * there, relative ones beside the file that names them, and nowhere else.
   * @throws XsdMistake
   */
  compile(url: string, texts: ReadonlyMap<string, string>): XsdSchema;
}

export interface XsdSchema {
  /** Why a text is not valid; undefined when it is. */
  validate(xml: string, rules: XsdRules): string | undefined;
}

export interface XsdRules {
  /** Names the root element may have, as `{namespace}name`; undefined: any that the schema declares. */
  readonly roots: ReadonlySet<string> | undefined;
  /** Names that are valid whatever they hold. */
  readonly unchecked: ReadonlySet<string>;
  /** Namespaces of the envelope whose body is what is validated; undefined: the text itself is. */
  readonly envelopes: readonly string[] | undefined;
}

/** A schema that cannot be compiled; the message says why. */
export class XsdMistake extends Error {
  override readonly name = 'XsdMistake';
}

/** Loads the WebAssembly module on first use. */
export async function loadXsd(): Promise<XsdEngine> {
  const library = await import('libxml2-wasm');
  const parse = documentParser(library);

  const validateDocument = (validator: XsdValidator, document: XmlDocument): string | undefined => {
    try {
      validator.validate(document);
      return undefined;
    } catch (error) {
      if (error instanceof library.XmlError) return firstReason(error.message);
      throw error;
    }
  };

  const validate = (validator: XsdValidator, document: XmlDocument, rules: XsdRules): string | undefined => {
    if (rules.envelopes === undefined) {
      return wrongRoot(document.root, rules) ?? validateDocument(validator, document);
    }
    const content = bodyContent(document.root, rules.envelopes);
    if (typeof content === 'string') return content;
    // What went wrong in the service is described by the envelope's own schema.
    if (content.localName === 'Fault' && content.namespaceUri === document.root.namespaceUri) return undefined;
    if (rules.unchecked.has(content.fullName)) return undefined;
    const mistake = wrongRoot(content.element, rules);
    if (mistake !== undefined) return mistake;
    const alone = parse(elementText(content.element));
    try {
      return validateDocument(validator, alone);
    } finally {
      alone.dispose();
    }
  };

  const bodyContent = (root: XmlElement, envelopes: readonly string[]): BodyContent | string => {
    if (root.name !== 'Envelope' || !envelopes.includes(root.namespaceUri)) {
      return `The root element is ${fullName(root)}, not the Envelope of ${envelopes.join(' or ')}`;
    }
    const isElement = (node: XmlNode): node is XmlElement => node instanceof library.XmlElement;
    const body = childElements(root, isElement).find(
      (one) => one.name === 'Body' && one.namespaceUri === root.namespaceUri,
    );
    if (body === undefined) return 'The Envelope has no Body';
    const [element] = childElements(body, isElement);
    if (element === undefined) return 'The Body of the Envelope is empty';
    return { element, localName: element.name, namespaceUri: element.namespaceUri, fullName: fullName(element) };
  };

  return {
    compile(url, texts) {
      const buffers: Record<string, Uint8Array> = Object.create(null) as Record<string, Uint8Array>;
      for (const [name, text] of texts) buffers[name] = Buffer.from(text);
      const text = texts.get(url);
      if (text === undefined) throw new XsdMistake(`There is no ${url}`);
      library.xmlRegisterInputProvider(new library.XmlBufferInputProvider(buffers));
      let document: XmlDocument | undefined;
      try {
        document = library.XmlDocument.fromString(text, { url, option: library.ParseOption.XML_PARSE_NONET });
        const validator = library.XsdValidator.fromDoc(document);
        return {
          validate(xml, rules) {
            let read: XmlDocument | undefined;
            try {
              read = parse(xml);
              return validate(validator, read, rules);
            } catch (error) {
              if (error instanceof XmlMalformed) return error.message;
              throw error;
            } finally {
              read?.dispose();
            }
          },
        };
      } catch (error) {
        if (error instanceof library.XmlError) throw new XsdMistake(firstReason(error.message));
        throw error;
      } finally {
        document?.dispose();
        library.xmlCleanupInputProvider();
      }
    },
  };
}

interface BodyContent {
  readonly element: XmlElement;
  readonly localName: string;
  readonly namespaceUri: string;
  readonly fullName: string;
}

function wrongRoot(root: XmlElement, { roots }: XsdRules): string | undefined {
  const name = fullName(root);
  if (roots === undefined || roots.has(name)) return undefined;
  return `The element is ${name}, expected ${[...roots].join(' or ')}`;
}

function fullName(element: XmlElement): string {
  return `{${element.namespaceUri}}${element.name}`;
}

function childElements(parent: XmlElement, isElement: (node: XmlNode) => node is XmlElement): XmlElement[] {
  const found: XmlElement[] = [];
  for (let node: XmlTreeNode | null = parent.firstChild; node !== null; node = node.next)
    if (isElement(node)) found.push(node);
  return found;
}

function firstReason(message: string): string {
  return (message.split('\n', 1)[0] ?? message).trim();
}
