import type { Place } from '../../diagnostic.ts';
import { TransformationFailure } from './failure.ts';
import { ResultBuilder, type ResultName } from './result.ts';
import { built, type Instruction, type Scope } from './scope.ts';
import { expressionOf, type Locals, type StyleCompiler } from './style-compiler.ts';
import { attributeOf, isXsl, type StyleAttribute, type StyleElement } from './style-element.ts';
import { nodeText, type Value } from './values.ts';
import type { Compiled } from './xpath-context.ts';

/**
 * An instruction of XSLT: the attributes it may have, and what it becomes. What runs of XSLT 2.0 runs whatever the style
 * sheet's version is, as it does on the platform.
 */
export interface InstructionKind {
  readonly attributes: readonly string[];
  compile(element: StyleElement, locals: Locals, compiler: StyleCompiler, tail: boolean): Instruction;
}

export const nothing: Instruction = () => undefined;

/** An attribute that must be there; its absence is reported. */
export function needed(element: StyleElement, name: string, compiler: StyleCompiler): StyleAttribute | undefined {
  const found = attributeOf(element, name);
  if (found === undefined) compiler.mistake(`xsl:${element.local} has no attribute "${name}".`, element.at);
  return found;
}

/** An expression that must be there. */
export function neededExpression(
  element: StyleElement,
  name: string,
  locals: Locals,
  compiler: StyleCompiler,
): Compiled | undefined {
  const attribute = needed(element, name, compiler);
  return attribute === undefined ? undefined : expressionOf(attribute, element, locals, compiler);
}

/** `yes` or `no`. */
export function yes(element: StyleElement, name: string, compiler: StyleCompiler): boolean {
  const attribute = attributeOf(element, name);
  if (attribute === undefined) return false;
  const value = attribute.value.trim();
  if (value !== 'yes' && value !== 'no') compiler.mistake(`"${value}" is neither yes nor no.`, attribute.at);
  return value === 'yes';
}

export function childElements(element: StyleElement, local: string): StyleElement[] {
  return element.children.filter((child): child is StyleElement => child.kind === 'element' && isXsl(child, local));
}

/** The content of an element as a tree. */
export function treeOf(make: Instruction, scope: Scope): Value {
  return [built(scope, make, new ResultBuilder(scope.run))];
}

/** The content of an element as text. */
export function textOf(make: Instruction, scope: Scope): string {
  return nodeText(built(scope, make, new ResultBuilder(scope.run)));
}

/** A name that is computed, such as that of xsl:element. @throws TransformationFailure when it is none */
export function resultName(
  written: string,
  element: StyleElement,
  namespace: string | undefined,
  isAttribute: boolean,
): ResultName {
  const name = written.trim();
  if (!/^[A-Za-z_\u0080-\uffff][\w.\-\u0080-\uffff]*(?::[A-Za-z_\u0080-\uffff][\w.\-\u0080-\uffff]*)?$/.test(name)) {
    throw new TransformationFailure(`"${name}" is no name for an ${isAttribute ? 'attribute' : 'element'}`);
  }
  const colon = name.indexOf(':');
  const prefix = colon === -1 ? '' : name.slice(0, colon);
  const local = name.slice(colon + 1);
  if (namespace !== undefined) return { prefix: namespace === '' ? '' : prefix, local, uri: namespace };
  if (prefix === '') return { prefix, local, uri: isAttribute ? '' : (element.namespaces.get('') ?? '') };
  const uri = element.namespaces.get(prefix);
  if (uri === undefined) throw new TransformationFailure(`The prefix of "${name}" is not declared`);
  return { prefix, local, uri };
}

/** Reports children that an instruction cannot have. */
export function refuseContent(element: StyleElement, compiler: StyleCompiler, ...allowed: readonly string[]): void {
  for (const child of element.children) {
    if (child.kind === 'element' && (isXsl(child, 'fallback') || allowed.some((name) => isXsl(child, name)))) continue;
    const what = child.kind === 'text' ? 'Text' : `<${nameOf(child)}>`;
    const at: Place = child.at;
    compiler.mistake(`${what} has no place in xsl:${element.local}.`, at);
  }
}

function nameOf({ prefix, local }: StyleElement): string {
  return prefix === '' ? local : `${prefix}:${local}`;
}
