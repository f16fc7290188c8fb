import { validOrUndefined } from './compile-once.ts';
import { PatternError } from './pattern.ts';
import type { Call } from './template-function.ts';
import { textOf } from './value-text.ts';
import { XmlMalformed, type XPath, type XPathEngine, type XPathType } from './xpath.ts';

const types: ReadonlyMap<string, XPathType> = new Map([
  ['nodeset', 'nodeset'],
  ['node', 'node'],
  ['string', 'string'],
  ['number', 'number'],
  ['boolean', 'boolean'],
]);

interface Options {
  readonly type: XPathType;
  readonly namespaces: ReadonlyMap<string, string>;
}

/** An expression in use, with what it was compiled from. */
interface Current {
  readonly engine: XPathEngine;
  readonly key: string;
  readonly xpath: XPath | undefined;
}

/**
 * `xpath(path,xml[,type][,prefix:uri...])`: what is not found, or not well-formed, gives an empty text. The expression is
 * compiled again only when it, or its namespaces, have changed since the last call.
 */
export function xpathFunction(literals: readonly unknown[]): Call {
  const unknown = literals.slice(2).find((literal) => literal !== undefined && !isOption(textOf(literal) ?? ''));
  if (unknown !== undefined) throw new PatternError(`Neither a result type nor prefix:uri: ${textOf(unknown)}`, 0);
  // With the XML as the only variable, which is the rule, nothing else needs another look.
  const isFixed = literals.length > 1 && literals.every((literal, index) => index === 1 || literal !== undefined);
  const fixed = isFixed ? readOptions(literals) : undefined;
  let current: Current | undefined;
  return (args, engines) => {
    const expression = textOf(args[0]);
    const xml = textOf(args[1]);
    const engine = engines.xpath;
    if (expression === undefined || xml === undefined || engine === undefined) return undefined;
    const options = fixed ?? readOptions(args);
    const key = fixed === undefined ? JSON.stringify([expression, ...options.namespaces]) : expression;
    if (current === undefined || current.engine !== engine || current.key !== key) {
      current?.xpath?.dispose();
      current = { engine, key, xpath: validOrUndefined(() => engine.compile(expression, options.namespaces)) };
    }
    return current.xpath === undefined ? undefined : evaluate(current.xpath, xml, options.type);
  };
}

function evaluate(xpath: XPath, xml: string, type: XPathType): unknown {
  try {
    return validOrUndefined(() => xpath.evaluate(xml, type)) ?? '';
  } catch (error) {
    if (error instanceof XmlMalformed) return '';
    throw error;
  }
}

function isOption(text: string): boolean {
  return text.includes(':') || types.has(text.toLowerCase());
}

function readOptions(args: readonly unknown[]): Options {
  const namespaces = new Map<string, string>();
  let type: XPathType = 'nodeset';
  for (let index = 2; index < args.length; index++) {
    const text = textOf(args[index]) ?? '';
    const colon = text.indexOf(':');
    if (colon === -1) type = types.get(text.toLowerCase()) ?? type;
    else namespaces.set(text.slice(0, colon), text.slice(colon + 1));
  }
  return { type, namespaces };
}
