import type { Source } from '../../diagnostic.ts';
import type { TreeNode } from '../../xml/tree.ts';
import { checkAttributes, type Reports, styleCompiler } from './body.ts';
import { usedSets } from './content-instructions.ts';
import { declareAlias, declareFormat, declareKey, readSpaceRules } from './declarations.ts';
import { needed, nothing } from './instruction.ts';
import { type Declaration, type ResolveModule, readModules } from './modules.ts';
import { type OutputProperties, outputAttributes, readOutput } from './output-properties.ts';
import { type IndexedRule, RuleTable } from './rules.ts';
import type { Instruction, Template } from './scope.ts';
import { keyOf, Locals, patternOf, type StyleCompiler } from './style-compiler.ts';
import { attributeOf, isXsl, type StyleElement } from './style-element.ts';
import { emptyTables, type Global } from './tables.ts';
import { compileParameter, compileValue } from './template-instructions.ts';
import type { Value } from './values.ts';

export interface CompiledStyle {
  readonly rules: RuleTable;
  readonly output: OutputProperties;
  /** Whether an element's blank texts are dropped; undefined: never. */
  readonly strips: ((element: TreeNode) => boolean) | undefined;
}

/** Compiles what stands at the top of a style sheet. XSLT 1.0 section 2.2. */
export function compileStyle(source: Source, resolve: ResolveModule, reports: Reports): CompiledStyle {
  const tables = emptyTables();
  const compiled: { rules: RuleTable } = { rules: new RuleTable([]) };
  const compiler = styleCompiler(tables, reports, () => compiled.rules);
  const declarations = readModules(source, resolve, reports.mistake);
  const named = (...names: readonly string[]): Declaration[] =>
    declarations.filter(({ element }) => isXsl(element) && names.includes(element.local));

  for (const { element } of declarations) checkTop(element, compiler);
  for (const { element } of named('namespace-alias')) declareAlias(element, compiler);
  for (const { element } of named('decimal-format')) declareFormat(element, compiler);
  // All names are known before anything that uses them is compiled.
  const globals = named('variable', 'param').flatMap((one) => declareGlobal(one, compiler));
  const templates = declarations.flatMap((one, order) => declareTemplate(one, order, compiler));
  const sets = named('attribute-set').flatMap(({ element }) => declareAttributeSet(element, compiler));
  for (const { element } of named('key')) declareKey(element, compiler);

  for (const set of sets) compileAttributeSet(set.element, set.makers, compiler);
  for (const global of globals) compileGlobal(global.element, global.global, compiler);
  compiled.rules = new RuleTable(templates.flatMap((one) => compileTemplate(one, compiler)));
  return {
    rules: compiled.rules,
    output: readOutput(
      named('output').map(({ element }) => element),
      compiler,
    ),
    strips: readSpaceRules(named('strip-space', 'preserve-space'), compiler),
  };
}

const topAttributes: ReadonlyMap<string, readonly string[]> = new Map([
  ['template', ['match', 'name', 'priority', 'mode', 'as']],
  ['variable', ['name', 'select', 'as']],
  ['param', ['name', 'select', 'as', 'required']],
  ['attribute-set', ['name', 'use-attribute-sets']],
  ['key', ['name', 'match', 'use']],
  ['namespace-alias', ['stylesheet-prefix', 'result-prefix']],
  ['strip-space', ['elements']],
  ['preserve-space', ['elements']],
  ['output', outputAttributes],
]);

function checkTop(element: StyleElement, compiler: StyleCompiler): void {
  if (!isXsl(element)) {
    const isSimplified = element.attributes.some(({ local, uri }) => local === 'version' && uri !== '');
    // XSLT 1.0 section 2.2: elements of other namespaces are the author's own data.
    if (element.uri === '' && !isSimplified) {
      compiler.mistake(`<${element.local}> has no place at the top of a style sheet.`, element.at);
    }
    return;
  }
  if (element.local === 'decimal-format') return;
  const attributes = topAttributes.get(element.local);
  if (attributes !== undefined) checkAttributes(element, attributes, compiler);
  else if (element.version > 1) compiler.unsupported(`xsl:${element.local} does not run here.`, element.at);
  else compiler.mistake(`xsl:${element.local} has no place at the top of a style sheet.`, element.at);
}

interface DeclaredGlobal {
  readonly element: StyleElement;
  readonly global: Global;
}

function declareGlobal({ element, precedence }: Declaration, compiler: StyleCompiler): DeclaredGlobal[] {
  const name = needed(element, 'name', compiler);
  if (name === undefined) return [];
  const { globals } = compiler.tables;
  const key = keyOf(name, element, compiler);
  const known = globals.get(key);
  if (known?.precedence === precedence) {
    compiler.mistake(`The style sheet has a variable "${name.value}" before.`, name.at);
  }
  const parameter = element.local === 'param' && !name.value.includes(':') ? name.value.trim() : undefined;
  const slot = known?.slot ?? globals.size;
  const global: Global = { slot, precedence, parameter, value: undefined, slots: 0 };
  globals.set(key, global);
  return [{ element, global }];
}

function compileGlobal(element: StyleElement, global: Global, compiler: StyleCompiler): void {
  const locals = new Locals();
  global.value = compileValue(element, locals, compiler);
  global.slots = locals.frame.slots;
}

interface DeclaredSet {
  readonly element: StyleElement;
  readonly makers: Instruction[];
}

function declareAttributeSet(element: StyleElement, compiler: StyleCompiler): DeclaredSet[] {
  const name = needed(element, 'name', compiler);
  if (name === undefined) return [];
  const key = keyOf(name, element, compiler);
  const { attributeSets } = compiler.tables;
  const makers = attributeSets.get(key) ?? [];
  attributeSets.set(key, makers);
  return [{ element, makers }];
}

/** XSLT 1.0 section 7.1.4: sets of one name are merged; what such a set uses comes before its own attributes. */
function compileAttributeSet(element: StyleElement, makers: Instruction[], compiler: StyleCompiler): void {
  for (const child of element.children) {
    if (child.kind === 'text' || !isXsl(child, 'attribute')) {
      compiler.mistake('xsl:attribute-set holds xsl:attribute only.', child.at);
    }
  }
  const used = usedSets(attributeOf(element, 'use-attribute-sets'), element, compiler);
  const locals = new Locals();
  const content = compiler.body(element.children, locals);
  makers.push((scope) => {
    used(scope);
    // Only variables outside of templates are in sight.
    const frame: Value[] = [];
    content({ ...scope, context: { ...scope.context, frame } });
  });
}

interface DeclaredTemplate {
  readonly declaration: Declaration;
  readonly template: Template;
  readonly order: number;
}

function declareTemplate(declaration: Declaration, order: number, compiler: StyleCompiler): DeclaredTemplate[] {
  const { element, precedence } = declaration;
  const isSimplified =
    !isXsl(element) && element.attributes.some(({ local, uri }) => local === 'version' && uri !== '');
  if (!isXsl(element, 'template') && !isSimplified) return [];
  const template: Template = { body: nothing, slots: 0 };
  const name = isSimplified ? undefined : attributeOf(element, 'name');
  if (name !== undefined) {
    const { templates } = compiler.tables;
    const key = keyOf(name, element, compiler);
    const known = templates.get(key);
    if (known?.precedence === precedence) {
      compiler.mistake(`The style sheet has a template "${name.value}" before.`, name.at);
    }
    templates.set(key, { template, precedence });
  } else if (!isSimplified && attributeOf(element, 'match') === undefined) {
    compiler.mistake('xsl:template has neither match nor name.', element.at);
  }
  return [{ declaration, template, order }];
}

function compileTemplate(one: DeclaredTemplate, compiler: StyleCompiler): IndexedRule[] {
  const { declaration, template, order } = one;
  const { element, precedence, lowest } = declaration;
  const locals = new Locals();
  const rule = { template, precedence, lowest, order };
  if (!isXsl(element)) {
    template.body = compiler.body([element], locals);
    template.slots = locals.frame.slots;
    const matches = (node: TreeNode): boolean => node.kind === 'document';
    return [{ rule: { ...rule, matches, priority: 0 }, kinds: new Set(['document']), name: undefined, modes: [''] }];
  }
  compileContent(element, template, locals, compiler);
  const match = attributeOf(element, 'match');
  if (match === undefined) return [];
  const modes = modesOf(element, compiler);
  const priority = priorityOf(element, compiler);
  return patternOf(match, element, new Locals(), compiler).map((pattern) => ({
    rule: { ...rule, matches: pattern.matches, priority: priority ?? pattern.priority },
    kinds: pattern.kinds,
    name: pattern.name,
    modes,
  }));
}

function compileContent(element: StyleElement, template: Template, locals: Locals, compiler: StyleCompiler): void {
  const isParameter = (child: StyleElement['children'][number]): child is StyleElement =>
    child.kind === 'element' && isXsl(child, 'param');
  const first = element.children.findIndex((child) => !isParameter(child));
  const count = first === -1 ? element.children.length : first;
  const parameters = element.children.slice(0, count).filter(isParameter);
  const steps = parameters.map((one) => {
    checkAttributes(one, ['name', 'select', 'as', 'required'], compiler);
    return compileParameter(one, locals, compiler);
  });
  const content = compiler.body(element.children.slice(count), locals, true);
  template.slots = locals.frame.slots;
  template.body =
    steps.length === 0
      ? content
      : (scope) => {
          for (const step of steps) step(scope);
          content(scope);
        };
}

function priorityOf(element: StyleElement, compiler: StyleCompiler): number | undefined {
  const attribute = attributeOf(element, 'priority');
  if (attribute === undefined) return undefined;
  const priority = Number(attribute.value);
  if (attribute.value.trim() !== '' && !Number.isNaN(priority)) return priority;
  compiler.mistake(`"${attribute.value}" is no number.`, attribute.at);
  return undefined;
}

/** XSLT 2.0 has several, `#all` and `#default`. */
function modesOf(element: StyleElement, compiler: StyleCompiler): string[] {
  const mode = attributeOf(element, 'mode');
  if (mode === undefined) return [''];
  return mode.value
    .trim()
    .split(/\s+/)
    .map((name) => {
      if (element.version > 1 && name === '#default') return '';
      if (element.version > 1 && name === '#all') return name;
      return keyOf({ ...mode, value: name }, element, compiler);
    });
}
