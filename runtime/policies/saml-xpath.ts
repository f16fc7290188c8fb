import type { Place } from '../diagnostic.ts';
import { XPathMistake } from '../language/xslt/failure.ts';
import { Run, standardLimits } from '../language/xslt/run.ts';
import { compileXPath } from '../language/xslt/xpath-compile.ts';
import { type Compiled, nodesOf } from '../language/xslt/xpath-context.ts';
import { type ConfigOf, element, many } from '../schema/declare.ts';
import { text } from '../schema/values.ts';
import { type TreeNode, xmlNamespace } from '../xml/tree.ts';
import type { Compiler } from './policy.ts';

/** Paths of the SAML policies into a message. */

export const namespaces = element({
  children: { Namespace: many(element({ content: text, attributes: { prefix: text } })) },
});

/** The elements that a path selects in a document. @throws TransformationFailure when it takes too long */
export type Select = (document: TreeNode) => readonly TreeNode[];

export function compileSelect(
  path: { readonly text: string; readonly at: Place },
  declared: ConfigOf<typeof namespaces> | undefined,
  compiler: Compiler,
): Select | undefined {
  const uris = new Map([['xml', xmlNamespace]]);
  for (const one of declared?.Namespace ?? []) uris.set(one.prefix?.text ?? '', one.text ?? '');
  let compiled: Compiled;
  try {
    compiled = compileXPath(path.text, {
      newer: false,
      elementNamespace: '',
      functions: new Map(),
      uri: (prefix) => uris.get(prefix),
      variable: () => undefined,
    });
  } catch (error) {
    if (!(error instanceof XPathMistake)) throw error;
    const hint = 'Prefixes are declared with <Namespaces><Namespace prefix="p">URI</Namespace></Namespaces>.';
    compiler.error('ZH604', path.at, `"${path.text}" is no XPath expression: ${error.message}`, hint);
    return undefined;
  }
  if (compiled.kind !== 'nodes') {
    compiler.error('ZH604', path.at, `"${path.text}" selects no elements.`, 'Write the path to an element.');
    return undefined;
  }
  return (document) => {
    const run = new Run(document, { next: 0 }, new Map(), standardLimits);
    const context = { node: document, position: 1, size: 1, current: document, frame: [], run };
    return nodesOf(compiled.evaluate(context)).filter(({ kind }) => kind === 'element');
  };
}
