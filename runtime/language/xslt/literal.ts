import { usedSets } from './content-instructions.ts';
import type { ResultName } from './result.ts';
import type { Instruction } from './scope.ts';
import { Locals, type StyleCompiler, templateOf } from './style-compiler.ts';
import { type StyleElement, xslNamespace } from './style-element.ts';

/** Literal result elements. XSLT 1.0 section 7.1.1. */
export function compileLiteral(element: StyleElement, locals: Locals, compiler: StyleCompiler): Instruction {
  const { aliases } = compiler.tables;
  const renamed = (name: ResultName): ResultName => {
    const alias = aliases.get(name.uri);
    return alias === undefined ? name : { prefix: alias.prefix, local: name.local, uri: alias.uri };
  };
  const name = renamed(element);
  const namespaces = new Map<string, string>();
  for (const [prefix, uri] of element.namespaces) {
    const alias = aliases.get(uri);
    if (alias !== undefined) namespaces.set(alias.prefix, alias.uri);
    else if (prefix !== 'xml' && !element.excluded.has(uri)) namespaces.set(prefix, uri);
  }
  if (name.uri !== '') namespaces.set(name.prefix, name.uri);
  const attributes = element.attributes
    .filter((one) => one.uri !== xslNamespace)
    .map((one) => ({ name: one.uri === '' ? one : renamed(one), value: templateOf(one, element, locals, compiler) }));
  const sets = usedSets(
    element.attributes.find((one) => one.uri === xslNamespace && one.local === 'use-attribute-sets'),
    element,
    compiler,
  );
  const content = compiler.body(element.children, new Locals(locals));
  return (scope) => {
    const { output } = scope;
    output.startElement(name, namespaces);
    sets(scope);
    for (const attribute of attributes) output.attribute(attribute.name, attribute.value(scope));
    content(scope);
    output.endElement();
  };
}
