import { PatternError } from '../language/pattern.ts';
import { XmlMalformed, type XPathType } from '../language/xpath.ts';
import type { Exchange } from '../message/exchange.ts';
import type { Message } from '../message/message.ts';
import { type ConfigOf, element, many } from '../schema/declare.ts';
import { oneOf, text } from '../schema/values.ts';
import { isXml } from './payload-text.ts';
import type { Compiler } from './policy.ts';
import type { Delayed, ThreatPatterns } from './threat-patterns.ts';
import { compileExpression, namespace, readNamespaces, reportEmptyPath } from './xml-extraction.ts';

const xpath = element({
  children: {
    Expression: text,
    Type: oneOf('string', 'nodeset', 'boolean', 'number', 'integer', 'int', 'long', 'float', 'double'),
    Pattern: many(text),
  },
});

/** XMLPayload of RegularExpressionProtection. */
export const xmlSearch = element({
  children: { Namespaces: element({ children: { Namespace: many(namespace) } }), XPath: many(xpath) },
});

/** What the XPaths select in an XML payload, as text; a nodeset as its XML. */
export function compileXmlSearch(
  config: ConfigOf<typeof xmlSearch>,
  patterns: ThreatPatterns,
  compiler: Compiler,
): (exchange: Exchange, message: Message, delayed: Delayed) => void {
  if (config.XPath.length === 0) reportNothing(config.at, compiler);
  const namespaces = readNamespaces(config.Namespaces?.Namespace ?? [], { compiler });
  const searches = config.XPath.map((one) => {
    const type = typeOf(one.Type?.text ?? 'string');
    if (one.Expression === undefined) reportEmptyPath(one.at, compiler);
    if (one.Pattern.length === 0) reportNothing(one.at, compiler);
    return {
      type,
      path:
        one.Expression === undefined ? undefined : compileExpression(one.Expression, type, namespaces, { compiler }),
      patterns: one.Pattern.flatMap((leaf) => patterns.add(leaf) ?? []),
    };
  });
  return (_, message, delayed) => {
    if (!isXml(message) || message.body.isEmpty) return;
    for (const search of searches) {
      const value = evaluate(() => search.path?.evaluate(message.content, search.type), patterns);
      if (value !== undefined) patterns.check(search.patterns, String(value), delayed);
    }
  };
}

function typeOf(name: string): XPathType {
  return name === 'string' || name === 'nodeset' || name === 'boolean' ? name : 'number';
}

function reportNothing(at: ConfigOf<typeof xmlSearch>['at'], compiler: Compiler): void {
  const hint = 'Add <XPath> with <Expression> and <Pattern>.';
  compiler.error('ZH331', at, 'There is no pattern here (NoPatternsToEnforce).', hint);
}

function evaluate<T>(work: () => T, patterns: ThreatPatterns): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof XmlMalformed || error instanceof PatternError) throw patterns.failed(error.message);
    throw error;
  }
}
