import type { Place, Source } from '../../diagnostic.ts';
import { XmlRefused } from '../../xml/events.ts';
import { readTree, type TreeNode } from '../../xml/tree.ts';
import { compileStyle } from './compile-style.ts';
import { TransformationFailure } from './failure.ts';
import type { ResolveModule } from './modules.ts';
import { writeHtml } from './output-html.ts';
import type { OutputProperties } from './output-properties.ts';
import { writeXml } from './output-xml.ts';
import { ResultBuilder } from './result.ts';
import type { RuleTable } from './rules.ts';
import { Run, standardLimits, type TransformationLimits } from './run.ts';
import { noParameters } from './scope.ts';
import { topScope } from './tables.ts';
import { nodeText } from './values.ts';

/** Style sheets of XSLT 1.0, compiled to closures. https://www.w3.org/TR/1999/REC-xslt-19991116 */

export interface Stylesheet {
  /**
   * @param parameters values of the style sheet's parameters, by name
   * @throws TransformationFailure for a text that is not well-formed, and when the style sheet fails or goes beyond its limits
   */
  transform(xml: string, parameters: ReadonlyMap<string, string>): string;
}

export interface StyleMistake {
  readonly message: string;
  readonly at: Place;
  readonly hint: string | undefined;
  /** Whether it is right, and does not run here: the rest of the style sheet is compiled all the same. */
  readonly unsupported: boolean;
}

export interface CompiledStylesheet {
  readonly stylesheet: Stylesheet;
  readonly mistakes: readonly StyleMistake[];
}

/** Compiles a style sheet. `resolve` gives the modules that it imports and includes. */
export function compileStylesheet(
  source: Source,
  resolve: ResolveModule,
  limits: TransformationLimits = standardLimits,
): CompiledStylesheet {
  const mistakes: StyleMistake[] = [];
  const { rules, output, strips } = compileStyle(source, resolve, {
    mistake: (message, at, hint) => mistakes.push({ message, at, hint, unsupported: false }),
    unsupported: (message, at, hint) => mistakes.push({ message, at, hint, unsupported: true }),
  });
  return {
    mistakes,
    stylesheet: { transform: (xml, parameters) => transform(xml, parameters, rules, output, strips, limits) },
  };
}

function transform(
  xml: string,
  parameters: ReadonlyMap<string, string>,
  rules: RuleTable,
  output: OutputProperties,
  strips: ((element: TreeNode) => boolean) | undefined,
  limits: TransformationLimits,
): string {
  try {
    const counter = { next: 0 };
    const source = readTree(xml.startsWith('\ufeff') ? xml.slice(1) : xml, counter, strips);
    const run = new Run(source, counter, parameters, limits);
    const builder = new ResultBuilder(run);
    rules.apply([source], topScope(run, 0, builder), '', noParameters);
    return write(builder.document, output, limits.characters);
  } catch (error) {
    if (error instanceof XmlRefused) throw new TransformationFailure(error.message);
    // The stack is used up, or a text has become too long: nothing of this run is used any more.
    if (error instanceof RangeError) throw new TransformationFailure('The style sheet needs too much memory or stack');
    throw error;
  }
}

function write(document: TreeNode, properties: OutputProperties, limit: number): string {
  const method = properties.method ?? (isHtml(document) ? 'html' : 'xml');
  if (method === 'text') return nodeText(document);
  return method === 'html' ? writeHtml(document, properties, limit) : writeXml(document, properties, limit);
}

/** XSLT 1.0 section 16. */
function isHtml({ children }: TreeNode): boolean {
  const at = children.findIndex(({ kind }) => kind === 'element');
  const root = children[at];
  if (root === undefined || root.uri !== '' || root.local.toLowerCase() !== 'html') return false;
  return children.slice(0, at).every(({ kind, value }) => kind !== 'text' || value.trim() === '');
}
