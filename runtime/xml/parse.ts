import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { type Diagnostics, type Place, Source } from '../diagnostic.ts';
import type { XmlAttribute, XmlElement, XmlText } from './element.ts';
import { resolveReferences } from './references.ts';
import { readStartTag } from './start-tag.ts';
import { depthLimit, findMistake } from './well-formed.ts';

/** Length of text above which a file is refused, in UTF-16 units. */
const sizeLimit = 5 * 1024 * 1024;

/** A node of the parser's ordered tree: one key that is its name, and its offsets. */
interface ParsedNode {
  readonly [name: string]: readonly ParsedNode[] | undefined;
}

/**
 * The parser gives the structure and where elements start and end. Names, attributes and texts are read from the source
 * at those offsets, since it gives no places for them and rewrites names such as `constructor`.
 */
const parser = new XMLParser({
  preserveOrder: true,
  captureMetaData: true,
  ignoreAttributes: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  parseTagValue: false,
  trimValues: false,
  processEntities: false,
  cdataPropName: '#cdata',
  maxNestedTags: depthLimit + 1,
  // So that no name is one the parser refuses, such as `__proto__`.
  transformTagName: (name) => `_${name}`,
});

/** The root element of an XML file; undefined when it is not well-formed, which is reported. */
export function parseXml(given: Source, diagnostics: Diagnostics): XmlElement | undefined {
  const source = withPlainLineBreaks(given);
  const { text } = source;
  if (text.length > sizeLimit) {
    const message = `The file has ${text.length} characters, more than the ${sizeLimit} that are read.`;
    diagnostics.error('ZH004', { source, offset: 0, length: 0 }, message);
    return undefined;
  }
  const mistake = findMistake(source) ?? findMistakeByValidator(source);
  if (mistake !== undefined) {
    const { offset, length } = mistake;
    diagnostics.error(mistake.code, { source, offset, length }, mistake.message, mistake.hint);
    return undefined;
  }
  const [root] = elementsIn(parser.parse(text));
  return root === undefined ? undefined : toElement(root, source);
}

/** XML 1.0 section 2.11; the parser does the same, and offsets must agree with its own. */
function withPlainLineBreaks(source: Source): Source {
  const { text } = source;
  if (!text.includes('\r') && text.charCodeAt(0) !== 0xfeff) return source;
  return new Source(source.file, text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n'));
}

/** A second opinion: what the parser calls broken must not reach it. */
function findMistakeByValidator(source: Source) {
  const answer = XMLValidator.validate(source.text);
  if (answer === true) return undefined;
  const { msg, line, col } = answer.err;
  return { code: 'BN011', offset: source.offset(line, col), length: 1, message: msg, hint: undefined };
}

interface Span {
  readonly from: number;
  readonly to: number;
  readonly children: readonly ParsedNode[];
}

function elementsIn(nodes: readonly ParsedNode[]): Span[] {
  const spans: Span[] = [];
  for (const node of nodes) {
    const offsets = offsetsOf(node);
    if (offsets === undefined) continue;
    const [children] = Object.values(node);
    spans.push({ ...offsets, children: children ?? [] });
  }
  return spans;
}

/** Texts and CDATA sections have no offsets. */
function offsetsOf(node: ParsedNode): { from: number; to: number } | undefined {
  // The parser's types say `Symbol` where `symbol` is meant.
  const key = XMLParser.getMetaDataSymbol() as unknown as symbol;
  const data = Reflect.get(node, key) as { startIndex?: number; endIndex?: number } | undefined;
  if (data?.startIndex === undefined || data.endIndex === undefined) return undefined;
  return { from: data.startIndex, to: data.endIndex };
}

function toElement(span: Span, source: Source): XmlElement {
  const tag = readStartTag(source.text, span.from);
  if ('message' in tag) throw new Error(`No start tag at offset ${span.from} of ${source.file}`);
  const innerEnd = tag.selfClosing ? tag.end : source.text.lastIndexOf('</', span.to - 1);
  const attributes: XmlAttribute[] = tag.attributes.map(({ name, from, to }) => ({
    name,
    // XML 1.0 section 3.3.3: a line break in an attribute counts as a blank.
    value: resolveReferences(source.text.slice(from, to).replace(/[\n\t]/g, ' ')),
    place: { source, offset: from, length: to - from },
  }));
  return {
    kind: 'element',
    name: tag.name,
    attributes,
    children: childrenOf(span, tag.end, innerEnd, source),
    place: { source, offset: span.from, length: tag.name.length + 1 },
    inner: { source, offset: tag.end, length: innerEnd - tag.end },
  };
}

function childrenOf(span: Span, from: number, to: number, source: Source): (XmlElement | XmlText)[] {
  const children: (XmlElement | XmlText)[] = [];
  let at = from;
  for (const child of elementsIn(span.children)) {
    pushTexts(children, at, child.from, source);
    children.push(toElement(child, source));
    at = child.to;
  }
  pushTexts(children, at, to, source);
  return children;
}

const notText = /<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<\?[\s\S]*?\?>/g;

/** The texts between two tags: what is no comment or processing instruction. */
function pushTexts(children: (XmlElement | XmlText)[], from: number, to: number, source: Source): void {
  if (from === to) return;
  const between = source.text.slice(from, to);
  let at = 0;
  for (const match of between.matchAll(notText)) {
    pushText(children, from + at, from + match.index, false, source);
    const [whole, cdata] = match;
    at = match.index + whole.length;
    if (cdata !== undefined) pushText(children, from + at - 3 - cdata.length, from + at - 3, true, source);
  }
  pushText(children, from + at, to, false, source);
}

function pushText(children: (XmlElement | XmlText)[], from: number, to: number, cdata: boolean, source: Source): void {
  if (from === to) return;
  const written = source.text.slice(from, to);
  const place: Place = { source, offset: from, length: to - from };
  children.push({ kind: 'text', text: cdata ? written : resolveReferences(written), cdata, place });
}
