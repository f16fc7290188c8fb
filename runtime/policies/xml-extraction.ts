import { type Place, placeWithin } from '../diagnostic.ts';
import { valueKinds } from '../language/cast.ts';
import { PatternError } from '../language/pattern.ts';
import { toText } from '../language/variables.ts';
import { XmlMalformed, type XPath, type XPathType } from '../language/xpath.ts';
import type { Exchange } from '../message/exchange.ts';
import { Message, mediaType } from '../message/message.ts';
import { type ConfigOf, element, type Leaf, many, requiredAttribute } from '../schema/declare.ts';
import { boolean, oneOf, text, variable } from '../schema/values.ts';
import { cast, compileTarget, type Extraction, type ExtractionContext, executionFailed } from './extraction.ts';
import type { Compiler } from './policy.ts';

export const namespace = element({
  content: text,
  attributes: { prefix: requiredAttribute({ ...variable, expects: 'a namespace prefix' }) },
});

const xmlVariable = element({
  attributes: { name: requiredAttribute(variable), type: oneOf(...valueKinds) },
  children: { XPath: many(text) },
});

/** Prefixes for the XPaths of a payload. */
export const namespaces = element({ children: { Namespace: many(namespace) } });

/** XMLPayload of ExtractVariables. */
export const xmlPayload = element({
  attributes: { stopPayloadProcessing: boolean },
  children: { Namespaces: namespaces, Variable: many(xmlVariable) },
});

/** Apigee: ExtractVariables, XMLPayload. A message has to be of an XML content type; any other value is taken as XML. */
export function compileXmlPayload(config: ConfigOf<typeof xmlPayload>, context: ExtractionContext): Extraction[] {
  const { compiler } = context;
  if (config.Variable.length === 0) {
    const hint = 'Add <Variable name="..."><XPath>...</XPath></Variable>, or remove it.';
    compiler.warning('PO033', config.at, 'XMLPayload extracts nothing.', hint);
    return [];
  }
  const namespaces = readNamespaces(config.Namespaces?.Namespace ?? [], context);
  const variables = config.Variable.map((one) => compileXmlVariable(one, namespaces, context));
  const stops = config.stopPayloadProcessing?.text === true;
  const run: Extraction['run'] = (exchange, source) => {
    if (source instanceof Message && !isXml(mediaType(source.headers.line('content-type')))) return false;
    const xml = toText(source);
    if (xml.trim() === '') throw executionFailed(compiler);
    let found = false;
    for (const extract of variables) {
      found = extract(exchange, xml) || found;
      if (found && stops) break;
    }
    return found;
  };
  return [{ at: config.at, run }];
}

function isXml(type: string | undefined): boolean {
  if (type === undefined) return false;
  return (
    type === 'text/xml' || type === 'application/xml' || (type.startsWith('application/') && type.endsWith('+xml'))
  );
}

export function readNamespaces(
  declared: readonly ConfigOf<typeof namespace>[],
  { compiler }: Pick<ExtractionContext, 'compiler'>,
): ReadonlyMap<string, string> {
  const namespaces = new Map<string, string>();
  for (const { prefix, text: uri, at } of declared) {
    if (namespaces.has(prefix.text)) {
      compiler.error('ZH147', prefix.at, `The prefix "${prefix.text}" is declared twice.`, 'Keep one of them.');
    }
    if (uri === undefined || uri === '') {
      const hint = 'Write the URI that the document declares: <Namespace prefix="p">urn:example</Namespace>.';
      compiler.error('ZH147', at, `The prefix "${prefix.text}" stands for no namespace.`, hint);
      continue;
    }
    namespaces.set(prefix.text, uri);
  }
  return namespaces;
}

type VariableExtraction = (exchange: Exchange, xml: string) => boolean;

/**
 * zerohop's choice: without a type the value is a string; of several paths, which the schema allows, the first that finds
 * something gives the value.
 */
function compileXmlVariable(
  config: ConfigOf<typeof xmlVariable>,
  namespaces: ReadonlyMap<string, string>,
  context: ExtractionContext,
): VariableExtraction {
  const { compiler } = context;
  const name = config.name.text;
  const kind = config.type?.text ?? 'string';
  const wanted: XPathType = kind === 'nodeset' || kind === 'boolean' ? kind : 'string';
  if (config.XPath.length === 0) reportEmptyPath(config.at, compiler);
  const xpaths = config.XPath.flatMap((leaf) => compileExpression(leaf, wanted, namespaces, context) ?? []);
  const target = compileTarget(name, context);
  return (exchange, xml) => {
    for (const xpath of xpaths) {
      const value = evaluate(xpath, xml, wanted, context);
      if (value === undefined) continue;
      target(exchange, cast(String(value), kind, name, compiler));
      return true;
    }
    return false;
  };
}

export function reportEmptyPath(at: Place, compiler: Compiler): void {
  compiler.error('ZH145', at, 'The XPath is empty (EmptyXPathExpression).', 'Write one, such as /order/id.');
}

/** @throws Fault ExecutionFailed */
function evaluate(xpath: XPath, xml: string, wanted: XPathType, { compiler }: ExtractionContext) {
  try {
    return xpath.evaluate(xml, wanted);
  } catch (error) {
    if (error instanceof XmlMalformed || error instanceof PatternError) throw executionFailed(compiler);
    throw error;
  }
}

export function compileExpression(
  leaf: Leaf<string>,
  wanted: XPathType,
  namespaces: ReadonlyMap<string, string>,
  { compiler }: Pick<ExtractionContext, 'compiler'>,
): XPath | undefined {
  if (leaf.text === '') {
    reportEmptyPath(leaf.at, compiler);
    return undefined;
  }
  if (compiler.xpath === undefined) throw new Error('The XPath engine has not been loaded');
  try {
    const xpath = compiler.xpath.compile(leaf.text, namespaces);
    if (wanted === 'nodeset' && !givesNodes(xpath, leaf.text)) {
      const hint = 'Choose the type string, integer or boolean, or select nodes.';
      compiler.error('ZH148', leaf.at, `The XPath "${leaf.text}" computes a single value, not a nodeset.`, hint);
    }
    return xpath;
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    const hint = 'Declare each prefix with <Namespace prefix="...">URI</Namespace>.';
    const at = placeWithin(leaf.at, error.index, leaf.text.length - error.index);
    compiler.error('ZH146', at, `${error.message}: "${leaf.text}".`, leaf.text.includes(':') ? hint : undefined);
    return undefined;
  }
}

/** Nodes of an empty element are written as XML or are not there; what is computed is a bare text. */
function givesNodes(xpath: XPath, expression: string): boolean {
  if (expression.includes('namespace::')) return true;
  const sample = xpath.evaluate('<sample/>', 'nodeset');
  return sample === undefined || String(sample).startsWith('<');
}
