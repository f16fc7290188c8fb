import { type InstructionKind, needed, nothing, resultName, textOf, yes } from './instruction.ts';
import type { Instruction, Scope } from './scope.ts';
import { allTexts, keyOf, Locals, type StyleCompiler, selectOf, type TextOf, templateOf } from './style-compiler.ts';
import { attributeOf, type StyleElement } from './style-element.ts';
import { toText } from './values.ts';

/** Instructions that make nodes. XSLT 1.0 section 7. */

function compileValueOf(element: StyleElement, locals: Locals, compiler: StyleCompiler): Instruction {
  const select = selectOf(element, locals, compiler);
  const unescaped = yes(element, 'disable-output-escaping', compiler);
  if (select === undefined) {
    if (element.children.length === 0) needed(element, 'select', compiler);
    const content = compiler.body(element.children, new Locals(locals));
    return (scope) => scope.output.text(textOf(content, scope), unescaped);
  }
  const separator = separatorOf(element, locals, compiler);
  if (separator !== undefined) {
    return (scope) => scope.output.text(allTexts(select.evaluate(scope.context), separator(scope)), unescaped);
  }
  return (scope) => scope.output.text(toText(select.evaluate(scope.context)), unescaped);
}

/** XSLT 2.0 shows all items of a sequence, XSLT 1.0 the first. */
function separatorOf(element: StyleElement, locals: Locals, compiler: StyleCompiler): TextOf | undefined {
  const attribute = attributeOf(element, 'separator');
  if (attribute === undefined) return element.version > 1 ? () => ' ' : undefined;
  return templateOf(attribute, element, locals, compiler);
}

function compileText(element: StyleElement, _: Locals, compiler: StyleCompiler): Instruction {
  const unescaped = yes(element, 'disable-output-escaping', compiler);
  let text = '';
  for (const child of element.children) {
    if (child.kind === 'text') text += child.text;
    else compiler.mistake('xsl:text holds text only.', child.at);
  }
  return (scope) => scope.output.text(text, unescaped);
}

/** The attribute sets that an element uses, the last one written last. XSLT 1.0 section 7.1.4. */
export function usedSets(
  list: { readonly value: string; readonly at: StyleElement['at'] } | undefined,
  element: StyleElement,
  compiler: StyleCompiler,
): Instruction {
  if (list === undefined) return nothing;
  const sets = list.value
    .split(/\s+/)
    .filter((name) => name !== '')
    .map((name) => {
      const key = keyOf({ prefix: '', local: '', uri: '', value: name, at: list.at }, element, compiler);
      const found = compiler.tables.attributeSets.get(key);
      if (found === undefined) compiler.mistake(`There is no attribute set "${name}".`, list.at);
      return found ?? [];
    });
  return (scope) => {
    scope.run.enter();
    for (const set of sets) for (const make of set) make(scope);
    scope.run.leave();
  };
}

function template(element: StyleElement, name: string, locals: Locals, compiler: StyleCompiler): TextOf | undefined {
  const attribute = attributeOf(element, name);
  return attribute === undefined ? undefined : templateOf(attribute, element, locals, compiler);
}

function compileElement(element: StyleElement, locals: Locals, compiler: StyleCompiler): Instruction {
  needed(element, 'name', compiler);
  const name = template(element, 'name', locals, compiler);
  const namespace = template(element, 'namespace', locals, compiler);
  const sets = usedSets(attributeOf(element, 'use-attribute-sets'), element, compiler);
  const content = compiler.body(element.children, new Locals(locals));
  if (name === undefined) return nothing;
  return (scope) => {
    const named = resultName(name(scope), element, namespace?.(scope), false);
    const declared = named.uri === '' ? [] : ([[named.prefix, named.uri]] as const);
    scope.output.startElement(named, new Map(declared));
    sets(scope);
    content(scope);
    scope.output.endElement();
  };
}

/** The text that an instruction holds: its `select` (XSLT 2.0) or its content. */
function contentText(element: StyleElement, locals: Locals, compiler: StyleCompiler): TextOf {
  const select = selectOf(element, locals, compiler);
  if (select !== undefined) {
    const separator = separatorOf(element, locals, compiler);
    return (scope) => allTexts(select.evaluate(scope.context), separator?.(scope));
  }
  const [only] = element.children;
  if (only === undefined) return () => '';
  if (only.kind === 'text' && element.children.length === 1) return () => only.text;
  const content = compiler.body(element.children, new Locals(locals));
  return (scope) => textOf(content, scope);
}

function compileAttribute(element: StyleElement, locals: Locals, compiler: StyleCompiler): Instruction {
  needed(element, 'name', compiler);
  const name = template(element, 'name', locals, compiler);
  const namespace = template(element, 'namespace', locals, compiler);
  const text = contentText(element, locals, compiler);
  if (name === undefined) return nothing;
  return (scope) => {
    const value = text(scope);
    const written = name(scope);
    // XSLT 1.0 section 7.1.3: an attribute is no declaration. Style sheets that try it get none.
    if (written === 'xmlns') return;
    scope.output.attribute(resultName(written, element, namespace?.(scope), true), value);
  };
}

function compileComment(element: StyleElement, locals: Locals, compiler: StyleCompiler): Instruction {
  const text = contentText(element, locals, compiler);
  return (scope) => scope.output.comment(text(scope));
}

function compileInstruction(element: StyleElement, locals: Locals, compiler: StyleCompiler): Instruction {
  needed(element, 'name', compiler);
  const name = template(element, 'name', locals, compiler);
  const text = contentText(element, locals, compiler);
  if (name === undefined) return nothing;
  return (scope) => scope.output.instruction(resultName(name(scope), element, '', false).local, text(scope));
}

function compileNamespace(element: StyleElement, locals: Locals, compiler: StyleCompiler): Instruction {
  needed(element, 'name', compiler);
  const name = template(element, 'name', locals, compiler);
  const text = contentText(element, locals, compiler);
  if (name === undefined) return nothing;
  return (scope) => scope.output.namespace(name(scope).trim(), text(scope));
}

function compileCopy(element: StyleElement, locals: Locals, compiler: StyleCompiler): Instruction {
  const sets = usedSets(attributeOf(element, 'use-attribute-sets'), element, compiler);
  const content = compiler.body(element.children, new Locals(locals));
  return (scope: Scope) => {
    const { node } = scope.context;
    const { output } = scope;
    if (node.kind === 'document') content(scope);
    else if (node.kind === 'element') {
      output.startElement(node, node.namespaces);
      sets(scope);
      content(scope);
      output.endElement();
    } else output.copy(node);
  };
}

export const contentInstructions: readonly (readonly [string, InstructionKind])[] = [
  ['value-of', { attributes: ['select', 'disable-output-escaping', 'separator'], compile: compileValueOf }],
  ['text', { attributes: ['disable-output-escaping'], compile: compileText }],
  ['element', { attributes: ['name', 'namespace', 'use-attribute-sets'], compile: compileElement }],
  ['attribute', { attributes: ['name', 'namespace', 'select', 'separator'], compile: compileAttribute }],
  ['comment', { attributes: ['select'], compile: compileComment }],
  ['processing-instruction', { attributes: ['name', 'select'], compile: compileInstruction }],
  ['namespace', { attributes: ['name', 'select'], compile: compileNamespace }],
  ['copy', { attributes: ['use-attribute-sets', 'copy-namespaces'], compile: compileCopy }],
];
