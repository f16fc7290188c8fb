import { childElements, type InstructionKind, needed, nothing, refuseContent, treeOf } from './instruction.ts';
import type { RuleTable } from './rules.ts';
import { type Instruction, noParameters, type Parameters, runTemplate, type Scope } from './scope.ts';
import { compileSort } from './sort.ts';
import { keyOf, Locals, nameKey, type StyleCompiler, selectOf } from './style-compiler.ts';
import { attributeOf, type StyleElement } from './style-element.ts';
import type { Value } from './values.ts';
import { nodesOf } from './xpath-context.ts';

/** Templates, variables and parameters. XSLT 1.0 sections 5, 6 and 11. */

export type ValueOf = (scope: Scope) => Value;

/** The value of xsl:variable, xsl:param and xsl:with-param. XSLT 1.0 section 11.2. */
export function compileValue(element: StyleElement, locals: Locals, compiler: StyleCompiler): ValueOf {
  const select = selectOf(element, locals, compiler);
  if (select !== undefined) {
    if (element.children.length > 0) compiler.mistake(`xsl:${element.local} has select and content.`, element.at);
    return ({ context }) => select.evaluate(context);
  }
  const type = attributeOf(element, 'as');
  if (element.children.length === 0) return () => '';
  if (type !== undefined) {
    compiler.unsupported('"as" with content makes a sequence, which does not run here.', type.at, 'Use select.');
  }
  const [only] = element.children;
  if (only?.kind === 'text' && element.children.length === 1) {
    const { text } = only;
    return (scope) => treeOf(({ output }) => output.text(text), scope);
  }
  const content = compiler.body(element.children, new Locals(locals));
  return (scope) => treeOf(content, scope);
}

function compileVariable(element: StyleElement, locals: Locals, compiler: StyleCompiler): Instruction {
  const value = compileValue(element, locals, compiler);
  const slot = declare(element, locals, compiler);
  if (slot === undefined) return nothing;
  return (scope) => {
    scope.context.frame[slot] = value(scope);
  };
}

function declare(element: StyleElement, locals: Locals, compiler: StyleCompiler): number | undefined {
  const name = needed(element, 'name', compiler);
  if (name === undefined) return undefined;
  return locals.declare(keyOf(name, element, compiler));
}

/** A parameter of a template: the caller's value, else its own. */
export function compileParameter(element: StyleElement, locals: Locals, compiler: StyleCompiler): Instruction {
  const value = compileValue(element, locals, compiler);
  const slot = declare(element, locals, compiler);
  const name = attributeOf(element, 'name');
  if (slot === undefined || name === undefined) return nothing;
  const key = nameKey(name.value.trim(), element) ?? '';
  return (scope) => {
    scope.context.frame[slot] = scope.parameters.get(key) ?? value(scope);
  };
}

function compileArguments(
  element: StyleElement,
  locals: Locals,
  compiler: StyleCompiler,
): (scope: Scope) => Parameters {
  const list = childElements(element, 'with-param').flatMap((one) => {
    const name = needed(one, 'name', compiler);
    if (attributeOf(one, 'tunnel') !== undefined) compiler.unsupported('Tunnel parameters do not run here.', one.at);
    if (name === undefined) return [];
    return [{ key: keyOf(name, one, compiler), value: compileValue(one, locals, compiler) }];
  });
  if (list.length === 0) return () => noParameters;
  return (scope) => new Map(list.map(({ key, value }) => [key, value(scope)]));
}

function compileCall(element: StyleElement, locals: Locals, compiler: StyleCompiler, tail: boolean): Instruction {
  refuseContent(element, compiler, 'with-param');
  const name = needed(element, 'name', compiler);
  const parameters = compileArguments(element, locals, compiler);
  if (name === undefined) return nothing;
  const found = compiler.tables.templates.get(keyOf(name, element, compiler));
  if (found === undefined) {
    compiler.mistake(`There is no template of the name "${name.value}".`, name.at);
    return nothing;
  }
  const { template } = found;
  if (tail) {
    return (scope) => {
      scope.pending = { template, parameters: parameters(scope) };
    };
  }
  return (scope) => {
    const { node, position, size } = scope.context;
    runTemplate(template, parameters(scope), node, position, size, scope, scope.rule, scope.mode);
  };
}

/** @param rules set once the whole style sheet is compiled */
export function templateInstructions(rules: () => RuleTable): readonly (readonly [string, InstructionKind])[] {
  const compileApply: InstructionKind['compile'] = (element, locals, compiler) => {
    refuseContent(element, compiler, 'with-param', 'sort');
    const select = selectOf(element, locals, compiler);
    const sort = compileSort(element, locals, compiler);
    const parameters = compileArguments(element, locals, compiler);
    const mode = modeOf(element, compiler);
    return (scope) => {
      const found = select === undefined ? scope.context.node.children : nodesOf(select.evaluate(scope.context));
      const nodes = sort === undefined ? found : sort(found, scope);
      rules().apply(nodes, scope, mode ?? scope.mode, parameters(scope));
    };
  };
  const compileImports: InstructionKind['compile'] = (element, locals, compiler) => {
    const parameters = compileArguments(element, locals, compiler);
    return (scope) => rules().applyImports(scope, parameters(scope));
  };
  return [
    ['apply-templates', { attributes: ['select', 'mode'], compile: compileApply }],
    ['apply-imports', { attributes: [], compile: compileImports }],
    ['call-template', { attributes: ['name'], compile: compileCall }],
    ['variable', { attributes: ['name', 'select', 'as'], compile: compileVariable }],
  ];
}

/** Undefined: the one that runs. */
function modeOf(element: StyleElement, compiler: StyleCompiler): string | undefined {
  const mode = attributeOf(element, 'mode');
  if (mode === undefined || mode.value.trim() === '#default') return '';
  return mode.value.trim() === '#current' ? undefined : keyOf(mode, element, compiler);
}
