import type { TreeKind, TreeNode } from '../../xml/tree.ts';
import { TransformationFailure } from './failure.ts';
import { noParameters, type Parameters, type Rule, runTemplate, type Scope } from './scope.ts';
import type { NodeSet } from './values.ts';

/** Which template a node gets. XSLT 1.0 sections 5.4 to 5.8. */

/** A rule with what its pattern can match. */
export interface IndexedRule {
  readonly rule: Rule;
  readonly kinds: ReadonlySet<TreeKind>;
  /** Of elements and attributes; undefined: any. */
  readonly name: string | undefined;
  /** `#all`: every mode. */
  readonly modes: readonly string[];
}

interface ModeTable {
  /** Best rule first. */
  readonly byName: ReadonlyMap<string, readonly Rule[]>;
  readonly byKind: ReadonlyMap<TreeKind, readonly Rule[]>;
}

const kinds: readonly TreeKind[] = ['document', 'element', 'attribute', 'text', 'comment', 'instruction'];

/** Templates by mode, kind and name. */
export class RuleTable {
  readonly #modes = new Map<string, ModeTable>();
  readonly #everywhere: ModeTable;

  constructor(rules: readonly IndexedRule[]) {
    const sorted = rules.toSorted((one, other) => better(one.rule, other.rule));
    this.#everywhere = tableOf(sorted.filter(({ modes }) => modes.includes('#all')));
    for (const mode of new Set(rules.flatMap(({ modes }) => modes))) {
      if (mode === '#all') continue;
      this.#modes.set(mode, tableOf(sorted.filter(({ modes }) => modes.includes(mode) || modes.includes('#all'))));
    }
  }

  /** @param below only what the module of this rule imports */
  find(node: TreeNode, scope: Scope, mode: string, below?: Rule): Rule | undefined {
    const table = this.#modes.get(mode) ?? this.#everywhere;
    const named = node.kind === 'element' || node.kind === 'attribute' ? table.byName.get(keyOf(node)) : undefined;
    for (const rule of named ?? table.byKind.get(node.kind) ?? []) {
      if (below !== undefined && (rule.precedence >= below.precedence || rule.precedence < below.lowest)) continue;
      scope.run.tick();
      if (rule.matches(node, scope.context)) return rule;
    }
    return undefined;
  }

  apply(nodes: NodeSet, scope: Scope, mode: string, parameters: Parameters): void {
    const size = nodes.length;
    let position = 0;
    for (const node of nodes) {
      position++;
      const rule = this.find(node, scope, mode);
      if (rule === undefined) this.#builtIn(node, scope, mode, parameters);
      else runTemplate(rule.template, parameters, node, position, size, scope, rule, mode);
    }
  }

  applyImports(scope: Scope, parameters: Parameters): void {
    const { node, position, size } = scope.context;
    if (scope.rule === undefined) throw new TransformationFailure('xsl:apply-imports runs outside of a template rule');
    const rule = this.find(node, scope, scope.mode, scope.rule);
    if (rule === undefined) this.#builtIn(node, scope, scope.mode, noParameters);
    else runTemplate(rule.template, parameters, node, position, size, scope, rule, scope.mode);
  }

  /** XSLT 1.0 section 5.8. */
  #builtIn(node: TreeNode, scope: Scope, mode: string, parameters: Parameters): void {
    if (node.kind === 'element' || node.kind === 'document') {
      scope.run.enter();
      this.apply(node.children, scope, mode, parameters);
      scope.run.leave();
    } else if (node.kind === 'text' || node.kind === 'attribute') scope.output.text(node.value);
  }
}

/** XSLT 1.0 section 5.5. */
function better(one: Rule, other: Rule): number {
  return other.precedence - one.precedence || other.priority - one.priority || other.order - one.order;
}

function keyOf({ kind, local }: { readonly kind: TreeKind; readonly local: string }): string {
  return kind === 'attribute' ? `@${local}` : local;
}

function tableOf(rules: readonly IndexedRule[]): ModeTable {
  const byKind = new Map<TreeKind, Rule[]>();
  for (const kind of kinds) {
    byKind.set(
      kind,
      rules.filter((one) => one.kinds.has(kind) && one.name === undefined).map(({ rule }) => rule),
    );
  }
  const byName = new Map<string, Rule[]>();
  for (const { kinds: own, name } of rules) {
    if (name === undefined) continue;
    for (const kind of ['element', 'attribute'] as const) {
      const key = keyOf({ kind, local: name });
      if (!own.has(kind) || byName.has(key)) continue;
      const fitting = rules.filter((one) => one.kinds.has(kind) && (one.name === undefined || one.name === name));
      byName.set(
        key,
        fitting.map(({ rule }) => rule),
      );
    }
  }
  return { byName, byKind };
}
